//! What the tests call a server with.

pub mod decoders;
pub mod logs;
pub mod nginx;
pub mod paced;
pub mod proxy;
pub mod reader;
pub mod redis;
pub mod runs;
pub mod spans;
pub mod wire;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
    response::Response,
};
use http_body_util::BodyExt as _;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Notify,
};
use tower::ServiceExt as _;

use self::wire::End;

/// A whole response.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The data of the body's last event, which must have this name.
    pub fn last_event(&self, name: &str) -> serde_json::Value {
        let event = self.body.trim_end().rsplit("\n\n").next().unwrap();
        let data = event.strip_prefix(&format!("event: {name}\nid: outflow-end\ndata:"));
        let data = data.unwrap_or_else(|| panic!("the last event is no `{name}`: {event:?}"));
        serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data:?}"))
    }
}

/// `GET path`, read to the end.
pub async fn get(app: &Router, path: &str) -> Reply {
    send(app, Request::get(path)).await
}

/// A request without a body, read to the end.
pub async fn send(app: &Router, request: axum::http::request::Builder) -> Reply {
    send_body(app, request, Body::empty()).await
}

pub async fn send_body(app: &Router, request: axum::http::request::Builder, body: Body) -> Reply {
    let (head, body) = open(app, request.body(body).unwrap()).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply { status: head.status, headers: head.headers, body: String::from_utf8(body.into()).unwrap() }
}

/// A request without a body, with these headers, read to the end.
pub async fn ask(app: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    send_body(app, with_headers(method, path, headers), Body::empty()).await
}

pub fn with_headers(method: Method, path: &str, headers: &[(&str, &str)]) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// `GET path` with this `Accept`, read to the end, and how the body ends.
pub async fn get_as(app: &Router, path: &str, accept: &str) -> (Reply, End) {
    let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
    let (head, mut body) = open(app, request).await.into_parts();
    let mut bytes = Vec::new();
    let end = loop {
        match body.frame().await {
            None => break End::Clean,
            Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap()),
            Some(Err(_)) => break End::Cut,
        }
    };
    (Reply { status: head.status, headers: head.headers, body: String::from_utf8(bytes).unwrap() }, end)
}

/// The text of a body, and whether it ends as it should.
pub async fn get_with_end(app: &Router, request: Request<Body>) -> (String, bool) {
    let mut body = open(app, request).await.into_body();
    let mut bytes = Vec::new();
    let is_whole = loop {
        match body.frame().await {
            None => break true,
            Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap()),
            Some(Err(_)) => break false,
        }
    };
    (String::from_utf8(bytes).unwrap(), is_whole)
}

/// The response as soon as its head is there.
pub async fn open(app: &Router, request: Request<Body>) -> Response {
    app.clone().oneshot(request).await.unwrap()
}

/// `GET path`, as soon as its head is there.
pub async fn open_get(app: &Router, path: &str) -> Response {
    open(app, Request::get(path).body(Body::empty()).unwrap()).await
}

/// The next frame of a body as text.
pub async fn frame(body: &mut Body) -> Option<String> {
    let frame = body.frame().await?.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().into()).unwrap())
}

/// Serves on a port of its own for as long as the test's runtime lives.
pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    addr
}

/// The same over sockets that take little: what a client does not read stays in the server itself, not in megabytes of
/// buffers on the way.
pub async fn serve_narrow(app: Router) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(8 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    addr
}

/// Tells that it was dropped, and with it the action that held it.
pub struct OnDrop(pub Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
