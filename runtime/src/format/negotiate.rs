//! Which format a request gets: the one that it picks by name, or content negotiation (RFC 9110, section 12.5.1).

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header::VARY, request::Parts},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Format,
    accept::{MediaRange, Rank, is_only, ranges, rank},
    problem::Problem,
    query,
    representation::{HAZAAR, Offered, Representation, SSE},
    sse::Sse,
};

/// Picks a format by its [name](Representation::name), whatever the `Accept` header says, for clients that can't set a
/// header. A layer puts it into the request's extensions, or an extractor that is not the action's last argument.
///
/// ```
/// use axum::{extract::Request, middleware::{Next, from_fn}};
/// use outflow::{Controller as _, action, controller, format::Pick};
///
/// struct Orders;
///
/// #[controller]
/// impl Orders {
///     #[action]
///     async fn all(&self) {
///         self.stream([1, 2]);
///     }
/// }
///
/// // A path such as `/orders/all?table` gets the format `text`.
/// let app: axum::Router = Orders.into_router().layer(from_fn(async |mut request: Request, next: Next| {
///     if request.uri().query() == Some("table") {
///         request.extensions_mut().insert(Pick("text"));
///     }
///     next.run(request).await
/// }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick(pub &'static str);

/// Prefers a format by its [name](Representation::name) among those that the `Accept` header likes equally, as if it were
/// the first of `formats(…)`. An extractor leaves it if the request itself tells which client has sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefer(pub &'static str);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_REQUEST_TYPE: HeaderName = HeaderName::from_static("x-request-type");

/// Whether an `EventSource` comes back with this request. Its `Accept` is this media type alone (WHATWG HTML, section
/// 9.2.2). It would give up for good on an error (section 9.2.3).
pub(crate) fn is_event_source(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET && headers.contains_key(LAST_EVENT_ID) && is_only(headers, SSE.media_types)
}

/// The format that a request gets, and the rest of the request's head that a response depends on.
pub(crate) struct Negotiated {
    pub(crate) format: &'static Representation,
    /// It makes the writer `Sync`, so that futures may hold a reference to this.
    writer: Mutex<Box<dyn Format>>,
    pub(crate) version: Version,
    /// What an `EventSource` that comes back has seen.
    pub(crate) last_event_id: Option<HeaderValue>,
    /// The event that ends the stream, whatever happened: a client that waits for it is told of failures in the stream,
    /// and not by a status.
    pub(crate) end_event: Option<&'static str>,
}

impl Negotiated {
    /// How a failure before the first packet is written, if not as the error's own response.
    pub(crate) fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).early_failure()
    }

    /// The writer of the response.
    pub(crate) fn into_writer(self) -> Box<dyn Format> {
        self.writer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Negotiated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.format.fmt(f)
    }
}

/// The format that the request picks, or likes best: by quality, then by how closely it is named, then by order.
///
/// # Errors
/// 406 with the list of formats, if no format is acceptable.
pub(crate) fn negotiate(request: &Parts, offered: Offered) -> Result<Negotiated, Response> {
    let Offered { formats, query, end_event } = offered;
    let by_name = |name: &str| formats.iter().find(|format| format.name.eq_ignore_ascii_case(name));
    let in_query = || {
        let parameter = query?;
        // A form sends an empty value for a choice that was not made.
        let name = query::values(&request.uri, parameter).find(|name| !name.is_empty())?;
        Some((parameter, name))
    };
    let format = if let Some(Pick(name)) = request.extensions.get() {
        by_name(name).ok_or_else(|| not_acceptable("no format of this stream is acceptable", formats))
    } else if let Some((parameter, name)) = in_query() {
        by_name(&name)
            .ok_or_else(|| not_acceptable(&format!("`{parameter}={name}` is no format of this stream"), formats))
    } else {
        accepted(&request.headers, request.extensions.get().copied(), formats)
            .ok_or_else(|| not_acceptable("no format of this stream is acceptable", formats))
    }?;
    let last_event_id = request.headers.get(LAST_EVENT_ID).cloned();
    let end_event = end_event.filter(|_| format.name == SSE.name);
    let writer = match end_event {
        Some(event) => Box::new(Sse::ended_by(event)),
        None => (format.writer)(request),
    };
    Ok(Negotiated { format, writer: Mutex::new(writer), version: request.version, last_event_id, end_event })
}

fn accepted(
    headers: &HeaderMap,
    prefer: Option<Prefer>,
    formats: &'static [Representation],
) -> Option<&'static Representation> {
    let preferred = prefer.and_then(|Prefer(name)| formats.iter().find(|format| format.name == name));
    let first = preferred.or(formats.first());
    // An `EventSource` sends the media type alone. No other format can be named more closely, so nothing else is read.
    if let Some(first) = first.filter(|first| is_only(headers, first.media_types)) {
        return Some(first);
    }
    let ranges = ranges(headers);
    if let (true, Some(first)) = (ranges.iter().all(MediaRange::is_any), first) {
        let asks_for_frames = headers.get(X_REQUEST_TYPE).is_some_and(|kind| kind == "stream");
        let frames = formats.iter().find(|format| asks_for_frames && format.name == HAZAAR.name);
        return Some(frames.unwrap_or(first));
    }
    let mut best: Option<(Rank, &Representation)> = None;
    for format in preferred.into_iter().chain(formats) {
        let media_types = format.media_types.iter().filter_map(|text| MediaRange::parse(text));
        let rank = media_types.filter_map(|media_type| rank(&ranges, &media_type, format.content_type)).max();
        if let Some(rank) = rank.filter(|rank| rank.quality > 0) {
            if best.is_none_or(|(best, _)| rank > best) {
                best = Some((rank, format));
            }
        }
    }
    best.map(|(_, format)| format)
}

