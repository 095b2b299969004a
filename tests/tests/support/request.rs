//! Requests to a router within the process, and what comes back. Each wait has a limit.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, request::Builder},
    response::Response,
};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{wait::soon, wire::End};

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
}

/// A request with these headers and without a body, read to the end.
pub async fn ask(app: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    send(app, with_headers(method, path, headers)).await
}

/// A request without a body, read to the end.
pub async fn send(app: &Router, request: Builder) -> Reply {
    send_body(app, request, Body::empty()).await
}

/// A request, read to the end, which must be a clean one.
pub async fn send_body(app: &Router, request: Builder, body: Body) -> Reply {
    let (head, body) = open(app, request.body(body).unwrap()).await.into_parts();
    let (body, end) = read(body).await;
    assert_eq!(end, End::Clean, "after {body:?}");
    Reply { status: head.status, headers: head.headers, body }
}

/// The response as soon as its head is there.
pub async fn open(app: &Router, request: Request<Body>) -> Response {
    soon("the head", app.clone().oneshot(request)).await.unwrap()
}

/// `GET path`, as soon as its head is there.
pub async fn open_get(app: &Router, path: &str) -> Response {
    open(app, empty(Request::get(path))).await
}

pub fn with_headers(method: Method, path: &str, headers: &[(&str, &str)]) -> Builder {
    let request = Request::builder().method(method).uri(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

pub fn empty(request: Builder) -> Request<Body> {
    request.body(Body::empty()).unwrap()
}

/// The next frame of a body as text; `None` at the end.
pub async fn frame(body: &mut Body) -> Option<String> {
    let frame = soon("a frame", body.frame()).await?.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().into()).unwrap())
}

/// Calls a function with each frame of a body, to its end.
pub async fn each_frame(mut body: Body, mut call: impl FnMut(String)) {
    let reading = async {
        while let Some(text) = frame(&mut body).await {
            call(text);
        }
    };
    soon("the end of the body", reading).await;
}

/// Reads frames until one contains this, and returns all of them.
pub async fn read_until(body: &mut Body, what: &str) -> String {
    let mut text = String::new();
    let reading = async {
        while !text.contains(what) {
            let frame = body.frame().await.unwrap_or_else(|| panic!("the body ends before `{what}`")).unwrap();
            text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    };
    soon(what, reading).await;
    text
}

/// The text of a body, and how it ends.
pub async fn read(body: Body) -> (String, End) {
    soon("the end of the body", read_without_limit(body)).await
}

/// The same for one of thousands of bodies, whose test has one limit for all of them: a limit looks at the clock every
/// second, and on a busy machine so many would do nothing else.
pub async fn read_without_limit(mut body: Body) -> (String, End) {
    let mut bytes = Vec::new();
    let end = loop {
        match body.frame().await {
            None => break End::Clean,
            Some(Ok(frame)) => bytes.extend_from_slice(frame.data_ref().unwrap()),
            Some(Err(_)) => break End::Cut,
        }
    };
    (String::from_utf8(bytes).unwrap(), end)
}
