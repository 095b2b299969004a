//! Streams of all formats and ends, whose types are of many shapes.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Multipart, Query},
    http::StatusCode,
};
use outflow::{Head, Problem, action, controller};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A word of an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Word {
    /// The word itself.
    pub text: String,
    /// Its place.
    pub index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The cost of an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Usage {
    pub words: u64,
    pub by_letter: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Question {
    pub text: String,
    #[serde(default)]
    pub depth: u32,
    pub tree: Option<Tree>,
}

/// A type that holds itself.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    pub name: String,
    #[serde(default)]
    pub children: Vec<Tree>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Page {
    pub from: Option<u32>,
    pub count: u32,
}

/// What happens while a job runs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    Started,
    Moved { by: f64 },
    Noted(Word),
}

pub struct Words;

/// Words, one after another.
#[controller]
impl Words {
    /// Answers a question.
    ///
    /// Each word is a packet.
    #[action(post, path = "/{room}/answer", item = Word)]
    async fn answer(&self, room: String, Json(question): Json<Question>) -> Result<Usage, Problem> {
        if question.text.is_empty() {
            return Err(Problem::new(StatusCode::CONFLICT).with_detail("nothing to answer"));
        }
        let words = question.text.split(' ').chain(question.tree.as_ref().map(|tree| &*tree.name)).take(100);
        for (index, text) in (0..).zip(words) {
            self.stream(Word { text: text.to_owned(), index, note: (index == 1).then(|| room.clone()) });
        }
        if question.depth > 9 {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
                .with_type("/too-deep")
                .with("depth", question.depth));
        }
        Ok(Usage { words: question.text.split(' ').count() as u64, by_letter: BTreeMap::new() })
    }

    /// Answers in words alone: a generator of clients takes JSON wherever an action offers it.
    #[action(post, path = "/{room}/ask", item = Word, formats(sse))]
    async fn ask(&self, room: String, Json(question): Json<Question>) -> Usage {
        self.stream(Word { text: question.text, index: 0, note: Some(room) });
        Usage { words: 1, by_letter: BTreeMap::new() }
    }

    /// Counts.
    #[action(path = "/count/{to}", item = u64, formats(ndjson, sse, json, csv, text, query = "format"))]
    async fn count(&self, to: u8, Query(page): Query<Page>) {
        for number in 0..u64::from(to).min(u64::from(page.count)) {
            self.stream(number + u64::from(page.from.unwrap_or_default()));
        }
    }

    /// A list without an envelope.
    #[action(item = Tree, formats(json(array)))]
    async fn trees(&self) {
        self.stream(Tree {
            name: "oak".to_owned(),
            children: vec![Tree { name: "twig".to_owned(), children: vec![] }],
        });
    }

    /// A run.
    #[deprecated = "use `answer`"]
    #[action(post, put, path = "/jobs/{job}", item = Step, resumable(name = job))]
    async fn job(&self, job: u32) -> Option<Tree> {
        self.stream(Step::Started);
        self.stream(Step::Moved { by: f64::from(job) });
        self.stream(Step::Noted(Word { text: "on".to_owned(), index: 1, note: None }));
        (job > 1).then(|| Tree { name: "end".to_owned(), children: vec![] })
    }

    /// For readers such as htmx.
    #[action(item = String, formats(sse(end_event = "close")))]
    async fn lines(&self, head: Head) -> Result<(), Problem> {
        head.insert("x-lines", "2")?;
        self.stream("one".to_owned());
        self.stream("two".to_owned());
        Ok(())
    }

    /// Receives files.
    #[action(post, item = String)]
    async fn upload(&self, mut files: Multipart) -> u32 {
        let mut count = 0;
        while let Ok(Some(file)) = files.next_field().await {
            self.stream(file.name().unwrap_or_default().to_owned());
            count += 1;
        }
        count
    }
}