/// The refusal, with the name of each format and the media types that ask for it.
fn not_acceptable(why: &str, formats: &[Representation]) -> Response {
    let names: Vec<_> = formats.iter().map(|format| format!("`{}`", format.name)).collect();
    let list: Value = formats
        .iter()
        .map(|Representation { name, media_types, .. }| json!({ "name": name, "media_types": media_types }))
        .collect();
    let detail = format!("{why}: there are {}", names.join(", "));
    let problem = Problem::new(StatusCode::NOT_ACCEPTABLE).with_detail(&detail).with("formats", list);
    let mut response = problem.to_response();
    response.headers_mut().insert(VARY, super::VARY);
    response
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::format::{BYTES, JSON, NDJSON, SSE, TEXT};

    const CALENDAR: Representation = Representation {
        name: "calendar",
        content_type: "text/calendar; component=vevent",
        media_types: &["text/calendar"],
        ..TEXT
    };

    const FORMATS: &[Representation] = &[SSE, NDJSON, JSON, TEXT, HAZAAR, CALENDAR];

    /// The name of the format that a request with these headers gets, and "none" for a 406.
    fn chosen(headers: &[(&str, &str)]) -> &'static str {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        let (request, ()) = request.body(()).unwrap().into_parts();
        negotiate(&request, Offered { formats: FORMATS, query: None, end_event: None })
            .map_or("none", |negotiated| negotiated.format.name)
    }

    #[test]
    fn the_accept_header_decides() {
        for (accept, name) in [
            ("*/*", "sse"),
            ("application/json", "json"),
            ("APPLICATION/JSON", "json"),
            ("text/*", "sse"),
            ("text/plain", "text"),
            ("application/*", "ndjson"),
            ("application/jsonl", "ndjson"),
            ("application/octet-stream;charset=ISO-8859-1", "hazaar"),
            ("application/xml", "none"),
            // Quality first, then how closely a format is named, then the order.
            ("application/json;q=0.5, text/plain;q=0.6", "text"),
            ("*/*, application/json", "json"),
            ("text/plain, application/json", "json"),
            ("text/event-stream;q=0, */*", "ndjson"),
            ("text/plain;q=0", "none"),
            // Our text is UTF-8, so naming it excludes nothing.
            ("text/plain;charset=utf-8", "text"),
            ("text/plain;charset=latin1", "none"),
            // Nor does a parameter that the response has.
            ("text/calendar", "calendar"),
            ("text/calendar; Component=VEVENT; charset=utf-8", "calendar"),
            ("text/calendar;component=vtodo", "none"),
            ("text/plain;component=vevent", "none"),
            // Entries that can't be read are passed over.
            ("nonsense, application/json", "json"),
            ("application/json;q=2", "sse"),
            ("application/json;q=0.1234, text/plain;q=0.001", "text"),
            // A comma or a semicolon within quotes separates nothing.
            (r#"text/plain;note="a, b;q=0", application/json"#, "json"),
        ] {
            assert_eq!(chosen(&[("accept", accept)]), name, "{accept}");
        }
    }

    #[test]
    fn of_formats_that_share_a_media_type_the_first_or_the_preferred_one_is_taken() {
        const SHARED: &[Representation] = &[HAZAAR, BYTES];
        let offered = Offered { formats: SHARED, query: None, end_event: None };
        for (accept, prefer, name) in [
            ("application/octet-stream", None, "hazaar"),
            ("application/octet-stream", Some(Prefer("bytes")), "bytes"),
            ("application/octet-stream;charset=ISO-8859-1", Some(Prefer("bytes")), "hazaar"),
            ("application/octet-stream;q=0", None, "none"),
        ] {
            let (mut request, ()) = Request::builder().header("accept", accept).body(()).unwrap().into_parts();
            prefer.map(|prefer| request.extensions.insert(prefer));
            let chosen = negotiate(&request, offered).map_or("none", |negotiated| negotiated.format.name);
            assert_eq!(chosen, name, "{accept} {prefer:?}");
        }
    }

    #[test]
    fn without_a_wish_the_first_format_is_taken_or_the_one_of_the_original_client() {
        assert_eq!(chosen(&[]), "sse");
        assert_eq!(chosen(&[("x-request-type", "stream")]), "hazaar");
        assert_eq!(chosen(&[("x-request-type", "stream"), ("accept", "*/*")]), "hazaar");
        assert_eq!(chosen(&[("x-request-type", "stream"), ("accept", "text/plain")]), "text");
        assert_eq!(chosen(&[("accept", "application/xml"), ("accept", "text/plain")]), "text");
    }
}
