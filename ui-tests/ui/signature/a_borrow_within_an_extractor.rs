use axum::{
    Json,
    extract::{Query, State},
};
use outflow::{action, controller};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page<'a> {
    word: &'a str,
}

#[derive(Clone)]
struct Names {
    all: &'static [&'static str],
    find: fn(&str) -> bool,
}

struct Jobs;

#[controller(state = Names)]
impl Jobs {
    #[action(post)]
    async fn words(&self, Json(words): Json<Vec<&str>>) {
        self.stream(words);
    }

    #[action]
    async fn page(&self, Query(page): Query<Page<'_>>) {
        self.stream(page.word);
    }

    #[action(post)]
    async fn bytes<'a>(&'a self, Json(bytes): Json<Option<&'a [u8]>>) {
        self.stream(bytes);
    }

    #[action]
    async fn fine(&self, State(names): State<Names>) {
        self.stream(names.all.iter().find(|name| (names.find)(name)));
    }
}

fn main() {}
