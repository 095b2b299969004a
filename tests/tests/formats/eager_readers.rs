//! Readers of server-sent events that take more blocks for events than the standard does see the packets and the end, and
//! nothing else.

use std::{future::pending, time::Duration};

use axum::http::{Request, StatusCode};
use outflow::{Controller as _, Drain, Packet, action, controller, run::Runs};
use tokio::time::sleep;

use crate::support::{
    decoders::eager_events,
    empty, get,
    logs::BentLog,
    open, read, read_until,
    runs::{complete, follow_after, start},
    send,
    wire::End,
};

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

#[tokio::test(start_paused = true)]
async fn heartbeats_are_no_events() {
    let live = get(&Slow.into_router(), "/slow/live").await;
    assert_eq!(live.body.matches(":\n:\n").count(), 2, "{}", live.body);
    assert_eq!(eager_events(&live.body), ["\"a\"", "\"b\"", "2"]);
}

#[tokio::test(start_paused = true)]
async fn neither_is_the_beginning_of_a_run() {
    let app = Slow.into_router();
    let (reply, run) = complete(&app, "/slow/run").await;
    assert!(reply.body.starts_with("retry: 1000\nid: 0\n:\n"), "{}", reply.body);
    let all = ["\"a\"", "\"b\"", "2"];
    assert_eq!(eager_events(&reply.body), all);
    for after in 0..=2 {
        let rest = follow_after(&app, &run, &after.to_string()).await.body;
        assert_eq!(eager_events(&rest), all[after..], "{rest}");
    }
    let (reply, _) = complete(&app, "/slow/silent").await;
    assert_eq!(eager_events(&reply.body), [""], "the end alone");
}

/// Live, at the end of a run's body, and where a client that comes back is turned away.
#[tokio::test(start_paused = true)]
async fn neither_is_the_request_to_come_back() {
    let drain = Drain::new();
    let app = Slow.into_router().layer(Runs::new(BentLog::shared()).layer()).layer(drain.layer());
    let mut live = open(&app, empty(Request::get("/slow/endless"))).await.into_body();
    let mut run = start(&app, "/slow/endless-run").await;
    let mut texts = [read_until(&mut live, "\n\n").await, read_until(&mut run.body, "\n\n").await];
    drain.start();
    for (text, body) in texts.iter_mut().zip([live, run.body]) {
        let (rest, end) = read(body).await;
        text.push_str(&rest);
        assert_eq!((eager_events(text), end), (vec!["\"a\"".to_owned()], End::Clean), "{text}");
        assert!(text.lines().last().unwrap().starts_with("retry: "), "{text}");
    }
    let turned_away = send(&app, Request::get("/slow/endless").header("last-event-id", "a")).await;
    assert_eq!((turned_away.status, eager_events(&turned_away.body).len()), (StatusCode::OK, 0));
}
