//! The spans of an application's own making.

use std::{fmt, sync::Arc};

use axum::http::request::Parts;
use tracing::Span;

/// Makes the span of each stream from its request, so that it has fields of the application's own: the user, the tenant,
/// the id of the request.
///
/// It is an extension of the request, added by a layer around the routers. [`stream_span!`](crate::stream_span) writes
/// the span: the fields that Outflow fills in, and then yours.
///
/// ```
/// use axum::{Extension, Router, http::request::Parts};
/// use outflow::{Controller as _, MakeSpan, action, controller, stream_span};
/// use tracing::{Span, field::Empty};
///
/// /// The user who has logged in. A layer has put it into the request.
/// #[derive(Clone)]
/// struct User(String);
///
/// fn span(request: &Parts) -> Span {
///     let user = request.extensions.get::<User>().map(|User(name)| &**name);
///     let id = request.headers.get("x-request-id").and_then(|id| id.to_str().ok());
///     stream_span!(user, request_id = id, tokens = Empty)
/// }
///
/// struct Chat;
///
/// #[controller]
/// impl Chat {
///     #[action]
///     async fn answer(&self) {
///         self.stream("Hello");
///         Span::current().record("tokens", 1);        // the action runs inside the span
///     }
/// }
///
/// let app: Router = Chat.into_router().layer(Extension(MakeSpan::new(span)));
/// ```
///
/// The function runs when the stream opens. It sees the request with all that layers have added, and extractors, except
/// the last argument of the action. Of a run, the span of its execution is made from the request that started it, and
/// that of each follower from its own.
#[derive(Clone)]
pub struct MakeSpan(Arc<dyn Fn(&Parts) -> Span + Send + Sync>);

impl MakeSpan {
    /// Makes spans by this function.
    pub fn new(make: impl Fn(&Parts) -> Span + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }
}

impl fmt::Debug for MakeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeSpan")
    }
}

/// The function, with the request whose stream is about to open.
#[derive(Clone, Debug)]
pub(crate) struct MakeFrom {
    make: MakeSpan,
    request: Arc<Parts>,
}

impl MakeFrom {
    /// From a request in an application that makes its own spans. The copy of the request is made only there: its
    /// extractors take it apart before the stream opens.
    pub(crate) fn of(request: &Parts) -> Option<Self> {
        let make = request.extensions.get::<MakeSpan>()?.clone();
        Some(Self { make, request: Arc::new(request.clone()) })
    }

    pub(crate) fn span(&self) -> Span {
        (self.make.0)(&self.request)
    }
}
