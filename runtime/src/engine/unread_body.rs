//! The part of a request's body that the arguments leave unread.
//!
//! hyper notices that a client has left only while it reads, and it does not read past a body that nobody reads. So the
//! rest is read and thrown away while the action streams, and an error there means that the client is gone.

use std::{
    error::Error as StdError,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{BoxError, Error, body::Body};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::LengthLimitError;

/// The frames read at each poll. A body that is always ready, such as a small one that a layer decompresses, must not
/// starve the action.
const FRAMES: usize = 32;

/// A request's body, until it has been read to its end.
#[derive(Debug, Default)]
pub(crate) struct UnreadBody(Option<Arc<Mutex<Body>>>);

impl UnreadBody {
    pub(crate) fn new(body: Body) -> Self {
        Self((!body.is_end_stream()).then(|| Arc::new(Mutex::new(body))))
    }

    /// Wraps the body before anything is read of it.
    pub(crate) fn wrap(&mut self, wrap: impl FnOnce(Body) -> Body) {
        let body = self.0.take().and_then(Arc::into_inner);
        self.0 = body.map(|body| Arc::new(Mutex::new(wrap(body.into_inner().unwrap_or_else(PoisonError::into_inner)))));
    }

    /// Reads the rest, unless an extractor holds it. Returns whether it arrived whole.
    pub(crate) async fn read_on(&mut self) -> bool {
        poll_fn(|cx| {
            let is_gone = self.poll_gone(cx).is_ready();
            let is_read = self.0.as_mut().is_none_or(|body| Arc::get_mut(body).is_none());
            if is_gone || is_read { Poll::Ready(!is_gone) } else { Poll::Pending }
        })
        .await
    }

    /// Lends the body to an extractor. The part that it leaves unread remains here.
    pub(crate) fn lend(&self) -> Body {
        self.0.as_ref().map_or_else(Body::empty, |body| Body::new(Lent(body.clone())))
    }

    /// Reads on, unless the body is still lent. Ready when the client is gone.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(body) = self.0.as_mut().and_then(Arc::get_mut) else { return Poll::Pending };
        let body = body.get_mut().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..FRAMES {
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(_frame))) => {}
                Poll::Ready(Some(Err(error))) if !is_too_long(&error) => return Poll::Ready(()),
                Poll::Ready(None | Some(Err(_))) => {
                    self.0 = None;
                    return Poll::Pending;
                }
            }
        }
        // The action has its turn first.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Whether a limit around the body has been reached, which says nothing about the client.
fn is_too_long(error: &Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A body in the hands of an extractor. Its errors are unwrapped, because [`Body::new`] wraps them again, and axum
/// finds the one that means 413 only as deep as it wraps itself.
struct Lent(Arc<Mutex<Body>>);

impl Lent {
    fn with<T>(&self, read: impl FnOnce(&mut Body) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.with(|body| Pin::new(body).poll_frame(cx)).map_err(Error::into_inner)
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}
