//! What is shown and told of runs: in the README, and by their spans.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{body::Body, http::Method};
use outflow::{Controller as _, action, controller};
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::{Id, Subscriber};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::support::{ask, frame, open, with_headers};

const README: &str = include_str!("../../../README.md");

struct Chat;

#[controller]
impl Chat {
    /// As it stands in the README.
    #[action(post, resumable)]
    async fn answer(&self) -> usize {
        let words = ["Streams", "that", "last"];
        for word in words {
            self.stream(word);
            sleep(Duration::from_secs(2)).await;
        }
        words.len()
    }
}

#[tokio::test(start_paused = true)]
async fn the_readme_shows_what_happens() {
    let transcript = README.split("```text\n").find(|block| block.contains("Idempotency-Key")).unwrap();
    let key = transcript.split("Idempotency-Key: ").nth(1).unwrap().split('\'').next().unwrap();
    let app = Chat.into_router();
    let request = with_headers(Method::POST, "/chat/answer", &[("idempotency-key", key)]);
    let response = open(&app, request.body(Body::empty()).unwrap()).await;
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let shown = transcript.split("location: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!((location.len(), &location[..14]), (shown.len(), &shown[..14]));
    let mut body = response.into_body();
    let mut text = String::new();
    while !text.contains("id: 1\n") {
        text.push_str(&frame(&mut body).await.unwrap());
    }
    drop(body);
    assert!(transcript.contains(&format!("…\n{}^C\n", text.strip_prefix("retry: 1000\nid: 0\n\n").unwrap())), "{text}");
    let run = location.replace("./", "/chat/");
    let rest = ask(&app, Method::GET, &run, &[("run-key", key), ("last-event-id", "1")]).await.body;
    let command = transcript.split("^C\n").nth(1).unwrap();
    let (_, shown) = command.split_once('\n').unwrap();
    assert_eq!(shown.split("\n```").next().unwrap(), rest.trim_end());
}

/// Which span is linked to which, by their names, and whether the first is within another.
#[derive(Clone, Default)]
struct Links(Arc<Mutex<Vec<Link>>>);

type Link = (&'static str, &'static str, bool);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Links {
    fn on_follows_from(&self, span: &Id, cause: &Id, context: Context<'_, S>) {
        let (span, cause) = (context.span(span).unwrap(), context.span(cause).unwrap());
        self.0.lock().unwrap().push((span.name(), cause.name(), span.parent().is_some()));
    }
}

/// The run outlives the request, and is linked to it.
#[tokio::test(start_paused = true)]
async fn the_span_of_a_run_follows_from_that_of_its_request() {
    let links = Links::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(links.clone()));
    let app = Chat.into_router().layer(TraceLayer::new_for_http());
    ask(&app, Method::POST, "/chat/answer", &[]).await;
    assert_eq!(*links.0.lock().unwrap(), [("stream", "request", false)]);
}
