//! `sse(end_event = …)`: one event at every end, for readers that close at an event and can't read a status.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    extract::Query,
    http::{Method, StatusCode, header::RETRY_AFTER},
};
use outflow::{Drain, Packet, action, controller, test::Client};
use serde::Deserialize;

use crate::support::runs::KEY;

#[derive(Deserialize)]
struct Page {
    from: u32,
}

#[derive(Clone, Default)]
struct Pages {
    runs: Arc<AtomicUsize>,
}

type Failed = (StatusCode, [(&'static str, &'static str); 1], &'static str);

const FULL: Failed = (StatusCode::CONFLICT, [("x-basket", "7")], "the basket is full");

#[controller]
impl Pages {
    #[action(formats(sse(end_event = "close"), json))]
    async fn done(&self) -> u8 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.stream(Packet::raw("<p>one</p>"));
        7
    }

    #[action(formats(sse(end_event = "close"), json))]
    async fn early(&self) -> Result<(), Failed> {
        self.fail(FULL)?;
        self.stream("never");
        Ok(())
    }

    #[action(formats(sse(end_event = "close")))]
    async fn late(&self) -> Result<(), Failed> {
        self.stream("one");
        self.fail(FULL)
    }

    #[action(formats(sse(end_event = "close")))]
    async fn panics(&self) {
        if true {
            panic!("a secret of the server");
        }
        self.stream("never");
    }

    #[action(formats(sse(end_event = "close")), timeout = "5s", open_after = "1m")]
    async fn slow(&self) {
        pending::<()>().await;
        self.stream("never");
    }

    #[action(formats(sse(end_event = "close")), max_age = "5s")]
    async fn aged(&self) {
        self.stream("one");
        pending::<()>().await;
    }

    #[action(formats(sse(end_event = "close"), json))]
    async fn picky(&self, Query(page): Query<Page>) {
        self.stream(page.from);
    }

    #[action(formats(sse(end_event = "close")))]
    async fn taken(&self) {
        self.stream("one");
        self.stream(Packet::json(&2).event("close"));
    }

    #[action(post, resumable, formats(sse(end_event = "close"), ndjson))]
    async fn run(&self) -> u8 {
        self.stream("one");
        7
    }

    #[action(post, resumable, formats(sse(end_event = "close"), ndjson))]
    async fn early_run(&self) -> Result<(), Failed> {
        self.fail(FULL)?;
        self.stream("never");
        Ok(())
    }

    #[action(post, resumable, formats(sse(end_event = "close"), ndjson))]
    async fn taken_run(&self) {
        self.stream(Packet::json(&1).event("close"));
    }

    fn fail(&self, failed: Failed) -> Result<(), Failed> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Err(failed)
    }
}

const END: &str = "event: close\nid: outflow-end\ndata:\n\n";

const CONFLICT: &str = "event: error\nid: outflow-end\n\
    data: {\"detail\":\"the basket is full\",\"status\":409,\"title\":\"Conflict\",\"type\":\"about:blank\"}\n\n";

