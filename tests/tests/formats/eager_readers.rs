//! Readers of server-sent events that take more blocks for events than the standard does see the packets and the end, and
//! nothing else.

use std::{future::pending, time::Duration};

use axum::http::StatusCode;
use outflow::{
    Controller as _, Drain, Packet, action, controller,
    run::Runs,
    test::{Client, after},
};
use tokio::time::sleep;

use crate::support::{decoders::eager_events, logs::BentLog};

struct Slow;

#[controller]
impl Slow {
    #[action]
    async fn live(&self) -> u8 {
        for id in ["a", "b"] {
            self.stream(Packet::json(id).id(id));
            sleep(Duration::from_secs(40)).await;
        }
        2
    }

    #[action(post, resumable)]
    async fn run(&self) -> u8 {
        sleep(Duration::from_secs(40)).await;
        self.stream("a");
        sleep(Duration::from_secs(40)).await;
        self.stream("b");
        2
    }

    #[action(post, resumable)]
    async fn silent(&self) {
        sleep(Duration::from_secs(40)).await;
        if false {
            self.stream(1);
        }
    }

    #[action(on_shutdown = close)]
    async fn endless(&self) {
        self.stream(Packet::json("a").id("a"));
        pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn endless_run(&self) {
        self.stream("a");
        pending::<()>().await;
    }
}

const LIMIT: Duration = Duration::from_secs(100);

#[tokio::test(start_paused = true)]
async fn heartbeats_are_no_events() {
    let live = Client::new(Slow).limit(LIMIT).get("/slow/live").start().text().await;
    assert_eq!(live.matches(":\n:\n").count(), 2, "{live}");
    assert_eq!(eager_events(&live), ["\"a\"", "\"b\"", "2"]);
}

#[tokio::test(start_paused = true)]
async fn neither_is_the_beginning_of_a_run() {
    let client = Client::new(Slow).limit(LIMIT);
    let mut first = client.post("/slow/run").start();
    let body = first.text().await;
    assert!(body.starts_with("retry: 1000\nid: 0\n:\n"), "{body}");
    let all = ["\"a\"", "\"b\"", "2"];
    assert_eq!(eager_events(&body), all);
    for number in 0..=2 {
        let rest = client.follow(first.run(), after(number as u64)).start().text().await;
        assert_eq!(eager_events(&rest), all[number..], "{rest}");
    }
    let silent = client.post("/slow/silent").start().text().await;
    assert_eq!(eager_events(&silent), [""], "the end alone");
}

/// Live, at the end of a run's body, and where a client that comes back is turned away.
#[tokio::test(start_paused = true)]
async fn neither_is_the_request_to_come_back() {
    let drain = Drain::new();
    let client = Client::new(Slow.into_router().layer(Runs::new(BentLog::shared()).layer()).layer(drain.layer()));
    let mut answers = [client.get("/slow/endless").start(), client.post("/slow/endless-run").start()];
    for answer in &mut answers {
        assert_eq!(answer.packet::<String>().await, "a");
    }
    drain.start();
    for answer in &mut answers {
        // The body has a clean end: without a last event, but not broken off.
        assert!(answer.cut().await.starts_with("the body ended without"));
        let body = answer.wire().await;
        let body = str::from_utf8(&body).unwrap();
        assert_eq!(eager_events(body), ["\"a\""], "{body}");
        assert!(body.lines().last().unwrap().starts_with("retry: "), "{body}");
    }
    let mut turned_away = client.get("/slow/endless").accept("text/event-stream").header("last-event-id", "a").start();
    assert_eq!(turned_away.head().await.status(), StatusCode::OK);
    let body = turned_away.wire().await;
    assert!(body.starts_with(b"retry: ") && eager_events(str::from_utf8(&body).unwrap()).is_empty(), "{body:?}");
    // Another node could reach it, so it goes on within the grace period.
    client.cancel(answers[1].run()).await;
}
