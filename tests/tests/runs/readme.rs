//! The README's example of a run, and the spans of runs.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::Method;
use outflow::{Controller as _, action, controller};
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::{Id, Subscriber};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::support::{ask, empty, open, read_until, with_headers};

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
    let response = open(&app, empty(request)).await;
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let shown = transcript.split("location: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!((location.len(), &location[..14]), (shown.len(), &shown[..14]));
    let mut body = response.into_body();
    let text = read_until(&mut body, "id: 1\n").await;
    drop(body);
    assert!(transcript.contains(&format!("…\n{}^C\n", text.strip_prefix("retry: 1000\nid: 0\n").unwrap())), "{text}");
    let run = location.replace("./", "/chat/");
    let rest = ask(&app, Method::GET, &run, &[("run-key", key), ("last-event-id", "1")]).await.body;
    let command = transcript.split("^C\n").nth(1).unwrap();
    let (_, shown) = command.split_once('\n').unwrap();
    assert_eq!(shown.split("\n```").next().unwrap(), rest.trim_end());
}

/// The links between spans, by their names, and whether the first span is within another.
#[derive(Clone, Default)]
struct Links(Arc<Mutex<Vec<Link>>>);

type Link = (&'static str, &'static str, bool);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Links {
    fn on_follows_from(&self, span: &Id, cause: &Id, context: Context<'_, S>) {
        let (span, cause) = (context.span(span).unwrap(), context.span(cause).unwrap());
        self.0.lock().unwrap().push((span.name(), cause.name(), span.parent().is_some()));
    }
}

/// The run outlives the request, so its span is linked to the request's and not within it.
#[tokio::test(start_paused = true)]
async fn the_span_of_a_run_follows_from_that_of_its_request() {
    let links = Links::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(links.clone()));
    let app = Chat.into_router().layer(TraceLayer::new_for_http());
    ask(&app, Method::POST, "/chat/answer", &[]).await;
    assert_eq!(*links.0.lock().unwrap(), [("stream", "request", false)]);
}
