//! What users of clippy read about generated code: nothing. The step `clippy` checks this file.

#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use std::sync::atomic::{AtomicU32, Ordering};

use axum::{
    Json,
    extract::{Path, Query},
    http::StatusCode,
};
use futures_util::stream;
use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct Page {
    number: u32,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    text: &'a str,
}

#[derive(Debug, Default)]
struct Jobs {
    count: AtomicU32,
}

#[controller("/jobs/{user}")]
impl Jobs {
    #[action]
    async fn index(&self, user: String) {
        self.stream(Line { text: &user });
    }

    /// As many arguments as clippy takes: seven.
    #[action(post, path = "/{one}/{two}/{three}/{four}")]
    async fn arguments(
        &self,
        one: u32,
        two: u32,
        three: u32,
        four: u32,
        Query(page): Query<Page>,
        Json(text): Json<String>,
    ) -> u32 {
        self.stream(Line { text: &text });
        self.add(one, two, three, four, page.number, 1).await
    }

    async fn add(&self, one: u32, two: u32, three: u32, four: u32, five: u32, six: u32) -> u32 {
        self.stream_all(stream::iter([one, two, three, four, five, six]));
        self.count.fetch_add(one + two + three + four + five + six, Ordering::Relaxed)
    }

    #[action(path = "/result/{line}")]
    async fn result(&self, Path((user, line)): Path<(String, u32)>) -> Result<String, StatusCode> {
        if line > 3 {
            return Err(StatusCode::NOT_FOUND);
        }
        let emitter = self.emitter();
        emitter.send(line).await.map_err(|_| StatusCode::GONE)?;
        self.stream(line).await;
        println!("{:?}", self.stream(2));
        Ok(user)
    }

    /// More than that, which its author has been told.
    #[expect(clippy::too_many_arguments)]
    #[action(path = "/many/{one}/{two}/{three}/{four}/{five}/{six}/{seven}")]
    async fn many(&self, one: u8, two: u8, three: u8, four: u8, five: u8, six: u8, seven: u8) -> u8 {
        self.stream([one, two, three, four, five, six, seven]);
        self.so_many(one, two, three, four, five, six, seven).await
    }

    #[expect(clippy::too_many_arguments)]
    async fn so_many(&self, one: u8, two: u8, three: u8, four: u8, five: u8, six: u8, seven: u8) -> u8 {
        self.stream(());
        one + two + three + four + five + six + seven
    }

    #[action(post)]
    async fn health(&self) -> &'static str {
        "well"
    }

    /// One of two actions of a name.
    #[cfg(any())]
    #[action]
    async fn either(&self) {
        self.stream(1);
    }

    #[cfg(not(any()))]
    #[action]
    async fn either(&self) -> String {
        self.first().to_string()
    }

    #[action(post, resumable(key = url))]
    async fn long(&self) -> usize {
        self.either().await.len()
    }

    fn first(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }
}

#[test]
fn the_code_that_clippy_reads_runs() {
    assert_eq!(run(Jobs::default().index("me".to_owned())).0, [r#"{"text":"me"}"#]);
    let _router: axum::Router = Jobs::default().into_router();
}
