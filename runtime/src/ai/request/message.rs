//! What all protocols' messages have in common.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// The application, by its instructions.
    System,
    /// The application, in the newer word of OpenAI and AG-UI.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool.
    #[serde(alias = "function")]
    Tool,
    /// The model's reasoning, in AG-UI.
    Reasoning,
    /// Progress of an agent, in AG-UI.
    Activity,
}

/// A message of a conversation in whichever protocol: its author and its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The text of all its parts that are text.
    pub text: String,
}

/// The text of content that is a string, or a list of parts some of which have a `text`.
pub(super) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// A tool call of an earlier message, in OpenAI's and AG-UI's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalledTool {
    /// The call's id.
    pub id: String,
    /// The function that is called.
    pub function: CalledFunction,
}

/// The function of a tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledFunction {
    /// The tool's name.
    pub name: String,
    /// The input, as JSON.
    pub arguments: String,
}
