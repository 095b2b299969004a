//! The layer of a drain: requests learn of their drain from it, and connections of their requests.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    BoxError, Error,
    body::{Body, Bytes},
    extract::Request,
    http::Version,
    response::{IntoResponse, Response},
};
use futures_core::future::BoxFuture;
use futures_util::TryFutureExt as _;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

use super::{activity::Open, drain::Drain};

/// The layer by which a router's actions find their [`Drain`], made by [`Drain::layer`]. It also tells the connections
/// of the drain's listener which requests are open.
#[derive(Clone, Debug)]
pub struct DrainLayer {
    pub(super) drain: Drain,
}

impl<S> Layer<S> for DrainLayer {
    type Service = DrainService<S>;

    fn layer(&self, inner: S) -> DrainService<S> {
        DrainService { inner, drain: self.drain.clone() }
    }
}

/// The service of a [`DrainLayer`].
#[derive(Clone)]
pub struct DrainService<S> {
    inner: S,
    drain: Drain,
}

impl<S, B> Service<Request<B>> for DrainService<S>
where
    S: Service<Request, Response: IntoResponse, Future: Send + 'static>,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // A body of nothing needs no box.
        let mut request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
        let kept = match self.drain.enter(&request) {
            Ok(kept) => kept,
            Err(refusal) => return Box::pin(async { Ok(refusal) }),
        };
        request.extensions_mut().insert(self.drain.clone());
        let connection = match request.version() {
            Version::HTTP_2 => None,
            _ => self.drain.connections().current(),
        };
        let Some(connection) = connection else {
            let answer = self.inner.call(request);
            return Box::pin(answer.map_ok(|response| kept.leave(response.into_response())));
        };
        let open = Open::begin(connection, request.body().size_hint().exact());
        let answer = self.inner.call(request.map(|body| Counted::wrap(body, open.upload())));
        // No `async` block, which would keep the answer's future twice.
        Box::pin(answer.map_ok(|response| kept.leave(response.into_response().map(|body| Counted::wrap(body, open)))))
    }
}

impl<S> fmt::Debug for DrainService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainService").field("drain", &self.drain).finish_non_exhaustive()
    }
}

/// A body that counts as open until its end, of a request or of a response.
pub(super) struct Counted<G> {
    body: Body,
    open: Option<G>,
}

impl<G: Send + Unpin + 'static> Counted<G> {
    /// A body that holds this guard until its end.
    pub(super) fn wrap(body: Body, open: G) -> Body {
        if body.is_end_stream() { body } else { Body::new(Self { body, open: Some(open) }) }
    }
}

impl<G: Unpin> HttpBody for Counted<G> {
    type Data = Bytes;
    // Not axum's error: `Body::new` makes one of it, and axum looks for the cause only so deep.
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        // Its owner may keep it for longer.
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || polled.is_ready() && self.body.is_end_stream() {
            self.open = None;
        }
        polled.map_err(Error::into_inner)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