/// The status and the bytes of an answer.
async fn answer(request: outflow::test::Request<'_>) -> (StatusCode, String) {
    let mut answer = request.start();
    let status = answer.head().await.status();
    (status, String::from_utf8(answer.wire().await.into()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn it_follows_a_result_and_a_failure() {
    let client = Client::new(Pages::default());
    let (_, done) = answer(client.get("/pages/done")).await;
    assert_eq!(done, format!("data: <p>one</p>\n\nevent: done\nid: outflow-end\ndata: 7\n\n{END}"));
    let (_, late) = answer(client.get("/pages/late")).await;
    assert_eq!(late, format!("data: \"one\"\n\n{CONFLICT}{END}"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_first_packet_is_told_in_the_stream() {
    let client = Client::new(Pages::default());
    let mut early = client.get("/pages/early").start();
    let head = early.head().await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    assert!(!head.headers().contains_key("x-basket"));
    assert_eq!(early.failed().await.status(), StatusCode::CONFLICT);
    assert_eq!(early.wire().await, format!("{CONFLICT}{END}"));
    let (status, panicked) = answer(client.get("/pages/panics")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(panicked.contains("\"status\":500") && panicked.ends_with(END), "{panicked}");
    let (status, slow) = answer(client.get("/pages/slow")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(slow.contains("\"status\":504") && slow.ends_with(END), "{slow}");
}

#[tokio::test(start_paused = true)]
async fn in_another_format_it_is_the_answer() {
    let client = Client::new(Pages::default());
    let mut early = client.get("/pages/early").accept("application/json").start();
    let head = early.head().await;
    assert_eq!(head.status(), StatusCode::CONFLICT);
    assert_eq!(head.headers()["x-basket"], "7");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_told_in_the_stream() {
    let client = Client::new(Pages::default());
    let (status, body) = answer(client.get("/pages/picky?from=one")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.starts_with("event: error\n") && body.contains("\"status\":400") && body.ends_with(END), "{body}");
    let (status, _) = answer(client.get("/pages/picky?from=one").accept("application/json")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = answer(client.request(Method::HEAD, "/pages/picky?from=one")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, body) = answer(client.get("/pages/picky?from=1")).await;
    assert_eq!(
        (status, &*body),
        (StatusCode::OK, &*format!("data: 1\n\nevent: done\nid: outflow-end\ndata:\n\n{END}"))
    );
}

/// A 204 would not stop such a reader.
#[tokio::test(start_paused = true)]
async fn a_client_that_has_seen_the_end_gets_it_again_and_runs_nothing() {
    let pages = Pages::default();
    let runs = pages.runs.clone();
    let client = Client::new(pages);
    let again = || client.get("/pages/done").header("last-event-id", "outflow-end");
    assert_eq!(answer(again()).await, (StatusCode::OK, END.to_owned()));
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_should_come_back_gets_none() {
    let client = Client::new(Pages::default());
    let (_, aged) = answer(client.get("/pages/aged")).await;
    assert!(aged.starts_with("data: \"one\"\n\nretry: ") && !aged.contains("event:"), "{aged}");
    let full = Client::with_drain(Pages::default(), Drain::new().max_streams(0));
    let mut refused = full.get("/pages/done").start();
    let head = refused.head().await;
    assert!(head.status() == StatusCode::SERVICE_UNAVAILABLE && head.headers().contains_key(RETRY_AFTER));
}

#[tokio::test(start_paused = true)]
async fn no_packet_may_have_its_name() {
    let client = Client::new(Pages::default());
    for request in [client.get("/pages/taken"), client.post("/pages/taken-run")] {
        let (_, body) = answer(request).await;
        assert!(body.contains("\"status\":500") && body.matches("event: close").count() == 1, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_follower_of_a_run_gets_it_under_the_number_of_the_end() {
    let client = Client::new(Pages::default());
    let mut first = client.post("/pages/run").header("idempotency-key", KEY).start();
    let location = first.head().await.headers()["location"].to_str().unwrap().replace("./", "/pages/");
    let end = "event: done\nid: 2\ndata: 7\n\nevent: close\nid: 2\ndata:\n\n";
    assert_eq!(first.wire().await, format!("retry: 1000\nid: 0\nid: 1\ndata: \"one\"\n\n{end}"));
    let follow = |after: &str| client.get(&location).header("run-key", KEY).header("last-event-id", after);
    assert_eq!(answer(follow("1")).await.1, format!("retry: 1000\nid: 1\n{end}"));
    assert_eq!(answer(follow("2")).await.0, StatusCode::NO_CONTENT);
    let (_, lines) = answer(follow("0").accept("application/x-ndjson")).await;
    assert!(!lines.contains("close"), "{lines}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_early_is_told_in_the_stream() {
    let client = Client::new(Pages::default());
    let (status, body) = answer(client.post("/pages/early-run").header("idempotency-key", KEY)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("event: error\nid: 1\n") && body.ends_with("event: close\nid: 1\ndata:\n\n"), "{body}");
    let lines = client.post("/pages/early-run").header("idempotency-key", KEY).accept("application/x-ndjson");
    assert_eq!(answer(lines).await.0, StatusCode::CONFLICT);
}
