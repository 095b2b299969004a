//! The ends of the protocols of AI front ends, which are events like any other: the last one of the body decides.

use serde_json::{Value, json};

use super::End;
use crate::test::received::Failed;

/// What the events so far say about the end.
#[derive(Default)]
pub(super) struct Ends {
    /// The result, where it comes before the end.
    metadata: Option<String>,
    /// The end, if the last event looks like one.
    last: Option<End>,
}

/// What an event is to the packets.
pub(super) enum Role {
    Packet,
    /// It would end the stream, if nothing came after it.
    End,
    Heartbeat,
}

impl Ends {
    /// Looks at the next event.
    pub(super) fn event(&mut self, data: &str) -> Role {
        if data == "[DONE]" {
            // Behind an `error` or `finish` of the AI SDK it says nothing new.
            let end = self.last.take().unwrap_or_else(|| End::Done(self.metadata.take()));
            self.last = Some(end);
            return Role::End;
        }
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        self.last = self.end(&event);
        match (&self.last, event["type"].as_str()) {
            (Some(_), _) => Role::End,
            (None, Some("ping")) => Role::Heartbeat,
            (None, _) => Role::Packet,
        }
    }

    /// The end that the last event was, once the body has ended.
    pub(super) fn last(&mut self) -> Option<End> {
        self.last.take()
    }

    fn end(&mut self, event: &Value) -> Option<End> {
        let result = |value: &Value| match value {
            Value::Null => None,
            Value::Object(members) if members.is_empty() => None,
            value => Some(value.to_string()),
        };
        match event["type"].as_str() {
            Some("finish") => Some(End::Done(result(&event["messageMetadata"]))),
            Some("abort") => Some(failed("cancelled", "", event)),
            Some("error") if event["errorText"].is_string() => {
                let (code, text) = event["errorText"].as_str()?.split_once(": ")?;
                Some(failed(code.split(' ').next()?, text, event))
            }
            Some("error") if event["error"].is_object() => Some(failed_with(&event["error"])),
            Some("RUN_FINISHED") if event["outcome"]["type"] == "cancelled" => Some(failed("cancelled", "", event)),
            Some("RUN_FINISHED") => Some(End::Done(result(&event["result"]))),
            Some("RUN_ERROR") => {
                Some(failed(event["code"].as_str().unwrap_or_default(), event["message"].as_str()?, event))
            }
            Some("response.completed" | "response.incomplete") => {
                Some(End::Done(result(&event["response"]["metadata"])))
            }
            Some("response.failed") => Some(failed_with(&event["response"]["error"])),
            Some("message_delta") => {
                self.metadata = result(&event["metadata"]);
                None
            }
            Some("message_stop") => Some(End::Done(self.metadata.take())),
            None if event["object"] == "chat.completion.chunk" => {
                self.metadata = result(&event["metadata"]).or(self.metadata.take());
                None
            }
            None if event["error"].is_object() => Some(failed_with(&event["error"])),
            _ => None,
        }
    }
}

/// A failure by the error object of OpenAI or Anthropic.
fn failed_with(error: &Value) -> End {
    let text = error["message"].as_str().unwrap_or_default();
    let status = error["status"].as_u64().map(|status| status.to_string());
    let kind = error["type"].as_str().or(error["code"].as_str()).unwrap_or_default();
    let code = match (&status, error["code"].as_str()) {
        _ if kind == "cancelled" => "cancelled",
        (Some(status), _) => status,
        (None, Some(code)) => code,
        (None, None) => match kind {
            "invalid_request_error" => "400",
            "authentication_error" => "401",
            "permission_error" => "403",
            "not_found_error" => "404",
            "request_too_large" => "413",
            "rate_limit_error" => "429",
            "overloaded_error" => "503",
            "timeout_error" => "504",
            _ => "500",
        },
    };
    failed(code, text, error)
}

/// A failure with this status. That of a run that was cancelled is 410, as in the other formats.
fn failed(code: &str, text: &str, error: &Value) -> End {
    let status = if code == "cancelled" { 410 } else { code.parse().unwrap_or(500) };
    End::Failed(Failed::of_json(&json!({ "status": status, "detail": text, "error": error }).to_string()))
}
