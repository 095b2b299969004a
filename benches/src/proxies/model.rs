//! The client of the model's server, which is the same for both proxies in Rust: reqwest, eventsource-stream, serde.

use anyhow::{Context as _, Result, bail};
use eventsource_stream::Eventsource as _;
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::Client;
use serde::{Deserialize, Serialize};

/// A model behind an endpoint that speaks chat completions.
#[derive(Clone, Debug)]
pub(super) struct Model {
    client: Client,
    url: String,
}

/// The part of a chunk that a proxy reads.
#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

impl Model {
    pub(super) fn new(url: String) -> Self {
        Self { client: Client::new(), url }
    }

    /// Asks for an answer, and returns its tokens as they come.
    pub(super) async fn answer<R: Serialize>(
        &self,
        request: &R,
    ) -> Result<impl Stream<Item = Result<String>> + Unpin + use<R>> {
        let response = self.client.post(&self.url).json(request).send().await?.error_for_status()?;
        let events = response.bytes_stream().eventsource();
        Ok(Box::pin(stream::unfold(events, |mut events| async {
            loop {
                let token = match events.next().await.context("the answer has no end") {
                    Ok(Ok(event)) if event.data == "[DONE]" => return None,
                    Ok(Ok(event)) => token(&event.data),
                    Ok(Err(error)) => Err(error.into()),
                    Err(error) => Err(error),
                };
                if let Some(token) = token.transpose() {
                    return Some((token, events));
                }
            }
        })))
    }
}

/// The text of a chunk, if it has some.
fn token(data: &str) -> Result<Option<String>> {
    let chunk: Chunk = serde_json::from_str(data)?;
    let Some(choice) = chunk.choices.into_iter().next() else { bail!("a chunk without choices") };
    Ok(choice.delta.content.filter(|text| !text.is_empty()))
}
