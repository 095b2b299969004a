//! Streams under the layers of tower-http that limit time. The clock is paused, so hours pass at once.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::StatusCode};
use outflow::{Controller as _, action, controller, test::Client};
use tokio::{sync::Notify, time::sleep};
use tower_http::timeout::{ResponseBodyDeadlineLayer, ResponseBodyTimeoutLayer, TimeoutLayer};

use crate::support::soon;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Default)]
struct Slow {
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

/// A client of the actions under a timeout, which waits longer than any of them takes.
fn timeout(slow: Slow, after: Duration) -> Client {
    under(slow.into_router().layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, after)))
}

fn under(app: Router) -> Client {
    Client::new(app).limit(2 * HOUR)
}

#[tokio::test(start_paused = true)]
async fn a_timeout_longer_than_the_head_is_held_never_ends_a_stream() {
    let client = timeout(Slow::default(), SECOND);
    let minutes = client.get("/slow/minutes").all::<u32, ()>().await.packets;
    assert!(minutes.iter().copied().eq(1..=60), "{minutes:?}");
    assert_eq!(client.get("/slow/quiet").all::<String, ()>().await.packets, ["late"]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_while_the_head_is_held_answers_and_drops_the_action() {
    let client = timeout(Slow::default(), SECOND);
    let mut answer = client.get("/slow/held").start();
    assert_eq!(answer.failed().await.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.wire().await, "");
    client.dropped("/slow/held").await;

    // By default it is held for 250 ms.
    let client = timeout(Slow::default(), Duration::from_millis(100));
    assert_eq!(client.get("/slow/quiet").start().failed().await.status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn an_action_that_finishes_without_its_client_does_so_after_a_timeout_too() {
    let slow = Slow::default();
    let finished = slow.finished.clone();
    let client = timeout(slow, SECOND);
    assert_eq!(client.get("/slow/finishing").start().failed().await.status(), StatusCode::GATEWAY_TIMEOUT);
    soon("the end of the action", finished.notified()).await;
}

/// A heartbeat comes every 15 seconds, in the formats that have one.
#[tokio::test(start_paused = true)]
async fn heartbeats_keep_an_idle_timeout_away() {
    let idle = |limit| under(Slow::default().into_router().layer(ResponseBodyTimeoutLayer::new(limit)));
    let (long, short) = (idle(30 * SECOND), idle(10 * SECOND));
    for format in ["text/event-stream", "application/x-ndjson", "application/json"] {
        let all = long.get("/slow/quiet").accept(format).all::<String, ()>().await;
        assert_eq!(all.packets, ["late"], "{format}");
    }
    for (client, format) in [
        (&long, "text/csv"),
        (&long, "text/plain"),
        (&long, "application/octet-stream"),
        (&long, "application/octet-stream;charset=ISO-8859-1"),
        (&short, "text/event-stream"),
    ] {
        let mut answer = client.get("/slow/quiet").accept(format).start();
        assert_eq!(answer.head().await.status(), StatusCode::OK, "{format}");
        answer.cut().await;
    }
}

/// The client can't tell why: the action's own `timeout` says it.
#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_body_cuts_whatever_streams() {
    let client = under(Slow::default().into_router().layer(ResponseBodyDeadlineLayer::new(30 * 60 * SECOND)));
    let mut answer = client.get("/slow/minutes").start();
    answer.cut().await;
    let packets = answer.unread::<u32>();
    assert!(packets.contains(&29) && packets.len() < 60, "{packets:?}");
}
