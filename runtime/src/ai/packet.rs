//! The packets of a model's answer. Each is a plain `Serialize` value, marked by its member `ai`, so every format carries
//! it, and a run keeps it; the formats of this room write it in their protocol's words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Any packet of an answer, for `item = ai::Part`, and for code that reads one.
///
/// ```
/// use outflow::ai::{Part, Reasoning};
///
/// let json = serde_json::to_string(&Reasoning::new("It rains."))?;
/// assert_eq!(json, r#"{"ai":"reasoning","delta":"It rains."}"#);
/// assert!(matches!(serde_json::from_str(&json)?, Part::Reasoning(_)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Part {
    /// A delta of the answer's text.
    Text(Text),
    /// A delta of the model's reasoning.
    Reasoning(Reasoning),
    /// A tool call.
    ToolCall(ToolCall),
    /// A delta of a tool call's input.
    ToolInput(ToolInput),
    /// The output of a tool.
    ToolResult(ToolResult),
    /// A source of the answer.
    Source(Source),
    /// A file that the model made.
    File(File),
    /// Data of the application's own.
    Data(Data),
    /// The start of a step.
    Step(Step),
    /// Tokens used.
    Usage(Usage),
    /// The reason why the model stopped.
    Finish(Finish),
}

/// The mark of a packet: the value of its member `ai`.
macro_rules! marks {
    ($($mark:ident $name:literal,)*) => {
        mod mark {
            use serde::{Deserialize, Serialize};

            $(
                #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
                pub(in crate::ai) enum $mark {
                    #[default]
                    #[serde(rename = $name)]
                    Mark,
                }
            )*
        }

        $(
            impl From<$mark> for Part {
                fn from(part: $mark) -> Self {
                    Self::$mark(part)
                }
            }
        )*
    };
}

marks! {
    Text "text",
    Reasoning "reasoning",
    ToolCall "tool-call",
    ToolInput "tool-input",
    ToolResult "tool-result",
    Source "source",
    File "file",
    Data "data",
    Step "step",
    Usage "usage",
    Finish "finish",
}

/// A delta of the answer's text. In the formats of this room a plain string means the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    ai: mark::Text,
    /// The next characters.
    pub delta: String,
}

impl Text {
    /// The next characters of the answer.
    pub fn new(delta: impl Into<String>) -> Self {
        Self { ai: mark::Text::Mark, delta: delta.into() }
    }
}

/// A delta of the model's reasoning, which pages show apart from the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoning {
    ai: mark::Reasoning,
    /// The next characters.
    pub delta: String,
}

impl Reasoning {
    /// The next characters of the reasoning.
    pub fn new(delta: impl Into<String>) -> Self {
        Self { ai: mark::Reasoning::Mark, delta: delta.into() }
    }
}

/// A tool call: with its whole input, or with an input that follows in [`ToolInput`]s.
///
/// ```
/// # use outflow::{action, ai::{ToolCall, ToolInput, ToolResult}, controller};
/// # use serde_json::json;
/// # struct Weather;
/// # #[controller]
/// # impl Weather {
/// #   #[action(formats(ai_sdk))]
/// #   async fn ask(&self) {
/// self.stream(ToolCall::new("call-1", "weather"));
/// self.stream(ToolInput::new("call-1", r#"{"city":"#));
/// self.stream(ToolInput::new("call-1", r#""Oslo"}"#));
/// self.stream(ToolResult::new("call-1", json!({ "sky": "rain" })));   // this closes the input
///
/// self.stream(ToolCall::new("call-2", "weather").input(json!({ "city": "Rome" })));
/// #   }
/// # }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    ai: mark::ToolCall,
    /// The call's id, unique in the conversation.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The input, if it is there at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}

impl ToolCall {
    /// A call whose input follows.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { ai: mark::ToolCall::Mark, id: id.into(), name: name.into(), input: None }
    }

    /// Gives the call its whole input.
    #[must_use]
    pub fn input(self, input: impl Into<Value>) -> Self {
        Self { input: Some(input.into()), ..self }
    }
}

/// A delta of a tool call's input: the next characters of its JSON. The input ends where the next part begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolInput {
    ai: mark::ToolInput,
    /// The call's id.
    pub id: String,
    /// The next characters of the JSON.
    pub delta: String,
}

