//! Streams under the layers of tower-http that look at requests and heads: CORS, tracing, limits of requests.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{
        HeaderName, Method, Request, StatusCode,
        header::{CONTENT_TYPE, ORIGIN},
    },
    response::Response,
};
use futures_util::stream;
use outflow::{Controller as _, action, controller};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::{cors::CorsLayer, limit::RequestBodyLimitLayer, trace::TraceLayer};

use crate::support::{
    paced::{Paced, media_type, packet},
    reader::Client,
    send, send_body, serve, spans,
};

/// Allows the headers that a client sends (`x-request-type` is Hazaar's) and exposes one to pages of another origin.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(["https://page.example".parse().unwrap()])
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE, HeaderName::from_static("x-request-type")])
        .expose_headers([HeaderName::from_static("x-response-type")])
}

#[tokio::test]
async fn cors_answers_the_preflight_without_running_the_action() {
    spans::remember();
    let app = Router::new().nest("/preflight", Paced::default().into_router()).layer(cors());
    let preflight = Request::options("/preflight/paced/steps")
        .header(ORIGIN, "https://page.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "x-request-type");
    let reply = send(&app, preflight).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, ""));
    assert_eq!(reply.header("access-control-allow-origin"), "https://page.example");
    assert_eq!(reply.header("access-control-allow-methods"), "GET,POST");
    assert_eq!(reply.header("access-control-allow-headers"), "content-type,x-request-type");
    assert!(spans::streams("/preflight/paced/steps").is_empty());
}

#[tokio::test]
async fn each_packet_comes_on_time_under_cors_and_tracing() {
    let paced = Paced::default();
    let app = paced.clone().into_router().layer(cors()).layer(TraceLayer::new_for_http());
    let client = Client::new(serve(app).await).header("origin", "https://page.example");
    for format in ["sse", "ndjson"] {
        let reading = paced.in_step(&client, "/paced/steps", media_type(format)).await;
        assert_eq!(reading.header("access-control-allow-origin"), "https://page.example");
        assert_eq!(reading.header("access-control-expose-headers"), "x-response-type");
        let vary = reading.header("vary");
        assert!(vary.contains("accept, x-request-type") && vary.contains("origin"), "{vary}");
    }
}

/// Without these headers a page cannot see anything of an answer, not even its status.
#[tokio::test]
async fn cors_lets_the_page_see_a_failure_before_the_first_packet() {
    let app = Paced::default().into_router().layer(cors());
    let reply = send(&app, Request::get("/paced/early").header(ORIGIN, "https://page.example")).await;
    assert_eq!(reply.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(reply.header("access-control-allow-origin"), "https://page.example");
}

#[tokio::test]
async fn the_span_of_a_stream_is_within_that_of_its_request() {
    spans::remember();
    let paced = Paced::default();
    let app = Router::new().nest("/traced", paced.clone().into_router()).layer(TraceLayer::new_for_http());
    let client = Client::new(serve(app).await);
    paced.in_step(&client, "/traced/paced/steps", media_type("ndjson")).await;
    let stream = spans::streams("/traced/paced/steps").pop().unwrap();
    assert_eq!(stream.field("format"), "ndjson");
    let request = spans::parent(&stream).unwrap();
    assert_eq!((request.name, request.field("uri")), ("request", "/traced/paced/steps"));
}

/// The trace layer sees the head alone; Outflow's own span says how a stream ended.
#[tokio::test]
async fn tracing_takes_a_stream_that_fails_later_for_a_success() {
    spans::remember();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let see = || {
        let seen = seen.clone();
        move |what: String| seen.lock().unwrap().push(what)
    };
    let (response, end, failure) = (see(), see(), see());
    let trace = TraceLayer::new_for_http()
        .on_response(move |head: &Response<_>, _, _: &_| response(head.status().as_u16().to_string()))
        .on_eos(move |_: Option<&_>, _, _: &_| end("end".to_owned()))
        .on_failure(move |class: tower_http::classify::ServerErrorsFailureClass, _, _: &_| failure(class.to_string()));
    let app = Router::new().nest("/taken", Paced::default().into_router()).layer(trace);
    let client = Client::new(serve(app).await);
    for (format, seen_of_it) in [("sse", &["200", "end"] as &[_]), ("ndjson", &["200"])] {
        let mut reading = client.get("/taken/paced/burst/1", media_type(format)).await;
        assert_eq!(reading.end().await.is_err(), format == "ndjson");
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), seen_of_it, "{format}");
    }
    let outcomes: Vec<_> = spans::streams("/taken/paced/burst/{packets}");
    assert!(outcomes.len() == 2 && outcomes.iter().all(|it| it.field("outcome") == "failed"), "{outcomes:?}");
}

/// A request's place is free again when the head has left: `max_streams` counts streams to their end.
#[tokio::test]
async fn a_limit_of_concurrent_requests_does_not_count_open_streams() {
    let app = Paced::default().into_router().layer(GlobalConcurrencyLimitLayer::new(1));
    let client = Client::new(serve(app).await);
    let mut open = [client.get("/paced/idle", "*/*").await, client.get("/paced/idle", "*/*").await];
    for reading in &mut open {
        reading.until(&packet(1)).await;
    }
}

struct Upload;

#[controller]
impl Upload {
    #[action(post)]
    async fn length(&self, body: Bytes) {
        self.stream(body.len());
    }

    /// Ignores the body.
    #[action(post)]
    async fn unread(&self) {
        for n in 1..=3 {
            self.stream(n);
            tokio::task::yield_now().await;
        }
    }
}

/// A body of unknown length.
fn chunks(count: usize) -> Body {
    Body::from_stream(stream::iter((0..count).map(|_| Ok::<_, Infallible>(Bytes::from_static(b"12345678")))))
}

#[tokio::test]
async fn a_limit_of_the_request_body_holds() {
    let app = Upload.into_router().layer(RequestBodyLimitLayer::new(16));
    let within = send_body(&app, Request::post("/upload/length"), chunks(2)).await;
    assert!(within.body.starts_with("data: 16\n\n"), "{:?}", within.body);

    let said = Request::post("/upload/length").header("content-length", "24");
    assert_eq!(send_body(&app, said, Body::from("x".repeat(24))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let unsaid = send_body(&app, Request::post("/upload/length"), chunks(3)).await;
    assert_eq!(unsaid.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Outflow reads what no argument has read, to notice that the client leaves; the limit must not look like that.
#[tokio::test]
async fn a_limit_that_nobody_reads_up_to_ends_no_stream() {
    let app = Upload.into_router().layer(RequestBodyLimitLayer::new(16));
    let reply = send_body(&app, Request::post("/upload/unread"), chunks(1000)).await;
    assert_eq!(reply.body, "data: 1\n\ndata: 2\n\ndata: 3\n\nevent: done\nid: outflow-end\ndata:\n\n");
}
