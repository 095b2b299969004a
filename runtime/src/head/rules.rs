//! The statuses and headers that an action can't set.

use std::{borrow::Cow, fmt};

use axum::{
    http::{Error, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::parts::HeadParts;
use crate::format::problem::Problem;

/// Why something can't be set in the head: an error in the program, so its response is a 500 whose reason is logged.
#[derive(Debug)]
pub struct HeadError(Cow<'static, str>);

impl HeadError {
    pub(super) fn left() -> Self {
        Self(
            "the head has left already, with the first packet or after `open_after`: set it before, or give the action a longer `open_after`"
                .into(),
        )
    }

    pub(super) fn no_stream() -> Self {
        Self(
            "this action never streams, so nothing would send its `Head`: return a response with the status and the headers"
                .into(),
        )
    }

    pub(super) fn no_action() -> Self {
        Self("`Head` is an argument of actions that stream: other handlers return a response with the status and the headers".into())
    }

    pub(super) fn invalid(error: impl Into<Error>) -> Self {
        Self(format!("the head can't have this: {}", error.into()).into())
    }

    pub(super) fn file_name(name: &str) -> Self {
        Self(format!("{name:?} is no name for a file: give one with a letter or a digit").into())
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HeadError {}

/// So that `?` works in an action whose error is a [`Problem`].
impl From<HeadError> for Problem {
    fn from(error: HeadError) -> Self {
        tracing::error!(reason = %error, "an action could not set its head");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for HeadError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

pub(super) fn status(status: StatusCode) -> Result<(), HeadError> {
    let why = match status {
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT => {
            "a response with it has no body, so the client would get no packet: choose another one"
        }
        _ if !status.is_success() => {
            "a stream has a status from 200 to 299: return an `Err` whose response has this one, before the first packet"
        }
        _ => return Ok(()),
    };
    Err(HeadError(format!("the status can't be {}: {why}", status.as_u16()).into()))
}

/// Whether a header can be set.
pub(super) fn insert(name: &HeaderName, is_run: bool) -> Result<(), HeadError> {
    let why = match name.as_str() {
        "vary" => "Outflow names the headers there that the format depends on: add yours with `head.append(VARY, …)`",
        _ => match owned(name, is_run) {
            Some(why) => why,
            None => return Ok(()),
        },
    };
    Err(HeadError(format!("the header `{name}` can't be set: {why}").into()))
}

/// Whether a header can be added.
pub(super) fn append(name: &HeaderName, is_run: bool, parts: &HeadParts) -> Result<(), HeadError> {
    if name == header::CONTENT_DISPOSITION && (parts.download.is_some() || parts.headers.contains_key(name)) {
        let why = "it has been set already, and a response has one: replace it with `head.insert(..)`";
        return Err(HeadError(format!("the header `{name}` can't be added: {why}").into()));
    }
    if name == header::VARY { Ok(()) } else { insert(name, is_run) }
}

/// Why a header belongs to Outflow, if it does.
fn owned(name: &HeaderName, is_run: bool) -> Option<&'static str> {
    Some(match name.as_str() {
        "content-length" | "transfer-encoding" | "connection" | "keep-alive" | "proxy-connection" | "te"
        | "trailer" | "upgrade" => "the server frames the body, whose length is not known in advance: leave it out",
        "content-type" => "it follows from the format that the client gets: offer another one in `formats(…)`",
        "content-encoding" => "the body is sent as it is: compress it in a layer, which sets the header",
        "cache-control" | "pragma" | "expires" => {
            "a stream must not be stored on the way, and Outflow says so: leave it out"
        }
        "x-accel-buffering" => "it keeps nginx from holding packets back, and Outflow sets it: leave it out",
        "x-content-type-options" | "x-response-type" => "Outflow sets it in every stream: leave it out",
        "location" if is_run => "it says where the run is: choose another header",
        "run-key" | "run-state" | "run-tail" if is_run => "it describes the run: choose another header",
        _ => return None,
    })
}
