//! An `EventSource` that comes back: it gives up for good at an answer with an error, so one that asks it to try again
//! later has to be a stream.

use std::{str, sync::atomic::Ordering};

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, StatusCode, header::RETRY_AFTER, request::Parts},
    response::IntoResponse,
};
use outflow::{
    Controller as _, action, controller,
    run::{RunId, Runs},
    test::{Client, Request},
};

use crate::support::logs::BentLog;

struct Busy;

/// An answer that is refused until a date.
struct Pool;

impl<S: Sync> FromRequestParts<S> for Pool {
    type Rejection = (StatusCode, [(HeaderName, &'static str); 1]);

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Err((StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "Wed, 21 Oct 2026 07:28:00 GMT")]))
    }
}

#[controller]
impl Busy {
    /// Fails with this status before the first packet.
    #[action(path = "/fail/{status}")]
    async fn fail(&self, status: u16) -> Result<(), impl IntoResponse + use<>> {
        if status == 0 {
            self.stream("never");
        }
        Err((StatusCode::from_u16(status).unwrap(), [(RETRY_AFTER, "120")], "busy"))
    }

    /// Fails for good.
    #[action(path = "/broken/{fails}")]
    async fn broken(&self, fails: bool) -> Result<(), StatusCode> {
        if !fails {
            self.stream("never");
        }
        Err(StatusCode::SERVICE_UNAVAILABLE)
    }

    #[action]
    async fn pool(&self, _pool: Pool) {
        self.stream("never");
    }

    #[action(post, resumable)]
    async fn run(&self) {
        self.stream("never");
    }
}

/// A request as an `EventSource` sends it when it comes back.
fn back(request: Request<'_>) -> Request<'_> {
    request.accept("text/event-stream").header("last-event-id", "7")
}

/// The delay in milliseconds that it is given.
async fn delay(request: Request<'_>) -> u64 {
    let mut answer = back(request).start();
    let head = answer.head().await;
    assert_eq!(
        (head.status(), &head.headers()["content-type"]),
        (StatusCode::OK, &"text/event-stream".parse().unwrap())
    );
    let body = answer.wire().await;
    let body = str::from_utf8(&body).unwrap();
    let delay = body.strip_prefix("retry: ").and_then(|body| body.strip_suffix("\n"));
    delay.and_then(|delay| delay.parse().ok()).unwrap_or_else(|| panic!("{body}"))
}

#[tokio::test]
async fn an_event_source_is_told_when_to_come_back() {
    let log = BentLog::in_memory();
    let client = Client::new(Busy.into_router().layer(Runs::new(log.clone()).layer()));
    for status in [429, 503] {
        // It keeps the delay for its later reconnects, so that has a limit.
        let delay = delay(client.get(&format!("/busy/fail/{status}"))).await;
        assert!((28_500..=31_500).contains(&delay), "{delay}");
    }
    let usual = 1500..=4500;
    assert!(usual.contains(&delay(client.get("/busy/pool")).await));
    // The log of the runs can't be reached.
    log.is_away.store(true, Ordering::SeqCst);
    assert!(usual.contains(&delay(client.get(&format!("/busy/run/runs/{}", RunId::random()))).await));
}

#[tokio::test]
async fn others_get_the_error_itself() {
    let client = Client::new(Busy.into_router());
    let statuses = [
        // Other errors are for good, and so is one that names no time.
        (back(client.get("/busy/fail/500")), 500),
        (back(client.get("/busy/broken/true")), 503),
        (client.get("/busy/fail/503").accept("text/event-stream"), 503),
        (client.get("/busy/fail/503").accept("application/x-ndjson").header("last-event-id", "7"), 503),
    ];
    for (request, status) in statuses {
        assert_eq!(request.start().head().await.status(), status);
    }
}
