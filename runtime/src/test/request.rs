//! A request of a test, with all that axum's extractors take.

use std::{fmt, future::Future};

use axum::{
    body::Body,
    http::{
        Extensions, HeaderName, HeaderValue, Method, Request as HttpRequest, Uri,
        header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST},
    },
};
use serde::{Serialize, de::DeserializeOwned};

use super::{answer::Answer, client::Client, multipart::Multipart, whole::whole};
use crate::engine::generator::Whole;

/// A request that has not been sent. Made by [`Client::get`] and the like.
///
/// # Panics
/// Its methods panic if something can't be part of a request, such as a header with a line feed.
#[must_use = "a request is sent by `start` or `all`"]
pub struct Request<'a> {
    client: &'a Client,
    request: HttpRequest<Body>,
    query: String,
    extensions: Extensions,
}

impl<'a> Request<'a> {
    #[track_caller]
    pub(super) fn new(client: &'a Client, method: Method, path: &str) -> Self {
        let mut request = HttpRequest::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = made(path.parse(), || format!("`{path}` is no path of a request"));
        *request.headers_mut() = client.settings.headers.clone();
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        Self { client, request, query: String::new(), extensions: Extensions::new() }
    }

    /// Adds a header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers_mut().append(header_name(name), header_value(value));
        self
    }

    /// Asks for this media type, for this request only.
    #[track_caller]
    pub fn accept(mut self, media_type: &str) -> Self {
        self.request.headers_mut().insert(ACCEPT, header_value(media_type));
        self
    }

    /// Adds a cookie.
    #[track_caller]
    pub fn cookie(self, name: &str, value: &str) -> Self {
        self.header(COOKIE.as_str(), &format!("{name}={value}"))
    }

    /// Adds parameters to the query, of a struct or a list of pairs.
    #[track_caller]
    pub fn query(mut self, parameters: &impl Serialize) -> Self {
        let parameters = encoded(parameters);
        if !self.query.is_empty() && !parameters.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&parameters);
        self
    }

    /// Sends this value as JSON.
    #[track_caller]
    pub fn json(self, value: &impl Serialize) -> Self {
        let json = made(serde_json::to_vec(value), || "the value can't be JSON".to_owned());
        self.header(CONTENT_TYPE.as_str(), "application/json").body(json)
    }

    /// Sends this value as a form (`application/x-www-form-urlencoded`).
    #[track_caller]
    pub fn form(self, value: &impl Serialize) -> Self {
        let form = encoded(value);
        self.header(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded").body(form)
    }

    /// Sends a form with files (`multipart/form-data`, RFC 7578).
    pub fn multipart(self, form: Multipart) -> Self {
        let content_type = form.content_type();
        self.header(CONTENT_TYPE.as_str(), &content_type).body(form.into_body())
    }

    /// Sends this body: bytes, text, or a stream by [`Body::from_stream`].
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// Puts a value into the extensions of the request, as a layer of the application would, such as the user that has
    /// logged in. The handler takes it by axum's [`Extension`](axum::Extension).
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Sends the request, and returns before its head has come, so that the test can cause what it waits for.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn start(self) -> Answer {
        let Self { client, mut request, query, extensions } = self;
        if !query.is_empty() {
            let uri = request.uri();
            let and = if uri.query().is_some() { '&' } else { '?' };
            let uri: Uri = made(format!("{uri}{and}{query}").parse(), || "the query is too long".to_owned());
            *request.uri_mut() = uri;
        }
        client.send(request, extensions)
    }

    /// Sends the request, and reads it to the end, which must be that of an action that returned: its packets and its
    /// result.
    ///
    /// # Panics
    /// If the action fails, the stream is cut, or a packet is no `P` or the result no `R`.
    #[track_caller]
    pub fn all<P, R>(self) -> impl Future<Output = Whole<P, R>> + Send + use<P, R>
    where
        P: DeserializeOwned + Send,
        R: DeserializeOwned + Send,
    {
        let answer = self.start();
        let wait = answer.wait_for("all()".to_owned(), answer.limit);
        async move { answer.until(wait, whole()).await }
    }
}

#[track_caller]
pub(super) fn header_name(name: &str) -> HeaderName {
    made(name.parse(), || format!("`{name}` is no name of a header"))
}

#[track_caller]
pub(super) fn header_value(value: &str) -> HeaderValue {
    made(value.parse(), || format!("`{value}` can't be the value of a header"))
}

#[track_caller]
fn encoded(value: &impl Serialize) -> String {
    made(serde_urlencoded::to_string(value), || "the value can't be a form".to_owned())
}

/// A part of a request. The panic points into the test.
#[track_caller]
fn made<T, E: fmt::Display>(part: Result<T, E>, what: impl FnOnce() -> String) -> T {
    match part {
        Ok(part) => part,
        Err(error) => panic!("{}: {error}", what()),
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Request").field(self.request.method()).field(self.request.uri()).finish()
    }
}
