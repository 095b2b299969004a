//! A request's body as a file on disk, however large it is: memory holds one piece of it at a time.

use std::fs::File;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use futures_util::TryStreamExt as _;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

/// Larger bodies are answered with 413.
const LIMIT: u64 = 200 * 1024 * 1024;

/// The body, rewound, in a file that vanishes with this value. An argument of an action like any other extractor.
pub struct Spooled {
    pub file: File,
    pub length: u64,
}

impl<S: Sync> FromRequest<S> for Spooled {
    type Rejection = Response;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Response> {
        let body: Body = request.into_body();
        let mut pieces = body.into_data_stream();
        let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(|error| no_room(&error))?);
        let mut length = 0;
        while let Some(piece) = pieces.try_next().await.map_err(|_| broke_off())? {
            length += piece.len() as u64;
            if length > LIMIT {
                return Err((StatusCode::PAYLOAD_TOO_LARGE, "The file is larger than 200 MiB.").into_response());
            }
            file.write_all(&piece).await.map_err(|error| no_room(&error))?;
        }
        file.rewind().await.map_err(|error| no_room(&error))?;
        Ok(Self { file: file.into_std().await, length })
    }
}

fn no_room(error: &std::io::Error) -> Response {
    eprintln!("the upload could not be stored: {error}");
    (StatusCode::INSUFFICIENT_STORAGE, "The server could not store the file.").into_response()
}

fn broke_off() -> Response {
    (StatusCode::BAD_REQUEST, "The upload broke off.").into_response()
}
