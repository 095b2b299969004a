//! The digest of a request's body, taken while extractors read it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{BoxError, Error, body::Body};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of what has been read of a body.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyDigest(Arc<Mutex<Sha256>>);

impl BodyDigest {
    /// Wraps a body, so that reading it feeds the digest.
    pub(crate) fn of(&self, body: Body) -> Body {
        Body::new(Digested { body, digest: self.clone() })
    }

    /// The digest so far.
    pub(crate) fn so_far(&self) -> [u8; 32] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize().into()
    }
}

/// A body that feeds a digest. Its errors are unwrapped, because [`Body::new`] wraps them again.
struct Digested {
    body: Body,
    digest: BodyDigest,
}

impl HttpBody for Digested {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx).map_err(Error::into_inner);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            if let Some(bytes) = frame.data_ref() {
                self.digest.0.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
