//! A controller with one of everything that a document can hold.

use std::collections::BTreeMap;

use axum::{
    Form, Json,
    body::Bytes,
    extract::{Multipart, Path, Query},
    http::StatusCode,
};
use outflow::{Problem, action, controller};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question {
    /// The words of the question.
    pub(super) text: String,
    #[serde(default)]
    pub(super) max_tokens: Option<u32>,
}

/// A word of the answer.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Token {
    pub(super) word: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
}

/// The cost of the answer.
#[derive(Serialize, JsonSchema)]
pub(super) struct Usage {
    pub(super) tokens: u64,
}

/// A folder, which holds folders.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) folders: Vec<Folder>,
    pub(super) sizes: BTreeMap<String, u64>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Page {
    /// The first row.
    #[serde(default)]
    pub(super) from: u32,
    pub(super) filter: String,
}

/// The state of a job.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Update {
    Queued,
    /// A part is done.
    Progress {
        percent: u8,
    },
    Finished {
        at: String,
    },
}

pub(super) struct Chat;

/// Questions and answers.
#[controller]
impl Chat {
    /// Answers a question,
    /// word by word.
    ///
    /// The tokens come as the model makes them.
    #[action(post, path = "/{room}/answer", item = Token)]
    async fn answer(&self, room: u64, Json(question): Json<Question>) -> Result<Usage, Problem> {
        let words = question.text.split(' ').take(question.max_tokens.unwrap_or(u32::MAX) as usize);
        for word in words {
            self.stream(Token { word: word.to_owned(), probability: None });
        }
        if question.text.ends_with('!') {
            return Err(Problem::new(StatusCode::CONFLICT).with("left", 3));
        }
        Ok(Usage { tokens: room })
    }

    /// Lists folders.
    #[action(item = Folder, formats(sse, ndjson, json, query = "format"))]
    async fn folders(&self, Query(page): Query<Page>) {
        self.stream(Folder {
            name: page.filter,
            folders: Vec::new(),
            sizes: BTreeMap::from([("all".into(), page.from.into())]),
        });
    }

    /// A job that one comes back to.
    #[action(post, item = Update, resumable(key = url), formats(sse, ndjson))]
    async fn job(&self, body: Option<Json<Folder>>) -> u32 {
        self.stream(Update::Queued);
        self.stream(Update::Progress { percent: 50 });
        self.stream(Update::Finished { at: body.map_or_else(String::new, |body| body.0.name) });
        7
    }

    #[action(put, patch, path = "/{room}/{*rest}", item = u8, formats(json(array), csv))]
    async fn rows(&self, Path((_room, _rest)): Path<(u32, String)>, _form: Form<Question>) {
        self.stream(1_u8);
    }

    #[action(item = String, formats(sse(end_event = "close"), text))]
    async fn lines(&self) {
        self.stream("a".to_owned());
    }

    #[action(post)]
    async fn upload(&self, _parts: Multipart) -> Json<Folder> {
        Json(Folder { name: String::new(), folders: Vec::new(), sizes: BTreeMap::new() })
    }

    #[deprecated]
    #[action(put)]
    async fn raw(&self, body: Bytes) -> Bytes {
        body
    }

    #[action(delete, path = "/{room}")]
    async fn leave(&self, room: u64) -> Result<String, Problem> {
        Ok(room.to_string())
    }
}
