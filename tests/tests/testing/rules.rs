//! How a test fails: never by hanging, and with a message that says what came instead.

use std::{future::pending, panic::AssertUnwindSafe, time::Duration};

use axum::http::StatusCode;
use futures_util::FutureExt as _;
use outflow::{action, controller, test::Client};
use tokio::time::sleep;

struct Faulty;

#[controller]
impl Faulty {
    #[action]
    async fn one(&self) -> u32 {
        self.stream("one");
        7
    }

    #[action]
    async fn idle(&self) {
        self.stream("one");
        pending::<()>().await;
    }

    /// Never says anything, not even a head.
    #[action(open_after = "1h")]
    async fn mute(&self) {
        pending::<()>().await;
        self.stream("never");
    }

    #[action]
    async fn failing(&self) -> Result<(), (StatusCode, &'static str)> {
        self.stream("one");
        Err((StatusCode::CONFLICT, "taken"))
    }

    #[action]
    async fn panicking(&self) {
        self.stream("one");
        panic!("out of luck");
    }

    /// Sends to a client that does not read.
    #[action(on_disconnect = finish)]
    async fn deaf(&self) {
        let emitter = self.emitter();
        loop {
            sleep(Duration::from_millis(100)).await;
            let _ = emitter.try_send("anybody?");
        }
    }

    #[action(post, resumable)]
    async fn job(&self) {
        self.stream(1);
        pending::<()>().await;
    }
}

/// The message of the panic that this ends in.
async fn failure(test: impl Future<Output = ()>) -> String {
    let panic = AssertUnwindSafe(test).catch_unwind().await.expect_err("the test should fail");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_owned(),
    }
}

