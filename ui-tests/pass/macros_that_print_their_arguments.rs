//! `dbg!`, `assert!` and `stringify!` print what was written.

#![deny(warnings)]

use std::{env, process::Command};

use futures_util::StreamExt as _;
use outflow::{Controller as _, Event, Generator, action, controller};
use outflow_ui_tests::run;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn debug(&self) -> Result<(u32, (u32, &'static str)), ()> {
        let one = dbg!(self.count(3).await + 4);
        let pair = dbg!(self.count(1).await, "plain",);
        dbg!(self.stream(5));
        dbg!();
        assert_eq!(dbg!(self.checked(dbg!(self.count(2).await)).await)?, 2);
        tokio::select! {
            two = async { 2 } => assert_eq!(dbg!(self.count(two).await), 2),
        }
        Ok((one, pair))
    }

    #[action]
    async fn sum(&self) {
        assert!(self.count(1).await + 1 == 9,);
    }

    #[action]
    async fn nested(&self) {
        debug_assert!(dbg!(self.count(1).await) == 9);
    }

    #[action]
    async fn own_message(&self) {
        assert!(self.count(1).await == 9, "{} is not 9", self.count(2).await);
    }

    #[action]
    async fn equal(&self) {
        assert_eq!(self.count(1).await, 9, "{}", self.count(2).await);
    }

    #[action]
    async fn branch(&self) {
        tokio::select! { () = async {} => assert!(matches!(self.count(1).await, 9 | 10)) }
    }

    #[action]
    async fn text(&self) {
        self.stream(stringify!(self.stream(1)));
        self.stream(concat!("> ", stringify!(self.count(1).await)));
        assert!(self.count(1).await == 1);
    }

    /// It holds no call at all.
    #[action]
    async fn silent(&self) -> &'static str {
        stringify!(self.stream(1))
    }

    async fn checked(&self, n: u32) -> Result<u32, ()> {
        self.stream(n);
        Ok(n)
    }

    async fn count(&self, n: u32) -> u32 {
        self.stream(n);
        n
    }
}

/// The message with which an action panics.
fn message<R>(mut generator: Generator<'_, R>) -> String {
    outflow_ui_tests::block_on(async {
        while let Some(event) = generator.next().await {
            if let Event::Failed(failure) = event {
                let failure = failure.to_string();
                return failure.split_once("it panicked: ").expect("a panic").1.to_owned();
            }
        }
        panic!("the action does not panic")
    })
}

fn main() {
    if env::args().len() > 1 {
        let (packets, value) = run(Jobs.debug());
        assert_eq!((packets.join(" "), value), ("3 1 5 2 2 2".to_owned(), Ok((7, (1, "plain")))));
        return;
    }
    let output = Command::new(env::current_exe().unwrap()).arg("debug").output().unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    // Without the name of the file, whose path depends on where the case is built.
    let lines: Vec<_> = printed.lines().filter_map(|line| line.split_once(".rs:")).map(|(_, line)| line).collect();
    assert_eq!(
        lines,
        [
            "17:19] self.count(3).await + 4 = 7",
            "18:20] self.count(1).await = 1",
            "18:20] \"plain\" = \"plain\"",
            "19:9] self.stream(5) = ()",
            "20:9]",
            "21:38] self.count(2).await = 2",
            "21:20] self.checked(dbg!(self.count(2).await)).await = Ok(",
            "23:45] self.count(two).await = 2",
        ],
        "{printed}"
    );
    assert!(output.status.success());

    assert_eq!(message(Jobs.sum()), "assertion failed: self.count(1).await + 1 == 9");
    assert_eq!(message(Jobs.nested()), "assertion failed: dbg!(self.count(1).await) == 9");
    assert_eq!(message(Jobs.own_message()), "2 is not 9");
    assert_eq!(message(Jobs.equal()), "assertion `left == right` failed: 2\n  left: 1\n right: 9");
    assert_eq!(message(Jobs.branch()), "assertion failed: matches!(self.count(1).await, 9 | 10)");
    assert_eq!(run(Jobs.text()).0, [r#""self.stream(1)""#, r#""> self.count(1).await""#, "1"]);
    let _router: axum::Router = Jobs.into_router();
}
