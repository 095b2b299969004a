//! The spans of an application's own making: `MakeSpan`.

use std::{cell::RefCell, convert::Infallible, future::pending};

use axum::{Extension, Router, extract::FromRequestParts, http::request::Parts};
use outflow::{
    Controller as _, Drain, MakeSpan, action, controller, stream_span,
    test::{Client, after},
};
use tracing::{Span, field::Empty};

use super::telemetry::{Fields, Spans};
use crate::support::until;

#[derive(Clone)]
struct User(&'static str);

/// An extractor that leaves something for others.
#[derive(Clone)]
struct Tenant(String);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let tenant = Self("acme".to_owned());
        parts.extensions.insert(tenant.clone());
        Ok(tenant)
    }
}

struct Named;

#[controller("/named")]
impl Named {
    #[action]
    async fn answer(&self, _tenant: Tenant, _body: String) -> u32 {
        self.stream("Hello");
        Span::current().record("tokens", 7);
        7
    }

    #[action]
    async fn plain(&self) {
        self.stream("Hello");
    }

    #[action(post, resumable)]
    async fn job(&self) {
        self.stream("Hello");
        pending::<()>().await;
    }
}

fn make(request: &Parts) -> Span {
    let user = request.extensions.get::<User>().map(|user| user.0);
    let tenant = request.extensions.get::<Tenant>().map(|tenant| &*tenant.0);
    let id = request.headers.get("x-request-id").and_then(|id| id.to_str().ok());
    stream_span!(user, tenant, request_id = id, tokens = Empty)
}

fn app() -> Router {
    Named.into_router().layer(Extension(MakeSpan::new(make)))
}

/// The only stream that has ended.
async fn stream(spans: &Spans) -> Fields {
    let mut all = streams(spans, 1).await;
    all.remove(0)
}

/// The streams that have ended, once there are so many.
async fn streams(spans: &Spans, count: usize) -> Vec<Fields> {
    let all = RefCell::new(Vec::new());
    until("the ends of the streams", async || {
        all.borrow_mut().extend(spans.closed());
        all.borrow().len() >= count
    })
    .await;
    assert_eq!(all.borrow().len(), count, "{all:?}");
    all.into_inner()
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

#[tokio::test(start_paused = true)]
async fn the_span_has_the_fields_of_the_application_and_ours() {
    let (spans, _guard) = Spans::remember();
    let client = Client::new(app());
    let request = client.get("/named/answer").header("x-request-id", "r1").extension(User("ada"));
    request.all::<String, u32>().await;
    let fields = stream(&spans).await;
    for (name, value) in [
        ("user", "ada"),
        ("tenant", "acme"),
        ("request_id", "r1"),
        ("tokens", "7"),
        ("route", "/named/answer"),
        ("format", "sse"),
        ("packets", "1"),
        ("outcome", "finished"),
    ] {
        assert_eq!(field(&fields, name), value, "{name} of {fields:?}");
    }
    assert_ne!(field(&fields, "bytes"), "");
}

#[tokio::test(start_paused = true)]
async fn a_field_without_a_value_is_left_out() {
    let (spans, _guard) = Spans::remember();
    Client::new(app()).get("/named/plain").all::<String, ()>().await;
    let fields = stream(&spans).await;
    assert_eq!((fields.get("user"), field(&fields, "outcome")), (None, "finished"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_let_in_has_them_too() {
    let (spans, _guard) = Spans::remember();
    let client = Client::with_drain(app(), Drain::new().max_streams(0));
    client.get("/named/plain").extension(User("ada")).start().failed().await;
    let fields = stream(&spans).await;
    assert_eq!(["user", "outcome", "packets"].map(|name| field(&fields, name)), ["ada", "shed", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_has_them_of_the_request_that_started_it_and_a_follower_of_its_own() {
    let (spans, _guard) = Spans::remember();
    let client = Client::new(app());
    let mut answer = client.post("/named/job").header("x-request-id", "first").start();
    answer.packet::<String>().await;
    let mut other = client.follow(answer.run(), after(0)).header("x-request-id", "second").start();
    other.packet::<String>().await;
    client.cancel(answer.run()).await;
    answer.failed().await;
    other.failed().await;
    let mut all: Vec<_> = streams(&spans, 3).await;
    all.sort_by_key(|fields| [field(fields, "request_id"), field(fields, "format")].join(" "));
    let told = all.iter().map(|fields| [field(fields, "request_id"), field(fields, "format")]);
    assert_eq!(told.collect::<Vec<_>>(), [["first", "run"], ["first", "sse"], ["second", "sse"]]);
}

/// A subscriber that filters by target knows the span by that of the crate, whichever module made it.
#[test]
fn the_target_is_that_of_the_crate() {
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry());
    assert_eq!(stream_span!().metadata().unwrap().target(), "outflow");
}