/// Checks that a message has these parts, in this order.
fn says(message: &str, parts: &[&str]) {
    let mut rest = message;
    for part in parts {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("`{part}` is missing in:\n{message}"));
        rest = after;
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_never_comes() {
    let message = failure(async {
        let client = Client::new(Faulty);
        let mut answer = client.get("/faulty/idle").start();
        answer.packets::<String, 2>().await;
    });
    let story = [
        "`packets::<_, 2>()` at tests/tests/testing/rules.rs:",
        "it did not come within 30s",
        "what came of GET /faulty/idle:",
        "0.000 s  200 OK, text/event-stream",
        "packet: \"one\"",
        "15.000 s  heartbeat",
    ];
    says(&message.await, &story);
}

#[tokio::test(start_paused = true)]
async fn an_action_that_does_not_wait_for_its_client() {
    let message = failure(async {
        let client = Client::new(Faulty);
        let _answer = client.get("/faulty/deaf").start();
        client.held("/faulty/deaf").await;
    });
    says(
        &message.await,
        &["`held(\"/faulty/deaf\")` at tests/tests/testing/rules.rs:", "the action still sends after 30s"],
    );

    let message = failure(async {
        let client = Client::new(Faulty);
        client.get("/faulty/one").all::<String, u32>().await;
        client.held("/faulty/one").await;
    });
    says(&message.await, &["`held(\"/faulty/one\")`", "the action had ended"]);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_comes() {
    let message = failure(async {
        let client = Client::new(Faulty).limit(Duration::from_secs(5));
        client.get("/faulty/mute").start().head().await;
    });
    says(&message.await, &["`head()` at", "it did not come within 5s", "nothing"]);
}

#[tokio::test(start_paused = true)]
async fn a_packet_after_the_end() {
    let message = failure(async {
        let client = Client::new(Faulty);
        client.get("/faulty/one").start().packets::<String, 2>().await;
    });
    says(&message.await, &["only 1 of 2 packets came, and then the stream was over: done: 7", "done: 7"]);
}

#[tokio::test(start_paused = true)]
async fn a_packet_of_another_type() {
    let message = failure(async {
        let client = Client::new(Faulty);
        client.get("/faulty/one").start().packet::<u32>().await;
    });
    says(&message.await, &["the packet \"one\" is of another type: invalid type: string"]);
    let last = failure(async { drop(Client::new(Faulty).get("/faulty/one").all::<u32, u32>().await) });
    says(&last.await, &["`all()`", "the packet \"one\" is of another type: invalid type: string"]);
    let rest = failure(async { drop(Client::new(Faulty).get("/faulty/one").start().rest::<u32, u32>().await) });
    says(&rest.await, &["`rest()`", "the packet \"one\" is of another type: invalid type: string"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_a_client_that_has_left() {
    let message = failure(async {
        let client = Client::new(Faulty);
        let mut answer = client.get("/faulty/idle").start();
        answer.packet::<String>().await;
        answer.leave();
        answer.done::<()>().await;
    });
    says(&message.await, &["`done()`", "the client had left", "packet: \"one\"", "the client left"]);
    let message = failure(async {
        let client = Client::new(Faulty);
        drop(client.get("/faulty/mute").start());
        client.dropped("/faulty/mute").await;
    });
    says(&message.await, &["`dropped(\"/faulty/mute\")`", "0.000 s  the client left"]);
}

#[tokio::test(start_paused = true)]
async fn an_end_of_another_kind() {
    let done = failure(async { Client::new(Faulty).get("/faulty/failing").start().done::<()>().await });
    says(&done.await, &["`done()`", "the stream did not end by `done`, but failed: 409 Conflict", "taken"]);
    let failed = failure(async { drop(Client::new(Faulty).get("/faulty/one").start().failed().await) });
    says(&failed.await, &["the stream did not fail, but done: 7"]);
    let cut = failure(async { drop(Client::new(Faulty).get("/faulty/one").start().cut().await) });
    says(&cut.await, &["the stream was not cut, but done: 7"]);
    let result = failure(async { Client::new(Faulty).get("/faulty/one").start().done::<()>().await });
    says(&result.await, &["the result 7 is of another type"]);
    let lines = "application/x-ndjson";
    let none = failure(async {
        assert_eq!(Client::new(Faulty).get("/faulty/one").accept(lines).start().done::<u32>().await, 7);
    });
    says(&none.await, &["no result came: the action returns none, or its format sends none"]);
}

#[tokio::test(start_paused = true)]
async fn noise_where_there_should_be_none() {
    let message = failure(async {
        let client = Client::new(Faulty);
        client.get("/faulty/one").start().quiet(Duration::from_secs(1)).await;
    });
    says(&message.await, &["`quiet(1s)`", "something came", "packet: \"one\""]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_nobody_looked_at() {
    for (path, end) in [("/faulty/one", "done: 7"), ("/faulty/failing", "failed: 409 Conflict")] {
        let message = failure(async {
            let client = Client::new(Faulty);
            let mut answer = client.get(path).start();
            answer.packet::<String>().await;
            sleep(Duration::from_secs(1)).await;
        });
        let message = message.await;
        says(&message, &["the test did not look at the end of GET", end, "packet: \"one\""]);
        assert!(!message.contains("the client left"), "nothing was left to leave:\n{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on() {
    let message = failure(async {
        let client = Client::new(Faulty);
        let mut answer = client.post("/faulty/job").start();
        answer.packet::<u32>().await;
        answer.leave();
    });
    says(&message.await, &["the run of POST /faulty/job still goes on: read it to its end, or `cancel` it"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_end() {
    let message = failure(async {
        let client = Client::new(Faulty).limit(Duration::from_secs(5));
        let mut answer = client.post("/faulty/job").start();
        answer.packet::<u32>().await;
        client.ended(answer.run()).await;
    });
    says(&message.await, &["`ended()` at tests/tests/testing/rules.rs:", "was still open after 5s"]);
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_not_dropped() {
    let ended = failure(async {
        let client = Client::new(Faulty);
        client.get("/faulty/one").start().done::<u32>().await;
        client.dropped("/faulty/one").await;
    });
    says(&ended.await, &["`dropped(\"/faulty/one\")`", "the action had ended by itself"]);
    let panicked = failure(async {
        let client = Client::new(Faulty);
        client.get("/faulty/panicking").start().failed().await;
        client.dropped("/faulty/panicking").await;
    });
    says(&panicked.await, &["the action had ended by itself"]);
    let open = failure(async {
        let client = Client::new(Faulty);
        let mut answer = client.get("/faulty/idle").start();
        answer.packet::<String>().await;
        client.dropped("/faulty/idle").await;
    });
    says(&open.await, &["it did not come within 30s"]);
    let nowhere = failure(async { assert!(Client::new(Faulty).dropped("/nowhere").await.is_zero()) });
    says(&nowhere.await, &["there was no request to this path"]);
}

/// A test that fails already must not abort the process by a second panic.
#[tokio::test(start_paused = true)]
async fn a_test_that_fails_for_another_reason() {
    let message = failure(async {
        let client = Client::new(Faulty);
        let mut answer = client.get("/faulty/one").start();
        answer.packet::<String>().await;
        sleep(Duration::from_secs(1)).await;
        panic!("{}", "another reason");
    });
    assert_eq!(message.await, "another reason");
}

/// Errors in the test itself name the mistake.
#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be() {
    let header = failure(async { drop(Client::new(Faulty).get("/").header("a b", "c")) });
    says(&header.await, &["`a b` is no name of a header"]);
    let path = failure(async { drop(Client::new(Faulty).get("no path")) });
    says(&path.await, &["`no path` is no path of a request"]);
    let run = failure(async { drop(Client::new(Faulty).get("/faulty/one").start().run()) });
    says(&run.await, &["`run()` before the head has come: await `head()`"]);
}
