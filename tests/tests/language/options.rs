//! Options of an action that shape its response: `formats` and `open_after`.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use outflow::{Controller as _, action, controller};
use tokio::time::{Instant, sleep};

use crate::support::{get, open_get, send};

struct Opts;

#[controller]
impl Opts {
    #[action(formats(hazaar, sse))]
    async fn frames_first(&self) {
        self.stream(1);
    }

    #[action(formats(sse))]
    async fn events_only(&self) {
        self.stream(1);
    }

    #[action(open_after = "2s")]
    async fn slow(&self) {
        sleep(Duration::from_secs(60)).await;
        self.stream(1);
    }

    #[action]
    async fn usual(&self) {
        sleep(Duration::from_secs(60)).await;
        self.stream(1);
    }
}

#[tokio::test]
async fn the_first_format_is_the_default_and_no_other_is_offered() {
    let app = Opts.into_router();
    assert_eq!(get(&app, "/opts/frames-first").await.body, "1\0a1\0s");
    let sse = Request::get("/opts/frames-first").header("accept", "text/event-stream");
    assert_eq!(send(&app, sse).await.header("content-type"), "text/event-stream");

    let hazaar = || Request::get("/opts/events-only").header("x-request-type", "stream");
    assert_eq!(send(&app, hazaar()).await.header("content-type"), "text/event-stream");
    let reply = send(&app, Request::get("/opts/events-only").header("accept", "application/octet-stream")).await;
    assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE);
    assert!(!reply.body.contains("hazaar"), "{}", reply.body);
}

#[tokio::test(start_paused = true)]
async fn the_head_is_held_as_long_as_the_action_says() {
    let app = Opts.into_router();
    for (path, held) in [("/opts/slow", 2000), ("/opts/usual", 250)] {
        let start = Instant::now();
        let response = open_get(&app, path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(start.elapsed().as_millis(), held, "{path}");
    }
}
