use outflow::{action, controller};
use outflow_ui_tests::run;

macro_rules! twice {
    ($e:expr) => {
        ($e, $e)
    };
}

macro_rules! each {
    ($($e:expr),* $(,)?) => { { $($e;)* } };
}

macro_rules! early {
    ($if:expr, $else:block) => {
        if $if $else
    };
}

macro_rules! as_statements {
    ($($tokens:tt)*) => { { $($tokens)* } };
}

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) -> u32 {
        println!("{:?}", self.stream("println"));
        let text = format!("{:?}{:?}", self.stream("format"), self.stream::<u8>(1).await);
        assert_eq!(text, "()()");
        assert!(matches!(self.stream("matches"), ()));
        let units = vec![self.stream("vec"), self.stream(2)];
        twice!(self.stream("twice"));
        twice!(twice!(self.stream("inner").await));
        each!(self.stream("a"), self.stream("b").await,);
        early!(units.len() == 2, {
            self.stream("early");
        });
        as_statements! {
            for i in 0..2 {
                if i == 1 { self.stream(format!("{}", i)) }
            }
            match units.len() {
                | 1 | 2 => self.stream("a pattern, no closure"),
                _ => {}
            }
            let late = async { self.stream("late") };
            late.await;
        }
        if units.is_empty() {
            unreachable!("{:?}", self.stream("never"));
        }
        dbg!(self.sum(&[1, 2]).await) + twice!(self.sum(&[3]).await).1
    }

    async fn sum(&self, numbers: &[u32]) -> u32 {
        for number in numbers {
            print!("{:?}", self.stream(number));
        }
        numbers.iter().sum()
    }

    #[action]
    async fn several_at_once(&self) -> u32 {
        let (first, ()) = tokio::join!(self.sum(&[1]), async { self.stream("join") });
        let second = tokio::select! {
            biased;
            () = async { self.stream("branch") } => {
                self.stream("handler");
                2
            }
            _ = std::future::pending::<u8>(), if self.is_open() => unreachable!(),
        };
        let mut once = std::pin::pin!(futures_util::FutureExt::fuse(async { self.stream("futures") }));
        futures_util::select! {
            () = once => self.stream("done"),
            complete => {}
        }
        first + second
    }

    fn is_open(&self) -> bool {
        true
    }
}

fn main() {
    let (packets, sum) = run(Jobs.all());
    let words = r#""println" "format" 1 "matches" "vec" 2 "twice" "twice" "inner" "inner" "inner" "inner" "a" "b" "early" "1" "a pattern, no closure" "late" 1 2 3 3"#;
    assert_eq!(packets.join(" "), words);
    assert_eq!(sum, 6);

    let (packets, sum) = run(Jobs.several_at_once());
    assert_eq!(packets.join(" "), r#"1 "join" "branch" "handler" "futures" "done""#);
    assert_eq!(sum, 3);
}
