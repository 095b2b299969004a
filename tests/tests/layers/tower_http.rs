//! Streams under the layers of tower-http that look at requests and heads: CORS, tracing, limits of requests.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderName, Method, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use futures_util::stream;
use outflow::{
    Controller as _, action, controller,
    test::{Answer, Client},
};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::{cors::CorsLayer, limit::RequestBodyLimitLayer, trace::TraceLayer};

use crate::support::{
    paced::{Paced, media_type, packet},
    spans,
};

/// Allows the headers that a client sends (`x-request-type` is Hazaar's) and exposes one to pages of another origin.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(["https://page.example".parse().unwrap()])
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE, HeaderName::from_static("x-request-type")])
        .expose_headers([HeaderName::from_static("x-response-type")])
}

/// The value of a header, which must be there.
fn header<'a>(head: &'a Response<()>, name: &str) -> &'a str {
    head.headers()[name].to_str().unwrap()
}

/// Reads `steps` in step with the action, which sends a packet only when the one before it has been read.
async fn in_step(paced: &Paced, answer: &mut Answer) {
    for n in 1..=4 {
        paced.step();
        assert_eq!(answer.packet::<String>().await, packet(n));
    }
    answer.rest::<(), ()>().await;
}

#[tokio::test(start_paused = true)]
async fn cors_answers_the_preflight_without_running_the_action() {
    spans::remember();
    let client = Client::new(Router::new().nest("/preflight", Paced::default().into_router()).layer(cors()));
    let preflight = client
        .request(Method::OPTIONS, "/preflight/paced/steps")
        .header("origin", "https://page.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "x-request-type");
    let mut answer = preflight.start();
    let head = answer.head().await;
    assert_eq!((head.status(), answer.wire().await), (StatusCode::OK, Bytes::new()));
    assert_eq!(header(&head, "access-control-allow-origin"), "https://page.example");
    assert_eq!(header(&head, "access-control-allow-methods"), "GET,POST");
    assert_eq!(header(&head, "access-control-allow-headers"), "content-type,x-request-type");
    assert!(spans::streams("/preflight/paced/steps").is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_packet_comes_on_time_under_cors_and_tracing() {
    let paced = Paced::default();
    let client = Client::new(paced.clone().into_router().layer(cors()).layer(TraceLayer::new_for_http()));
    for format in ["sse", "ndjson"] {
        let request = client.get("/paced/steps").header("origin", "https://page.example");
        let mut answer = request.accept(media_type(format)).start();
        in_step(&paced, &mut answer).await;
        let head = answer.head().await;
        assert_eq!(header(&head, "access-control-allow-origin"), "https://page.example");
        assert_eq!(header(&head, "access-control-expose-headers"), "x-response-type");
        let vary: Vec<_> = head.headers().get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        let vary = vary.join(", ");
        assert!(vary.contains("accept, x-request-type") && vary.contains("origin"), "{vary}");
    }
}

/// Without these headers a page cannot see anything of an answer, not even its status.
#[tokio::test(start_paused = true)]
async fn cors_lets_the_page_see_a_failure_before_the_first_packet() {
    let client = Client::new(Paced::default().into_router().layer(cors()));
    let head = client.get("/paced/early").header("origin", "https://page.example").start().head().await;
    assert_eq!(head.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(header(&head, "access-control-allow-origin"), "https://page.example");
}

#[tokio::test(start_paused = true)]
async fn the_span_of_a_stream_is_within_that_of_its_request() {
    spans::remember();
    let paced = Paced::default();
    let app = Router::new().nest("/traced", paced.clone().into_router()).layer(TraceLayer::new_for_http());
    let client = Client::new(app);
    in_step(&paced, &mut client.get("/traced/paced/steps").accept(media_type("ndjson")).start()).await;
    let stream = spans::streams("/traced/paced/steps").pop().unwrap();
    assert_eq!(stream.field("format"), "ndjson");
    let request = spans::parent(&stream).unwrap();
    assert_eq!((request.name, request.field("uri")), ("request", "/traced/paced/steps"));
}

/// The trace layer sees the head alone; Outflow's own span says how a stream ended.
#[tokio::test(start_paused = true)]
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
    let client = Client::new(Router::new().nest("/taken", Paced::default().into_router()).layer(trace));
    for (format, seen_of_it) in [("sse", &["200", "end"] as &[_]), ("ndjson", &["200"])] {
        let mut answer = client.get("/taken/paced/burst/1").accept(media_type(format)).start();
        if format == "sse" {
            answer.failed().await;
        } else {
            answer.cut().await;
        }
        answer.wire().await;
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), seen_of_it, "{format}");
    }
    let outcomes: Vec<_> = spans::streams("/taken/paced/burst/{packets}");
    assert!(outcomes.len() == 2 && outcomes.iter().all(|it| it.field("outcome") == "failed"), "{outcomes:?}");
}

/// A request's place is free again when the head has left: `max_streams` counts streams to their end.
#[tokio::test(start_paused = true)]
async fn a_limit_of_concurrent_requests_does_not_count_open_streams() {
    let client = Client::new(Paced::default().into_router().layer(GlobalConcurrencyLimitLayer::new(1)));
    let mut open = [client.get("/paced/idle").start(), client.get("/paced/idle").start()];
    for answer in &mut open {
        assert_eq!(answer.packet::<String>().await, packet(1));
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

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_request_body_holds() {
    let client = Client::new(Upload.into_router().layer(RequestBodyLimitLayer::new(16)));
    assert_eq!(client.post("/upload/length").body(chunks(2)).all::<usize, ()>().await.packets, [16]);
    // One says its length, and one does not.
    for body in [Body::from("x".repeat(24)), chunks(3)] {
        let failed = client.post("/upload/length").body(body).start().failed().await;
        assert_eq!(failed.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}

/// Outflow reads what no argument has read, to notice that the client leaves; the limit must not look like that.
#[tokio::test(start_paused = true)]
async fn a_limit_that_nobody_reads_up_to_ends_no_stream() {
    let client = Client::new(Upload.into_router().layer(RequestBodyLimitLayer::new(16)));
    assert_eq!(client.post("/upload/unread").body(chunks(1000)).all::<u32, ()>().await.packets, [1, 2, 3]);
}
