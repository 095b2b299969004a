//! The paths that a server answers while it stops, for those that watch it.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use axum::{
    extract::Request,
    http::{HeaderValue, Version, header::CONNECTION},
    response::Response,
};

use super::{
    drain::{Detached, Drain},
    layer::Counted,
};
use crate::{
    format::{negotiate::is_event_source, problem::Problem},
    retry::SHUTTING_DOWN,
};

impl Drain {
    /// The paths that are answered until the end, also on new connections: `/metrics`, a health check. Everything else
    /// is answered with 503 and `Retry-After` from the moment that the drain has started. No path by default: then the
    /// listener closes at once.
    ///
    /// With such paths the listener stays open until the last stream, run or other request has ended, or the grace
    /// period is over. So a readiness check has to fail by itself:
    ///
    /// ```
    /// use axum::{Extension, Router, http::StatusCode, routing::get};
    /// use outflow::{Drain, Server};
    ///
    /// async fn ready(Extension(drain): Extension<Drain>) -> StatusCode {
    ///     if drain.is_draining() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    /// }
    ///
    /// let server = Server::new(Router::new().route("/ready", get(ready))).keep_open(["/ready", "/metrics"]);
    /// ```
    ///
    /// A path is compared as the [`layer`](Self::layer) sees it, without its query, so put the layer around the whole
    /// router. The answers close their connections over HTTP/1.
    pub fn keep_open(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.parts_mut().open_paths = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Admits a request, or answers it.
    ///
    /// # Errors
    /// 503, while the server stops.
    pub(super) fn enter(&self, request: &Request) -> Result<Kept, Response> {
        if self.parts().open_paths.is_empty() {
            return Ok(Kept(None));
        }
        let stays_open = self.parts().open_paths.iter().any(|path| path == request.uri().path());
        // The action of an `EventSource` that comes back has the right answer.
        let is_event_source = is_event_source(request.method(), request.headers());
        if self.is_draining() && !stays_open && !is_event_source {
            let mut refusal = Problem::unavailable(SHUTTING_DOWN).to_response();
            close(&mut refusal, request.version());
            return Err(refusal);
        }
        let guard = (!stays_open).then(|| self.detached());
        Ok(Kept(Some(Passage { drain: self.clone(), version: request.version(), guard })))
    }
}

/// A request that has been admitted, if the server has paths that stay open.
pub(super) struct Kept(Option<Passage>);

struct Passage {
    drain: Drain,
    version: Version,
    /// Keeps the listener open.
    guard: Option<Detached>,
}

impl Kept {
    /// The response on its way out.
    pub(super) fn leave(self, mut response: Response) -> Response {
        let Some(Passage { drain, version, guard }) = self.0 else { return response };
        if drain.is_draining() {
            close(&mut response, version);
        }
        match guard {
            Some(guard) => response.map(|body| Counted::wrap(body, guard)),
            None => response,
        }
    }
}

/// Lets a response close its connection. HTTP/2 has no header for that.
fn close(response: &mut Response, version: Version) {
    if version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}
