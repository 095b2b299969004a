//! A model behind an endpoint that speaks OpenAI's `chat/completions`, as many servers do.

use std::{error::Error, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderValue, Request, StatusCode, Uri,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    },
};
use eventsource_stream::{EventStreamError, Eventsource as _};
use futures_util::{StreamExt as _, stream};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use outflow::ai::{Message, Part, Role, Text};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::model::{Parts, Trouble};

/// Time limit for each token: a large model may think for long before the first one, or between two.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(90);

/// Bytes that are read at most of a response that is not a stream.
const LONGEST_REFUSAL: usize = 64 * 1024;

pub struct OpenAi {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    endpoint: Uri,
    authorization: Option<HeaderValue>,
    model: String,
}

/// The part of a chunk that matters here. Servers send more, and leave things out.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

impl OpenAi {
    pub fn new(base: &str, key: Option<String>, model: String) -> Result<Self, String> {
        let endpoint: Uri = format!("{}/chat/completions", base.trim_end_matches('/'))
            .parse()
            .map_err(|error| format!("OPENAI_BASE_URL is `{base}`, which is no URL: {error}"))?;
        if !matches!(endpoint.scheme_str(), Some("http" | "https")) {
            return Err(format!("OPENAI_BASE_URL is `{base}`: it must begin with http:// or https://"));
        }
        let authorization = match key.filter(|key| !key.is_empty()) {
            Some(key) => {
                let mut value = HeaderValue::try_from(format!("Bearer {key}"))
                    .map_err(|_| "OPENAI_API_KEY has characters that no header may have")?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| format!("the certificates of this system can't be read: {error}"))?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, endpoint, authorization, model })
    }

    pub fn model(&self) -> &str {
        &self.model
    }

    /// Sends the texts of the conversation. Dropping the answer closes the connection, which stops the model.
    pub async fn answer(&self, conversation: &[Message]) -> Result<Parts, Trouble> {
        let spoken = conversation.iter().filter(|message| !message.text.is_empty());
        let spoken = spoken.filter(|message| matches!(message.role, Role::System | Role::User | Role::Assistant));
        let messages: Vec<_> = spoken.map(|message| json!({ "role": message.role, "content": message.text })).collect();
        let body = json!({ "model": self.model, "stream": true, "messages": messages });
        let mut request = Request::post(&self.endpoint)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream")
            .body(Body::from(body.to_string()))
            .expect("its parts are valid");
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let response = timeout(TOKEN_TIMEOUT, self.client.request(request))
            .await
            .map_err(|_| Trouble::Unreachable(no_word()))?
            .map_err(|error| Trouble::Unreachable(root_cause(&error)))?;
        let (head, body) = response.into_parts();
        let body = Body::new(body);
        if !head.status.is_success() {
            return Err(refusal(head.status, body).await);
        }
        Ok(tokens(body))
    }
}

/// The texts of a streamed answer. An answer without an end is a failure, however much of it has arrived.
fn tokens(body: Body) -> Parts {
    let events = body.into_data_stream().eventsource();
    let texts = stream::unfold(Some((events, false)), |open| async {
        let (mut events, mut is_finished) = open?;
        loop {
            let event = match timeout(TOKEN_TIMEOUT, events.next()).await {
                Ok(Some(Ok(event))) => event,
                Ok(None) if is_finished => return None,
                Ok(None) => return failed("its stream ended before the answer did."),
                Ok(Some(Err(EventStreamError::Transport(error)))) => {
                    return failed(&format!("{}.", root_cause(&error)));
                }
                Ok(Some(Err(error))) => return failed(&format!("{error}.")),
                Err(_) => return failed(&format!("{}.", no_word())),
            };
            if event.data == "[DONE]" {
                return None;
            }
            let Ok(chunk) = serde_json::from_str::<Chunk>(&event.data) else {
                return failed("it sent something that is no chunk of an answer.");
            };
            if let Some(error) = chunk.error {
                return failed(&said(&error));
            }
            // Some servers end with a reason and no `[DONE]`.
            is_finished |= chunk.choices.iter().any(|choice| choice.finish_reason.is_some());
            let text: String = chunk.choices.into_iter().filter_map(|choice| choice.delta.content).collect();
            if !text.is_empty() {
                return Some((Ok(Text::new(text).into()), Some((events, is_finished))));
            }
        }
    });
    texts.boxed()
}

fn failed<S>(why: &str) -> Option<(Result<Part, Trouble>, Option<S>)> {
    Some((Err(Trouble::BrokeOff(why.to_owned())), None))
}

async fn refusal(status: StatusCode, body: Body) -> Trouble {
    let body = timeout(TOKEN_TIMEOUT, to_bytes(body, LONGEST_REFUSAL)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    let why = match serde_json::from_slice::<Value>(&body) {
        Ok(value) => said(value.get("error").unwrap_or(&value)),
        Err(_) => "its server does not say why. See that OPENAI_BASE_URL is right.".to_owned(),
    };
    Trouble::Refused { status, why }
}

/// What an error object says to people.
fn said(error: &Value) -> String {
    let text = error.get("message").unwrap_or(error);
    text.as_str().map_or_else(|| text.to_string(), str::to_owned)
}

fn no_word() -> String {
    format!("no word for {} seconds", TOKEN_TIMEOUT.as_secs())
}

/// The innermost error: the outer ones say only that there was one.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
#[path = "openai_tests.rs"]
mod tests;
