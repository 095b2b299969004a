//! JSON bodies, and what is wrong with one.

use axum::{
    body::Bytes,
    extract::{FromRequest as _, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::ai::asked::Asked;
use crate::format::{negotiate::Prefer, notes::Notes, problem::Problem};

/// The body of a request that can be read as JSON, and the notes for its format.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    notes: Notes,
}

impl Body {
    pub(super) async fn of<S: Send + Sync>(request: Request, state: &S) -> Result<Self, Problem> {
        let notes = Notes::of(request.extensions());
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE);
            return Err(problem.with_detail("the body must be JSON: send `Content-Type: application/json`"));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| {
            // Its status is one of a failure, as that of every rejection.
            let failed = error.status().is_client_error() || error.status().is_server_error();
            let status = if failed { error.status() } else { StatusCode::BAD_REQUEST };
            Problem::new(status).with_detail(error.body_text())
        })?;
        Ok(Self { bytes, notes })
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let json = &mut serde_json::Deserializer::from_slice(&self.bytes);
        let value = serde_path_to_error::deserialize(&mut *json).map_err(|error| refused(&error))?;
        match json.end() {
            Ok(()) => Ok(value),
            Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST).with_detail("the body is more than one JSON value")),
        }
    }

    /// Tells the format who has asked, and for what.
    pub(super) fn asked(&self, format: &'static str, asked: Asked) {
        self.notes.leave(Prefer(format));
        self.notes.leave(asked);
    }
}

/// The problem of a body that is no JSON, or not what it should be. It names the field.
fn refused(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    let text = inner.to_string();
    if inner.classify() != Category::Data {
        return Problem::new(StatusCode::BAD_REQUEST).with_detail(format_args!("the body is not JSON: {text}"));
    }
    let why = text.split(" at line ").next().unwrap_or_default();
    let path = error.path().to_string();
    let missing = why.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let field = match (path.as_str(), missing) {
        ("." | "", Some(name)) => name.to_owned(),
        (path, Some(name)) => format!("{path}.{name}"),
        (path, None) => path.to_owned(),
    };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY).with_detail(format_args!("`{field}`: {why}"));
    problem.with("field", field)
}