impl ToolInput {
    /// The next characters of the input of this call.
    pub fn new(id: impl Into<String>, delta: impl Into<String>) -> Self {
        Self { ai: mark::ToolInput::Mark, id: id.into(), delta: delta.into() }
    }
}

/// The output of a tool, or the text of its failure. The call comes before it, in this stream or in the request's
/// messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    ai: mark::ToolResult,
    /// The call's id.
    pub id: String,
    /// The output; `null` if the tool failed.
    pub output: Value,
    /// The reason of the failure, for the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ToolResult {
    /// The output of this call.
    pub fn new(id: impl Into<String>, output: impl Into<Value>) -> Self {
        Self { ai: mark::ToolResult::Mark, id: id.into(), output: output.into(), error: None }
    }

    /// The failure of this call.
    pub fn failed(id: impl Into<String>, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::new(id, Value::Null) }
    }
}

/// A source of the answer, which pages show as a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    ai: mark::Source,
    /// Its URL.
    pub url: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Source {
    /// The source at this URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { ai: mark::Source::Mark, url: url.into(), title: None }
    }

    /// Sets the title.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }
}

/// A file that the model made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    ai: mark::File,
    /// Its URL, or a `data:` URL with its content.
    pub url: String,
    /// Its media type, such as `image/png`.
    pub media_type: String,
}

impl File {
    /// The file at this URL.
    pub fn new(url: impl Into<String>, media_type: impl Into<String>) -> Self {
        Self { ai: mark::File::Mark, url: url.into(), media_type: media_type.into() }
    }
}

/// Data of the application's own: the protocol's data part. Any other JSON that is streamed means the same, with the
/// name of its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Data {
    ai: mark::Data,
    /// The kind of data.
    pub name: String,
    /// The data.
    pub value: Value,
    /// The id by which a later packet replaces this one, where the protocol can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Data {
    /// Data of this kind.
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { ai: mark::Data::Mark, name: name.into(), value: value.into(), id: None }
    }

    /// Sets the id.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }
}

/// The start of a step: one call of the model, with the tools that it led to. It ends where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    ai: mark::Step,
    /// The step's name, for the protocols that show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Step {
    /// A step without a name.
    #[expect(clippy::new_without_default, reason = "a packet is made by `new`, like all others of this module")]
    pub fn new() -> Self {
        Self { ai: mark::Step::Mark, name: None }
    }

    /// A step with a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { ai: mark::Step::Mark, name: Some(name.into()) }
    }
}

/// The tokens that a call of the model used. Several add up. It is sent with the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    ai: mark::Usage,
    /// The tokens of the request.
    pub input_tokens: u64,
    /// The tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Those of the answer that are reasoning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
    /// Those of the request that were cached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// The tokens of the request and of the answer.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self { input_tokens, output_tokens, ..Self::default() }
    }

    /// Sets how many tokens of the answer are reasoning.
    #[must_use]
    pub fn reasoning(self, tokens: u64) -> Self {
        Self { reasoning_tokens: tokens, ..self }
    }

    /// Sets how many tokens of the request were cached.
    #[must_use]
    pub fn cached(self, tokens: u64) -> Self {
        Self { cached_tokens: tokens, ..self }
    }

    /// The tokens of both together.
    pub(super) fn total(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    pub(super) fn add(&mut self, other: &Self) {
        let sum = |a: &mut u64, b: u64| *a = a.saturating_add(b);
        sum(&mut self.input_tokens, other.input_tokens);
        sum(&mut self.output_tokens, other.output_tokens);
        sum(&mut self.reasoning_tokens, other.reasoning_tokens);
        sum(&mut self.cached_tokens, other.cached_tokens);
    }
}

/// The reason why the model stopped, which is sent with the end. By default it is [`Stop`](FinishReason::Stop), or
/// [`ToolCalls`](FinishReason::ToolCalls) if a tool call has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    ai: mark::Finish,
    /// The reason.
    pub reason: FinishReason,
}

impl Finish {
    /// Sets the reason.
    pub fn new(reason: FinishReason) -> Self {
        Self { ai: mark::Finish::Mark, reason }
    }
}

/// A reason to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The answer is complete.
    Stop,
    /// The answer reached the limit of tokens.
    Length,
    /// A filter held the rest of the answer back.
    ContentFilter,
    /// The client has tools to run.
    ToolCalls,
}
