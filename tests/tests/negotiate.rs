//! Which format a request gets.

use axum::http::{Request, StatusCode};
use outflow::{Controller as _, action, controller};

use crate::support::send;

struct Any;

#[controller]
impl Any {
    #[action]
    async fn one(&self) {
        self.stream(1);
    }
}

const SSE: &str = "text/event-stream";
const HAZAAR: &str = "application/octet-stream;charset=ISO-8859-1";

async fn content_type(headers: &[(&str, &str)]) -> String {
    let mut request = Request::get("/any/one");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(&Any.into_router(), request).await.header("content-type").to_owned()
}

#[tokio::test]
async fn the_accept_header_picks_the_format() {
    for (accept, expected) in [
        ("text/event-stream", SSE),
        ("TEXT/Event-Stream; charset=UTF-8", SSE),
        ("*/*", SSE),
        ("text/*", SSE),
        ("application/*", HAZAAR),
        ("text/html,application/xhtml+xml,*/*;q=0.8", SSE),
        ("text/event-stream;q=0.2, application/octet-stream;q=0.3", HAZAAR),
        ("application/octet-stream, text/event-stream", SSE),
        ("*/*, text/event-stream;q=0", HAZAAR),
        ("nonsense, text/event-stream", SSE),
        ("text/event-stream;q=0.001, application/octet-stream;q=0", SSE),
        ("text/event-stream;q=1e-1, application/octet-stream;q=0.1", HAZAAR),
        ("text/event-stream;q=2, application/octet-stream;q=1.000", HAZAAR),
        (HAZAAR, HAZAAR),
        ("", SSE),
    ] {
        assert_eq!(content_type(&[("accept", accept)]).await, expected, "{accept}");
    }
    assert_eq!(content_type(&[]).await, SSE);
    assert_eq!(content_type(&[("accept", "text/html"), ("accept", SSE)]).await, SSE);
}

/// The original Hazaar client sends this header, and `*/*`.
#[tokio::test]
async fn a_hazaar_client_gets_frames() {
    assert_eq!(content_type(&[("x-request-type", "stream")]).await, HAZAAR);
    assert_eq!(content_type(&[("x-request-type", "stream"), ("accept", "*/*")]).await, HAZAAR);
    assert_eq!(content_type(&[("x-request-type", "stream"), ("accept", SSE)]).await, SSE);
}

#[tokio::test]
async fn nothing_acceptable_is_a_406_that_lists_what_there_is() {
    for accept in ["text/html", "text/event-stream;q=0", "application/octet-stream;charset=utf-16", "*/*;q=0"] {
        let reply = send(&Any.into_router(), Request::get("/any/one").header("accept", accept)).await;
        assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE, "{accept}");
        assert!(reply.body.contains(SSE) && reply.body.contains("application/octet-stream"), "{}", reply.body);
    }
}
