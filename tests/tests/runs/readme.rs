//! The README's example of a run, and the spans of runs.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use outflow::{
    Controller as _, action, controller,
    test::{Client, after},
};
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::{Id, Subscriber};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

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
    let client = Client::new(Chat);
    let mut answer = client.post("/chat/answer").header("idempotency-key", key).start();
    let head = answer.head().await;
    let location = head.headers()["location"].to_str().unwrap();
    let shown = transcript.split("location: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!((location.len(), &location[..14]), (shown.len(), &shown[..14]));
    let packet = answer.received().await;
    answer.leave();
    let first = format!("…\nid: {}\ndata: {}\n\n^C\n", packet.id().unwrap(), packet.text());
    assert!(transcript.contains(&first), "{first}");
    let rest = client.follow(answer.run(), after(1)).start().text().await;
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
    Client::new(app).post("/chat/answer").all::<String, usize>().await;
    assert_eq!(*links.0.lock().unwrap(), [("stream", "request", false)]);
}
