//! A server with an action for each thing that can happen to a stream. The browser tests run against it.

use std::{
    env, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::Query,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use outflow::{Controller as _, Packet, Server, action, controller};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, UnixListener},
    time::sleep,
};

struct StreamController;

#[controller]
impl StreamController {
    #[action]
    async fn test(&self) {
        self.stream("Starting stream test");
        for i in 1..=10 {
            self.stream(format!("i={i}"));
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// An error with a status and a problem document.
struct Problem(StatusCode, &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.0.canonical_reason();
        let body = Json(json!({ "title": title, "detail": self.1 })).into_response().into_body();
        (self.0, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// Counts an action for as long as it lives.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn count(actions: &Arc<AtomicUsize>) -> Self {
        actions.fetch_add(1, Ordering::SeqCst);
        Self(actions.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Demo {
    alive: Arc<AtomicUsize>,
}

#[controller]
impl Demo {
    #[action]
    async fn quick(&self) -> Value {
        for n in 1..=3 {
            self.stream(json!({ "n": n }));
        }
        json!({ "total": 3 })
    }

    #[action]
    async fn early(&self) -> Result<(), Problem> {
        self.refuse(StatusCode::UNPROCESSABLE_ENTITY, "no such fruit")?;
        self.stream("never sent");
        Ok(())
    }

    #[action]
    async fn late(&self) -> Result<(), Problem> {
        self.stream("one");
        self.stream("two");
        self.refuse(StatusCode::CONFLICT, "the basket is full")
    }

    #[action]
    async fn panic(&self) {
        self.stream("one");
        panic!("a secret of the server");
    }

    #[action]
    async fn early_panic(&self) {
        let nothing = self.alive.load(Ordering::SeqCst).checked_sub(usize::MAX);
        self.stream(nothing.expect("a secret of the server"));
    }

    #[action]
    async fn endless(&self) {
        let _alive = Alive::count(&self.alive);
        for n in 0_u64.. {
            self.stream(n);
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Goes on until the whole body of the request has arrived.
    #[action(post)]
    async fn upload(&self, body: Body) -> usize {
        self.stream("one");
        body.into_data_stream().fold(0, async |length, bytes| length + bytes.map_or(0, |bytes| bytes.len())).await
    }

    /// How many endless actions there are.
    #[action]
    async fn live(&self) -> Json<usize> {
        Json(self.alive.load(Ordering::SeqCst))
    }

    fn refuse(&self, status: StatusCode, detail: &'static str) -> Result<(), Problem> {
        Err(Problem(status, detail))
    }
}

/// Streams of HTML for readers that put it into a page. Each counts how often its action has run.
#[derive(Default)]
struct Pages {
    runs: AtomicUsize,
}

#[controller]
impl Pages {
    #[action(formats(sse(end_event = "close")))]
    async fn done(&self) {
        self.fragments().await;
    }

    #[action(formats(sse(end_event = "close")))]
    async fn late(&self) -> Result<(), Problem> {
        self.fragments().await;
        self.refuse()
    }

    #[action(formats(sse(end_event = "close")))]
    async fn early(&self) -> Result<(), Problem> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.refuse()?;
        self.stream("never sent");
        Ok(())
    }

    /// The fragments of Datastar.
    #[action(formats(sse))]
    async fn merged(&self, Query(Merged { end }): Query<Merged>) -> Result<(), Problem> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        if end == End::Early {
            self.refuse()?;
        }
        for n in 1..=2 {
            let text = format!("fragments <p id=\"news\">{n}</p>");
            self.stream(Packet::raw(text).event("datastar-merge-fragments"));
        }
        if end == End::Late { self.refuse() } else { Ok(()) }
    }

    /// How many actions have run.
    #[action]
    async fn runs(&self) -> Json<usize> {
        Json(self.runs.load(Ordering::SeqCst))
    }

    async fn fragments(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        for n in 1..=2 {
            self.stream(Packet::raw(format!("<li>{n}</li>\n")));
        }
    }

    fn refuse(&self) -> Result<(), Problem> {
        Err(Problem(StatusCode::CONFLICT, "the basket is full"))
    }
}

#[derive(Deserialize)]
struct Merged {
    end: End,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Done,
    Early,
    Late,
}

/// Two packets, and then the connection breaks.
async fn cut() -> Response {
    let packets = stream::iter(["data: \"one\"\n\n", "data: \"two\"\n\n"]).map(|text| Ok(Bytes::from(text)));
    let broken = stream::once(async {
        sleep(Duration::from_millis(100)).await;
        Err(io::Error::other("cut"))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(packets.chain(broken))).into_response()
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/", get(Html("<!doctype html><title>fixture</title>")))
        .route("/demo/cut", get(cut))
        .merge(outflow::client::router())
        .merge(StreamController.into_router())
        .merge(Demo::default().into_router())
        .merge(Pages::default().into_router());

    let addr = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(addr).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let grace = env::var("GRACE").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    let mut server = Server::new(app).grace(Duration::from_secs(grace));
    if let Ok(path) = env::var("KEEP_OPEN") {
        server = server.keep_open([path]);
    }
    if let Ok(path) = env::var("UNIX") {
        server = server.listen(UnixListener::bind(path)?);
    }
    server.serve_on(listener).await
}
