use std::{future::pending, time::Duration};

use axum::{Json, http::StatusCode};
use outflow::{Drain, action, controller, run::Runs, test::{Client, after}};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

struct Chat;

#[derive(Serialize, Deserialize)]
struct Row { id: u32, name: String }

#[controller]
impl Chat {
    #[action(post)]
    async fn answer(&self, Json(question): Json<String>) -> Result<usize, StatusCode> {
        if question.is_empty() {
            return Err(StatusCode::UNPROCESSABLE_ENTITY);
        }
        for word in question.split(' ') {
            sleep(Duration::from_secs(1)).await;
            self.stream(word);
        }
        if question.ends_with('!') {
            return Err(StatusCode::CONFLICT);
        }
        Ok(question.len())
    }

    #[action(timeout = "10m")]
    async fn watch(&self) {
        self.stream("watching");
        pending::<()>().await;
    }

    #[action]
    async fn numbers(&self) {
        for number in 0_u64.. {
            self.stream(number);
        }
    }

    #[action]
    async fn rows(&self) {
        self.stream(Row { id: 1, name: "one".into() });
        self.stream(Row { id: 2, name: "two".into() });
    }

    #[action(post, resumable)]
    async fn job(&self) -> String {
        for step in 1..=5 {
            sleep(Duration::from_secs(1)).await;
            self.stream(step);
        }
        "finished".into()
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
