//! Notes: what the arguments of an action leave for the format of its response.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::Extensions;

/// The place where the extractor of a request's body leaves values for the format: ids that the answer bears, or a
/// [`Pick`](crate::format::Pick) or a [`Prefer`](crate::format::Prefer). They are in the extensions of the request from
/// which the format is made, if one of the action's formats comes [`after_body`](crate::format::Representation).
///
/// An extractor that does not take the body needs none of it: it can put values into the extensions itself.
///
/// ```
/// use axum::{body::Bytes, extract::{FromRequest, Request}, response::{IntoResponse as _, Response}};
/// use outflow::format::{Notes, Prefer};
///
/// /// A body whose first line names a format.
/// struct Script(String);
///
/// impl<S: Send + Sync> FromRequest<S> for Script {
///     type Rejection = Response;
///
///     async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
///         let notes = Notes::of(request.extensions());
///         let script = String::from_request(request, state).await.map_err(|error| error.into_response())?;
///         if script.starts_with("#rows") {
///             notes.leave(Prefer("ndjson"));
///         }
///         Ok(Self(script))
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Extensions>>);

impl Notes {
    /// The notes of the request with these extensions. Where no format reads them, they are kept and forgotten.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Leaves a value, in place of an earlier one of its type.
    pub fn leave<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(value);
    }

    /// Moves all values into the extensions of a request.
    pub(crate) fn move_into(&self, extensions: &mut Extensions) {
        extensions.extend(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}
