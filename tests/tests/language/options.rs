//! Options of an action that shape its response: `formats` and `open_after`.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{action, controller, test::Client};
use tokio::time::{Instant, sleep};

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

#[tokio::test(start_paused = true)]
async fn the_first_format_is_the_default_and_no_other_is_offered() {
    let client = Client::new(Opts);
    assert_eq!(client.get("/opts/frames-first").start().wire().await, "1\0a1\0s");
    for request in [
        client.get("/opts/frames-first").accept("text/event-stream"),
        client.get("/opts/events-only").header("x-request-type", "stream"),
    ] {
        let mut answer = request.start();
        assert_eq!(answer.head().await.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.rest::<u32, ()>().await.packets, [1]);
    }
    let failed = client.get("/opts/events-only").accept("application/octet-stream").start().failed().await;
    assert_eq!(failed.status(), StatusCode::NOT_ACCEPTABLE);
    assert!(!failed.to_string().contains("hazaar"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn the_head_is_held_as_long_as_the_action_says() {
    let client = Client::new(Opts);
    for (path, held) in [("/opts/slow", 2000), ("/opts/usual", 250)] {
        let start = Instant::now();
        assert_eq!(client.get(path).start().head().await.status(), StatusCode::OK);
        assert_eq!(start.elapsed().as_millis(), held, "{path}");
    }
}
