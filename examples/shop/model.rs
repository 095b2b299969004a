//! A stand-in for a model's server, so that the example runs without one: it speaks `chat/completions`.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse as _, Response, Sse, sse::Event},
    routing::post,
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

const ANSWER: &str = "A parcel leaves our house on the day you order, if you order before noon. It takes two days within \
    the country, and up to six to any other. The moment it is handed over you get a number, by which you can follow it. \
    If it is not with you after eight days, write to us: we send another, and look for the first one ourselves.";

/// Time between two tokens.
const PACE: Duration = Duration::from_millis(60);

/// An answer that is being given, until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts it on a port of its own. Returns its URL, and the number of answers that it is giving.
///
/// # Errors
/// If no port can be had.
pub async fn start() -> io::Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/v1/chat/completions", listener.local_addr()?);
    let open = Arc::<AtomicUsize>::default();
    let count = open.clone();
    let app = Router::new().route("/v1/chat/completions", post(|request| async move { complete(request, count) }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((url, open))
}

fn complete(Json(request): Json<Value>, count: Arc<AtomicUsize>) -> Response {
    let question = request["messages"][0]["content"].as_str().unwrap_or_default();
    if question.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    count.fetch_add(1, Ordering::Relaxed);
    let open = Open(count);
    let words: Vec<_> = ANSWER.split_inclusive(' ').collect();
    let usage = json!({ "prompt_tokens": question.split(' ').count(), "completion_tokens": words.len() });
    let tokens = words.into_iter().map(|word| json!({ "choices": [{ "delta": { "content": word } }] }).to_string());
    let tokens = stream::iter(tokens).then(|token| async {
        sleep(PACE).await;
        token
    });
    let end = [json!({ "choices": [], "usage": usage }).to_string(), "[DONE]".to_owned()];
    let events = tokens.chain(stream::iter(end)).map(move |data| {
        let _as_long_as_it_is_read = &open;
        Ok::<_, io::Error>(Event::default().data(data))
    });
    Sse::new(events).into_response()
}
