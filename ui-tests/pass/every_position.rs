use outflow::{action, controller};
use outflow_ui_tests::run;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn tail(&self) {
        self.stream("tail")
    }

    #[action]
    async fn awaited_tail(&self) {
        self.stream("tail").await
    }

    #[action(path = "/{number}")]
    async fn all(&self, number: u32) -> usize {
        let unit: () = self.stream("let");
        let awaited: () = self.stream("let").await;
        match number {
            0 => self.stream("zero"),
            1 => self.stream("one").await,
            _ if number > 100 => {}
            _ => return self.returned().await,
        }
        match self.stream("scrutinee") {
            () => {}
        }
        if self.stream("if") == () {
            self.stream("then")
        } else {
            self.stream("else")
        }
        while self.stream("while") != () {}
        let units = [unit, awaited, self.stream("array"), { self.stream("block") }, (self.stream("parens"))];
        let (_, count) = (self.stream("tuple"), units.len());
        self.stream(self.stream("inner"));
        self.stream(match count {
            5 => "argument",
            _ => return 0,
        });
        let some = Some(self.stream("some"));
        some.map(|()| count).unwrap_or_default()
    }

    async fn returned(&self) -> usize {
        let count = 1;
        if count == 1 {
            return (self.stream("returned"), count).1;
        }
        count
    }

    #[action]
    async fn never_ends(&self) -> ! {
        loop {
            self.stream("again");
        }
    }
}

fn main() {
    assert_eq!(run(Jobs.tail()).0, [r#""tail""#]);
    assert_eq!(run(Jobs.awaited_tail()).0, [r#""tail""#]);
    let (packets, count) = run(Jobs.all(1));
    let words = r#""let" "let" "one" "scrutinee" "if" "then" "while" "array" "block" "parens" "tuple" "inner" null "argument" "some""#;
    assert_eq!((packets.join(" "), count), (words.to_owned(), 5));
    assert_eq!(run(Jobs.all(7)), (vec![r#""let""#.into(), r#""let""#.into(), r#""returned""#.into()], 1));
    drop(Jobs.never_ends());
}
