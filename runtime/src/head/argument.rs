//! The argument by which an action sets its response's head.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{Error, HeaderName, HeaderValue, StatusCode, header::CONTENT_DISPOSITION, request::Parts},
};

use super::{
    file_name,
    parts::HeadParts,
    rules::{self, HeadError},
};

/// The head of a streamed response: status, headers, cookies, and the file name of a download.
///
/// An action takes it as an argument, in any place where an extractor may stand, and sets what it likes while the head is
/// held: until the first packet, until the action returns, or until `open_after`. After that each call is an error.
///
/// ```
/// use axum::http::{StatusCode, header::SET_COOKIE};
/// use outflow::{Head, HeadError, action, controller};
///
/// struct Orders;
///
/// # #[cfg(feature = "csv")]
/// #[controller]
/// impl Orders {
///     #[action(formats(csv, ndjson, json, query = "format"))]   // <a href="/orders/export?format=csv">
///     async fn export(&self, head: Head) -> Result<(), HeadError> {
///         head.download("orders")?;                             // orders.csv, orders.ndjson or orders.json
///         head.append(SET_COOKIE, "exported=1; Path=/")?;
///         head.status(StatusCode::ACCEPTED)?;
///         self.stream([1, 2]);
///         Ok(())
///     }
/// }
/// ```
///
/// - **Failures.** An action that fails before its first packet answers with the response of its error alone: what was
///   set before is dropped, cookies too. Put into the error's response what a failure should carry.
/// - **Outflow's own headers** can't be set: those that frame the body, `Content-Type`, `Content-Encoding`,
///   `Cache-Control` and the others that let a stream through. Names may be added to `Vary` with
///   [`append`](Self::append).
/// - **`HEAD` requests** never run the action, so their answer has none of this.
/// - **Runs.** What was set is kept with the run, in any log, and each response that reads the run from its start has it;
///   one that goes on midway does not. Cookies go to the client that starts the run alone. A client that comes before the
///   first packet waits for it as long as `open_after`: give an action that is slow to begin a longer one. `Location` and
///   the headers of the run are Outflow's own.
/// - **`EventSource`** accepts no status but 200.
///
/// Clones set the same head. An extractor of your own may take it too, with `Head::from_request_parts`, and set a cookie
/// before the action runs.
///
/// # Tests
///
/// A test that calls the action makes a head of its own, which never leaves, and looks at its [`parts`](Self::parts):
///
/// ```
/// # use axum::http::StatusCode;
/// # use futures_util::StreamExt as _;
/// # use outflow::{Head, HeadError, action, controller};
/// # struct Orders;
/// # #[controller]
/// # impl Orders {
/// #     #[action]
/// #     async fn export(&self, head: Head) -> Result<(), HeadError> {
/// #         head.download("orders")?;
/// #         head.status(StatusCode::ACCEPTED)?;
/// #         self.stream([1, 2]);
/// #         Ok(())
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let head = Head::new();
/// let _first = Orders.export(head.clone()).next().await;
/// assert_eq!(head.parts().status, StatusCode::ACCEPTED);
/// assert_eq!(head.parts().download.as_deref(), Some("orders"));
/// # }
/// ```
#[derive(Clone)]
pub struct Head(Arc<Mutex<State>>);

pub(super) struct State {
    pub(super) parts: HeadParts,
    pub(super) phase: Phase,
    /// Whether it belongs to a run.
    pub(super) is_run: bool,
    /// Whether the action, or an extractor, has taken it.
    pub(super) is_taken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Held,
    Left,
    /// There is no stream to have a head.
    NoStream,
}

impl Head {
    /// A head that belongs to no response, for a test that calls an action. It never leaves.
    pub fn new() -> Self {
        Self::of(Phase::Held, false)
    }

