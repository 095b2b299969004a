//! The rules of each protocol, as its client checks them, and that every part that was opened is closed at the end.

mod ag_ui;
mod ai_sdk;
mod anthropic;
mod openai_chat;
mod openai_responses;

use serde_json::Value;

use super::{Event, data, events};

/// The broken rule.
pub(super) type Broken = String;

/// Checks a whole stream: it begins, goes on and ends as the protocol says.
pub(super) fn check(format: &str, stream: &str) -> Result<(), Broken> {
    match format {
        "ai_sdk" => ai_sdk::check(&data(stream)),
        "ag_ui" => ag_ui::check(&data(stream)),
        "openai_chat" => openai_chat::check(&data(stream)),
        "openai_responses" => openai_responses::check(&named(stream)?),
        "anthropic" => anthropic::check(&named(stream)?),
        other => Err(format!("no format {other}")),
    }
}

fn rule(holds: bool, broken: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken()) }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Broken> {
    value[key].as_str().ok_or_else(|| format!("no string `{key}`: {value}"))
}

/// Events whose name is their type.
fn named(stream: &str) -> Result<Vec<Value>, Broken> {
    let event = |(name, data): Event| {
        let value: Value = serde_json::from_str(&data).map_err(|error| format!("{error}: {data}"))?;
        rule(name.as_deref() == value["type"].as_str(), || format!("another name: {name:?}: {data}"))?;
        Ok(value)
    };
    events(stream).into_iter().map(event).collect()
}
