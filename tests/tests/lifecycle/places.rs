//! The number of streams that one client, or one user, may have open.

use std::{future::pending, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::{HeaderMap, StatusCode, request::Parts},
    middleware::{Next, from_fn},
};
use outflow::{
    Controller as _, Drain, action, controller,
    test::{Client, after},
};
use tokio::time::sleep;

struct Feed;

#[controller]
impl Feed {
    #[action]
    async fn open(&self) {
        self.stream("open");
        pending::<()>().await;
    }

    #[action]
    async fn short(&self) {
        self.stream("open");
        sleep(Duration::from_secs(5)).await;
    }

    #[action(post, resumable)]
    async fn run(&self) {
        self.stream("open");
        sleep(Duration::from_secs(5)).await;
    }

    /// No stream.
    #[action]
    async fn count(&self) -> &'static str {
        "7"
    }
}

#[derive(Clone)]
struct User(String);

/// A layer that knows its users.
async fn log_in(headers: HeaderMap, mut request: Request, next: Next) -> axum::response::Response {
    if let Some(user) = headers.get("x-user") {
        request.extensions_mut().insert(User(user.to_str().unwrap().to_owned()));
    }
    next.run(request).await
}

fn user(request: &Parts) -> Option<String> {
    request.extensions.get().map(|User(name)| name.clone())
}

fn app() -> Router {
    Feed.into_router().layer(from_fn(log_in))
}

#[tokio::test(start_paused = true)]
async fn one_stream_too_many_of_a_user_is_refused_and_others_are_not() {
    let client = Client::with_drain(app(), Drain::new().max_streams_per(2, user));
    let open = |user| client.get("/feed/open").header("x-user", user).start();
    let (mut one, mut two) = (open("ada"), open("ada"));
    one.packet::<String>().await;
    two.packet::<String>().await;

    let mut refused = open("ada");
    assert_eq!(refused.head().await.headers()["retry-after"], "3");
    let refused = refused.failed().await;
    assert_eq!((refused.status(), refused.detail()), (StatusCode::TOO_MANY_REQUESTS, "you have too many streams open"));
    assert_eq!(client.get("/feed/count").header("x-user", "ada").start().text().await, "7");
    // An `EventSource` would give up for good on an error.
    let reconnects = client.get("/feed/open").header("x-user", "ada").header("last-event-id", "1");
    let mut reconnects = reconnects.accept("text/event-stream").start();
    assert_eq!(reconnects.head().await.status(), StatusCode::OK);
    reconnects.cut().await;

    let mut other = open("grace");
    other.packet::<String>().await;
    let mut nobody: Vec<_> = (0..5).map(|_| client.get("/feed/open").start()).collect();
    for answer in &mut nobody {
        answer.packet::<String>().await;
    }

    // A client that leaves, and a stream that ends, make room.
    one.leave();
    client.dropped("/feed/open").await;
    let mut short = client.get("/feed/short").header("x-user", "ada").start();
    short.packet::<String>().await;
    assert_eq!(open("ada").failed().await.status(), StatusCode::TOO_MANY_REQUESTS);
    short.done::<()>().await;
    let mut again = open("ada");
    again.packet::<String>().await;
    for answer in nobody.iter_mut().chain([&mut two, &mut other, &mut again]) {
        answer.leave();
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_counts_until_its_end_and_those_that_follow_it_do_not() {
    let client = Client::with_drain(app(), Drain::new().max_streams_per(1, user));
    let start = || client.post("/feed/run").header("x-user", "ada").start();
    let mut run = start();
    run.packet::<String>().await;
    assert_eq!(start().failed().await.status(), StatusCode::TOO_MANY_REQUESTS);
    let mut follower = client.follow(run.run(), after(0)).header("x-user", "ada").start();
    follower.done::<()>().await;
    run.done::<()>().await;
    assert_eq!(start().rest::<String, ()>().await.packets, ["open"]);
}

#[tokio::test(start_paused = true)]
async fn several_limits_hold_together() {
    let address = |request: &Parts| {
        let ConnectInfo(addr) = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(addr.ip().to_string())
    };
    let drain = Drain::new().max_streams(4).max_streams_per(3, address).max_streams_per(2, user);
    let client = Client::with_drain(app(), drain);
    let open = |user, from: [u8; 4]| {
        let addr = ConnectInfo(SocketAddr::from((from, 1000)));
        client.get("/feed/open").header("x-user", user).extension(addr).start()
    };
    let mut answers = Vec::new();
    for (user, from, expected) in [
        ("ada", [10, 0, 0, 1], 200),
        ("ada", [10, 0, 0, 1], 200),
        ("ada", [10, 0, 0, 2], 429),
        ("grace", [10, 0, 0, 1], 200),
        ("grace", [10, 0, 0, 1], 429),
        ("grace", [10, 0, 0, 2], 200),
        ("joan", [10, 0, 0, 3], 503),
    ] {
        let mut answer = open(user, from);
        assert_eq!(answer.head().await.status(), expected, "{user} {from:?}");
        answers.push(answer);
    }
    for answer in &mut answers {
        answer.leave();
    }
}