    pub(super) fn of(phase: Phase, is_run: bool) -> Self {
        let state = State { parts: HeadParts::default(), phase, is_run, is_taken: false };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the status: one from 200 to 299 that has a body. Without it the status is 200.
    ///
    /// # Errors
    /// For any other status, which belongs to the `Err` of the action, and once the head has left.
    pub fn status<S>(&self, status: S) -> Result<(), HeadError>
    where
        S: TryInto<StatusCode, Error: Into<Error>>,
    {
        let status = status.try_into().map_err(HeadError::invalid)?;
        rules::status(status)?;
        self.held()?.parts.status = status;
        Ok(())
    }

    /// Sets a header, in place of what was set under its name before.
    ///
    /// # Errors
    /// For a header that Outflow sets itself, for a name or a value that no header can have, and once the head has left.
    pub fn insert<N, V>(&self, name: N, value: V) -> Result<(), HeadError>
    where
        N: TryInto<HeaderName, Error: Into<Error>>,
        V: TryInto<HeaderValue, Error: Into<Error>>,
    {
        let (name, value) = header(name, value)?;
        let mut state = self.held()?;
        rules::insert(&name, state.is_run)?;
        if name == CONTENT_DISPOSITION {
            state.parts.download = None;
        }
        state.parts.headers.insert(name, value);
        Ok(())
    }

    /// Adds a header, beside what was set under its name before.
    ///
    /// # Errors
    /// See [`insert`](Self::insert).
    pub fn append<N, V>(&self, name: N, value: V) -> Result<(), HeadError>
    where
        N: TryInto<HeaderName, Error: Into<Error>>,
        V: TryInto<HeaderValue, Error: Into<Error>>,
    {
        let (name, value) = header(name, value)?;
        let mut state = self.held()?;
        rules::append(&name, state.is_run, &state.parts)?;
        state.parts.headers.append(name, value);
        Ok(())
    }

    /// Makes the response a download: a browser saves it under this name, with the extension of the format that the client
    /// gets (`Content-Disposition`, RFC 6266; a name beyond ASCII by RFC 8187).
    ///
    /// The extension is `csv`, `ndjson`, `json` or `txt`. A name with that extension keeps it, and one with that of another
    /// of these formats changes it. In `bytes` and in formats of your own that have no
    /// [`extension`](crate::format::Format::extension) the name stays as it is. In `sse` and `hazaar` the call does
    /// nothing: they are read by programs, and never saved.
    ///
    /// Characters that no file name can have become `_`: control characters, quotes, slashes, and `: * ? < > |`. Dots and
    /// spaces at both ends are dropped. So a title that a user has written makes a safe name.
    ///
    /// # Errors
    /// For a name of which nothing is left, and once the head has left.
    pub fn download(&self, name: impl Into<String>) -> Result<(), HeadError> {
        let name = name.into();
        if file_name::clean(&name).is_empty() {
            return Err(HeadError::file_name(&name));
        }
        let mut state = self.held()?;
        state.parts.headers.remove(CONTENT_DISPOSITION);
        state.parts.download = Some(name);
        Ok(())
    }

    /// What has been set so far.
    pub fn parts(&self) -> HeadParts {
        self.lock().parts.clone()
    }

    fn held(&self) -> Result<MutexGuard<'_, State>, HeadError> {
        let state = self.lock();
        match state.phase {
            Phase::Held => Ok(state),
            Phase::Left => Err(HeadError::left()),
            Phase::NoStream => Err(HeadError::no_stream()),
        }
    }
}

fn header<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), HeadError>
where
    N: TryInto<HeaderName, Error: Into<Error>>,
    V: TryInto<HeaderValue, Error: Into<Error>>,
{
    let name = name.try_into().map_err(HeadError::invalid)?;
    let value = value.try_into().map_err(HeadError::invalid)?;
    Ok((name, value))
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = HeadError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HeadError> {
        let head = parts.extensions.get::<Self>().ok_or_else(HeadError::no_action)?;
        head.lock().is_taken = true;
        Ok(head.clone())
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Head").field(&self.lock().parts).finish()
    }
}
