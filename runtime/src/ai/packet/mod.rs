//! The packets of a model's answer. Each is a plain `Serialize` value, marked by its member `ai`, so every format carries
//! it, and a run keeps it; the formats of this room write it in their protocol's words.

// The files:
//
// - `text`: text and reasoning
// - `tool`: tool calls, their input and their results, and what the person is asked about them
// - `attachment`: sources, files and data
// - `step`: steps, and the reason for the end
// - `usage`: tokens

mod attachment;
mod step;
mod text;
mod tool;
mod usage;

use serde::{Deserialize, Serialize};

pub use self::{
    attachment::{Data, File, Source},
    step::{Finish, FinishReason, Step},
    text::{Reasoning, Text},
    tool::{ApprovalRequest, ToolCall, ToolInput, ToolResult},
    usage::Usage,
};

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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(description = "Any packet of an answer."))]
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
    /// A question to the person: may this tool run?
    ApprovalRequest(ApprovalRequest),
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
                #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
                pub(in crate::ai) enum $mark {
                    #[default]
                    #[serde(rename = $name)]
                    Mark,
                }
            )*
        }

        impl Part {
            /// Reads the packet with this mark; `None` if no packet has it.
            pub(in crate::ai) fn read(mark: &str, json: &[u8]) -> Option<serde_json::Result<Self>> {
                match mark {
                    $($name => Some(serde_json::from_slice(json).map(Self::$mark)),)*
                    _ => None,
                }
            }
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
    ApprovalRequest "approval-request",
    Source "source",
    File "file",
    Data "data",
    Step "step",
    Usage "usage",
    Finish "finish",
}
