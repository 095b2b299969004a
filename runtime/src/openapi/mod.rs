//! A description of controllers in OpenAPI 3.2.0: what their actions take, and every packet, result and failure that
//! they send.
//!
//! With the feature `openapi` every controller has a method `openapi`:
//!
//! ```
//! use axum::Json;
//! use outflow::{Problem, action, controller};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Question {
//!     text: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Token {
//!     word: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Usage {
//!     tokens: u32,
//! }
//!
//! struct Chat;
//!
//! /// Questions and answers.
//! #[controller]
//! impl Chat {
//!     /// Answers a question, word by word.
//!     #[action(post, item = Token, formats(sse, ndjson))]
//!     async fn answer(&self, Json(question): Json<Question>) -> Result<Usage, Problem> {
//!         for word in question.text.split(' ') {
//!             self.stream(Token { word: word.to_owned() });
//!         }
//!         Ok(Usage { tokens: 7 })
//!     }
//! }
//!
//! let document = Chat.openapi().info("Chat", "1.0.0");
//! assert_eq!(document["paths"]["/chat/answer"]["post"]["operationId"], "chat_answer");
//! assert_eq!(document.gaps(), []);
//! ```
//!
//! The types implement `JsonSchema` of the crate `schemars`, version 1. What has no description has an open schema in the
//! document, and is listed by [`gaps`](Document::gaps).
//!
//! [`of`] describes several controllers in one document, and [`Document::merge`] joins another one at the level of JSON,
//! such as that of `utoipa`. [`Document::v3_1`] and [`Document::sse`] give the forms that older tools take. [`page()`] shows a
//! document in the browser, and calls its actions.

// The files:
//
// - `description`: what the macro's code calls, and the operations made of it
// - `probe`: the choice of a type's description
// - `extractor`, `answer`: arguments, and what actions that do not stream return
// - `stream`, `run`: the responses of a stream, and the routes of a run
// - `schemas`: types as JSON Schema, and their names
// - `document`, `dialect`, `gap`: the result
// - `page`: a page that calls what a document describes

mod answer;
mod description;
mod dialect;
mod document;
mod extractor;
mod gap;
mod page;
pub(crate) mod probe;
mod run;
mod schemas;
mod stream;

#[doc(hidden)]
pub use self::description::{Action, ActionDescription, Description};
pub use self::{
    answer::{Answer, Response},
    description::Describe,
    document::{Data, Document, MergeError},
    extractor::{Extractor, RequestDescription},
    gap::Gap,
    page::{Page, page},
};

/// One document of several controllers.
///
/// ```
/// # use outflow::{action, controller};
/// # struct Chat;
/// # #[controller]
/// # impl Chat { #[action(item = u8)] async fn answer(&self) { self.stream(1_u8); } }
/// # struct Jobs;
/// # #[controller]
/// # impl Jobs { #[action(item = u8)] async fn list(&self) { self.stream(1_u8); } }
/// let document = outflow::openapi::of([&Chat, &Jobs]);
/// assert!(document["paths"]["/jobs/list"].is_object());
/// ```
pub fn of<const N: usize>(controllers: [&dyn Describe; N]) -> Document {
    let mut description = Description::default();
    for controller in controllers {
        controller.describe(&mut description);
    }
    description.finish()
}
