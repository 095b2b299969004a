//! Streams under the layers of tower-http that limit time. The clock is paused, so hours pass at once.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::StatusCode};
use outflow::{Controller as _, action, controller};
use tokio::{sync::Notify, time::sleep};
use tower_http::timeout::{ResponseBodyDeadlineLayer, ResponseBodyTimeoutLayer, TimeoutLayer};

use crate::support::{OnDrop, get, get_as, open_get, read, soon, wire::End};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Clone, Default)]
struct Slow {
    dropped: Arc<Notify>,
    finished: Arc<Notify>,
}

#[controller]
impl Slow {
    /// Streams for an hour, with a packet a minute.
    #[action]
    async fn minutes(&self) {
        for n in 1..=60 {
            self.stream(n);
            sleep(HOUR / 60).await;
        }
    }

    /// Takes an hour before it has anything to say.
    #[action]
    async fn quiet(&self) {
        sleep(HOUR).await;
        self.stream("late");
    }

    /// The same, with the head held for all that time.
    #[action(open_after = "2h")]
    async fn held(&self) {
        let _guard = OnDrop(self.dropped.clone());
        sleep(HOUR).await;
        self.stream("late");
    }

    #[action(open_after = "2h", on_disconnect = finish)]
    async fn finishing(&self) {
        sleep(HOUR).await;
        self.stream("late");
        self.finished.notify_one();
    }
}

fn timeout(after: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, after)
}

#[tokio::test(start_paused = true)]
async fn a_timeout_longer_than_the_head_is_held_never_ends_a_stream() {
    let app = Slow::default().into_router().layer(timeout(SECOND));
    for path in ["/slow/minutes", "/slow/quiet"] {
        let reply = get(&app, path).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.body.ends_with("event: done\nid: outflow-end\ndata:\n\n"), "{path}: {:?}", reply.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_while_the_head_is_held_answers_and_drops_the_action() {
    let slow = Slow::default();
    let app = slow.clone().into_router().layer(timeout(SECOND));
    let reply = get(&app, "/slow/held").await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::GATEWAY_TIMEOUT, ""));
    soon("the end of the action", slow.dropped.notified()).await;

    // By default it is held for 250 ms.
    let app = slow.into_router().layer(timeout(Duration::from_millis(100)));
    assert_eq!(get(&app, "/slow/quiet").await.status, StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn an_action_that_finishes_without_its_client_does_so_after_a_timeout_too() {
    let slow = Slow::default();
    let app = slow.clone().into_router().layer(timeout(SECOND));
    assert_eq!(get(&app, "/slow/finishing").await.status, StatusCode::GATEWAY_TIMEOUT);
    soon("the end of the action", slow.finished.notified()).await;
}

/// How the body ends in this format.
async fn end(app: &Router, format: &str) -> End {
    let (reply, end) = get_as(app, "/slow/quiet", format).await;
    assert_eq!(reply.status, StatusCode::OK);
    end
}

/// A heartbeat comes every 15 seconds, in the formats that have one.
#[tokio::test(start_paused = true)]
async fn heartbeats_keep_an_idle_timeout_away() {
    let app = Slow::default().into_router().layer(ResponseBodyTimeoutLayer::new(30 * SECOND));
    for format in ["text/event-stream", "application/x-ndjson", "application/json"] {
        assert_eq!(end(&app, format).await, End::Clean, "{format}");
    }
    for format in ["text/csv", "text/plain", "application/octet-stream", "application/octet-stream;charset=ISO-8859-1"]
    {
        assert_eq!(end(&app, format).await, End::Cut, "{format}");
    }
    let app = Slow::default().into_router().layer(ResponseBodyTimeoutLayer::new(10 * SECOND));
    assert_eq!(end(&app, "text/event-stream").await, End::Cut);
}

/// The client can't tell why: the action's own `timeout` says it.
#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_body_cuts_whatever_streams() {
    let app = Slow::default().into_router().layer(ResponseBodyDeadlineLayer::new(30 * 60 * SECOND));
    let (text, end) = read(open_get(&app, "/slow/minutes").await.into_body()).await;
    assert_eq!(end, End::Cut);
    assert!(text.contains("data: 29\n") && !text.contains("event:"), "{text}");
}
