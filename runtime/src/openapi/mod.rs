//! Descriptions of controllers by OpenAPI 3.2, with the ends of their streams in them.
//!
//! [`#[controller]`](macro@crate::controller) gives each controller a method `openapi()`, which describes its actions by
//! the types in their signatures: [`JsonSchema`](schemars::JsonSchema) of the crate `schemars`, version 1.
//!
//! ```
//! use outflow::{action, controller};
//! use schemars::JsonSchema;
//! use serde::Serialize;
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Token {
//!     text: String,
//! }
//!
//! struct Chat;
//!
//! /// Answers of a model.
//! #[controller]
//! impl Chat {
//!     /// Answers a question, word by word.
//!     #[action(path = "/{room}", item = Token)]
//!     async fn answer(&self, room: String) -> u64 {
//!         self.stream(Token { text: room });
//!         1
//!     }
//! }
//!
//! let document = Chat.openapi().info("Chat", "1.0");
//! assert_eq!(document["openapi"], "3.2.0");
//! assert_eq!(document["paths"]["/chat/{room}"]["get"]["summary"], "Answers a question, word by word.");
//! assert!(document.gaps().is_empty(), "{:?}", document.gaps());
//! ```
//!
//! Each format that an action offers is described by the words of the specification: in `sse` and `ndjson`, which are
//! sequences, every item by an `itemSchema` (OpenAPI 3.2.0, "Media Type Object"); in `sse` with one branch each for a
//! packet, or for each variant with [`event = tag`](macro@crate::action#event), for `done` with the result, and for
//! `error` with the problem. What ends a stream is outside of the
//! specification, and stands in `x-outflow`.
//!
//! Nothing is described as "anything" in silence: a type without a schema, an extractor that says nothing of itself and
//! an action without `item = …` are in [`Document::gaps`], so that a test can demand that there are none.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a value that is made for a document is used up, and `json!` borrows it"
)]

// The files:
//
// - `describe`: what the macro's output calls; `probe`: the types that it finds, by Rust's method lookup
// - `argument`, `answer`: what an extractor takes from a request, and what an action without a stream returns
// - `operation`: an action as operations; `content`: its packets, result and failure in each format;
//   `events`: the events that the variants of an enum name; `runs`: the paths of its runs
// - `schemas`: the schemas of types, and their names
// - `document`: the whole; `dialect`: its forms for tools of today; `merge`: two documents as one; `gap`: what is missing
// - `typescript`: types for the JavaScript client; `page`: a page that calls what a document describes

mod answer;
mod argument;
mod content;
pub(crate) mod describe;
mod dialect;
mod document;
mod events;
mod gap;
mod merge;
mod operation;
mod page;
pub(crate) mod probe;
mod runs;
mod schemas;
mod typescript;

pub use self::{
    answer::{AnswerWriter, DescribeAnswer},
    argument::{DescribeArgument, In, RequestWriter},
    describe::{Describe, Writer},
    dialect::Data,
    document::Document,
    gap::Gap,
    merge::MergeError,
    page::{Page, page},
    typescript::TypeScript,
};

/// One document of several controllers. Their types share their names.
///
/// ```
/// # use outflow::{action, controller};
/// # struct Chat;
/// # #[controller]
/// # impl Chat {
/// #     #[action(item = u8)]
/// #     async fn answer(&self) { self.stream(1) }
/// # }
/// # struct Jobs;
/// # #[controller]
/// # impl Jobs {
/// #     #[action(item = u8)]
/// #     async fn watch(&self) { self.stream(1) }
/// # }
/// let document = outflow::openapi::of([&Chat, &Jobs]);
/// assert!(document["paths"].get("/jobs/watch").is_some());
/// ```
pub fn of<const N: usize>(controllers: [&dyn Describe; N]) -> Document {
    let mut writer = Writer::new();
    for controller in controllers {
        controller.describe(&mut writer);
    }
    writer.finish()
}
