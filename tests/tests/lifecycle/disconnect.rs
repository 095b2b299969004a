//! The option `on_disconnect`, and request bodies that must not hide that the client has gone.
//!
//! The servers of the bodies are plain ones of axum. The test client's has a listener that notices by itself that a
//! client leaves.

use std::{
    convert::Infallible,
    iter,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::Request,
    middleware::map_request,
};
use futures_util::stream;
use outflow::{Controller as _, action, controller, test::Client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, mpsc},
};

use crate::support::{serve, soon};

/// Says what happens to its actions.
#[derive(Clone)]
struct Told {
    events: mpsc::UnboundedSender<&'static str>,
    go_on: Arc<Notify>,
}

struct OnDrop(mpsc::UnboundedSender<&'static str>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

impl Told {
    fn new() -> (Self, mpsc::UnboundedReceiver<&'static str>) {
        let (events, received) = mpsc::unbounded_channel();
        (Self { events, go_on: Arc::default() }, received)
    }

    fn tell(&self, event: &'static str) {
        let _ = self.events.send(event);
    }
}

#[controller]
impl Told {
    #[action(on_disconnect = finish)]
    async fn finish(&self) {
        let _dropped = OnDrop(self.events.clone());
        self.stream("first");
        self.go_on.notified().await;
        for i in 0..100_000 {
            self.stream(i);
        }
        let emitter = self.emitter();
        if emitter.send("an emitter sends on").await.is_ok() && emitter.try_send("and this").is_ok() {
            self.tell("sent");
        }
        self.tell("finished");
    }

    #[action(on_disconnect = finish)]
    async fn finish_before_the_head(&self) {
        self.tell("started");
        self.go_on.notified().await;
        self.stream("nobody reads this");
        self.tell("finished");
    }

    #[action(on_disconnect = finish, timeout = "5s")]
    async fn finish_in_time(&self) {
        let _dropped = OnDrop(self.events.clone());
        self.stream("first");
        std::future::pending::<()>().await;
    }

    #[action(on_disconnect = cancel)]
    async fn cancel(&self) {
        let _dropped = OnDrop(self.events.clone());
        self.stream("first");
        std::future::pending::<()>().await;
    }

    /// No argument reads the body.
    #[action(post)]
    async fn unread(&self) {
        let _dropped = OnDrop(self.events.clone());
        self.stream("first");
        std::future::pending::<()>().await;
    }

    #[action(post, open_after = "1h")]
    async fn held(&self) {
        let _dropped = OnDrop(self.events.clone());
        self.tell("started");
        std::future::pending::<()>().await;
        self.stream("nobody reads this");
    }

    /// The argument takes the body and reads none of it.
    #[action(post, path = "/taken")]
    async fn taken(&self, body: Body) {
        let _dropped = OnDrop(self.events.clone());
        drop(body);
        self.stream("first");
        std::future::pending::<()>().await;
    }

    #[action(post)]
    async fn read(&self, Json(text): Json<String>) {
        let _dropped = OnDrop(self.events.clone());
        self.stream(text.len());
        std::future::pending::<()>().await;
    }
}

async fn next(events: &mut mpsc::UnboundedReceiver<&'static str>) -> &'static str {
    soon("the next event", events.recv()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_action_that_finishes_goes_on_without_its_client() {
    let (told, mut events) = Told::new();
    let go_on = told.go_on.clone();
    let client = Client::new(told);
    let mut answer = client.get("/told/finish").start();
    assert_eq!(answer.packet::<String>().await, "first");
    answer.leave();
    go_on.notify_one();
    assert_eq!(next(&mut events).await, "sent");
    assert_eq!(next(&mut events).await, "finished");
    assert_eq!(next(&mut events).await, "dropped");
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_where_the_client_leaves_before_the_head() {
    let (told, mut events) = Told::new();
    let go_on = told.go_on.clone();
    let client = Client::new(told);
    let mut answer = client.get("/told/finish-before-the-head").start();
    assert_eq!(next(&mut events).await, "started");
    answer.leave();
    go_on.notify_one();
    assert_eq!(next(&mut events).await, "finished");
}

#[tokio::test(start_paused = true)]
async fn its_timeout_still_holds() {
    let (told, mut events) = Told::new();
    let client = Client::new(told);
    let mut answer = client.get("/told/finish-in-time").start();
    answer.packet::<String>().await;
    answer.leave();
    let after = client.dropped("/told/finish-in-time").await;
    assert_eq!((after.as_millis() + 500) / 1000, 5, "{after:?}");
    assert_eq!(events.try_recv(), Ok("dropped"));
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_cancelled_is_dropped() {
    let client = Client::new(Told::new().0);
    let mut answer = client.get("/told/cancel").start();
    answer.packet::<String>().await;
    answer.leave();
    assert!(client.dropped("/told/cancel").await < Duration::from_millis(250));
}

/// Sends a body of this length, reads the first packet, and leaves.
async fn post_and_leave(app: Router, path: &str, body: &[u8]) {
    let mut client = TcpStream::connect(serve(app).await).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(body).await.unwrap();
    assert!(soon("the head", client.read(&mut [0; 1024])).await.unwrap() > 0);
}

/// hyper reads no further than an unread body, so without more it would not notice.
#[tokio::test]
async fn a_request_body_hides_no_disconnect() {
    let text = format!("\"{}\"", "x".repeat(300_000));
    for path in ["/told/unread", "/told/taken", "/told/read"] {
        let (told, mut events) = Told::new();
        post_and_leave(told.into_router(), path, text.as_bytes()).await;
        assert_eq!(next(&mut events).await, "dropped", "{path}");
    }
}

/// The client leaves in the middle of its own body.
#[tokio::test]
async fn a_request_body_that_breaks_off_means_that_the_client_is_gone() {
    let (told, mut events) = Told::new();
    let addr = serve(told.into_router()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"POST /told/unread HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    assert!(soon("the head", client.read(&mut [0; 1024])).await.unwrap() > 0);
    drop(client);
    assert_eq!(next(&mut events).await, "dropped");
}

/// The same while the head is still held.
#[tokio::test]
async fn also_where_the_head_is_held() {
    let (told, mut events) = Told::new();
    let mut client = TcpStream::connect(serve(told.into_router()).await).await.unwrap();
    client.write_all(b"POST /told/held HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    assert_eq!(next(&mut events).await, "started");
    drop(client);
    assert_eq!(next(&mut events).await, "dropped");
}

/// A body that breaks HTTP's own rules: the action does not even start.
#[tokio::test]
async fn a_request_body_that_is_none_is_a_400() {
    let (told, mut events) = Told::new();
    let mut client = TcpStream::connect(serve(told.into_router()).await).await.unwrap();
    let request = b"POST /told/held HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n";
    client.write_all(request).await.unwrap();
    let mut answer = [0; 12];
    soon("the answer", client.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert!(events.try_recv().is_err());
}

/// For example a small body that a layer decompresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_body_that_is_always_there_holds_nothing_up() {
    let is_over = Arc::new(AtomicBool::new(false));
    let over = is_over.clone();
    // Without a turn for the action this would never end.
    let guard = thread::spawn(move || {
        thread::park_timeout(Duration::from_secs(10));
        over.store(true, Ordering::SeqCst);
    });
    let over = is_over.clone();
    let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[0; 1024]));
    let inflated = stream::iter(iter::from_fn(move || (!over.load(Ordering::SeqCst)).then(chunk)));
    let inflating = map_request(move |request: Request<Body>| {
        let inflated = inflated.clone();
        async { request.map(|_| Body::from_stream(inflated)) }
    });
    let client = Client::new(Told::new().0.into_router().layer(inflating));
    let mut answer = client.post("/told/unread").start();
    assert_eq!(answer.packet::<String>().await, "first");
    assert!(!is_over.load(Ordering::SeqCst), "the first packet came behind the request's body");
    answer.leave();
    guard.thread().unpark();
}
