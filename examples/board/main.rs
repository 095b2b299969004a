//! A live board: three hundred values that change all the time, and the people who look at it.
//!
//! ```text
//! cargo run --example board
//! curl -N 127.0.0.1:3000/board/values
//! curl -N '127.0.0.1:3000/board/room?id=1&name=Ada'
//! ```
//!
//! Open it in two tabs, then kill the server and start it again.

mod values;

use axum::{Json, Router, extract::Query, http::header::CONTENT_TYPE, response::Html, routing::get};
use outflow::{Controller as _, LastSeen, Presence, Server, action, controller};
use outflow_examples::listen;
use serde::{Deserialize, Serialize};

use crate::values::{BOARD, Value, Values};

struct Board {
    values: Values,
}

/// Somebody who looks at the board: `?id=1&name=Ada`.
#[derive(Deserialize)]
struct Guest {
    id: String,
    name: String,
}

/// A guest, as the others see them.
#[derive(Serialize)]
struct Card {
    name: String,
}

#[controller]
impl Board {
    /// The newest of each value, and then each that changes.
    #[action(item = Value, on_shutdown = close)] // GET /board/values
    async fn values(&self, seen: LastSeen) {
        self.stream_all(self.values.changes.watch(BOARD).latest().after(seen));
    }

    /// All values as they are now, for a tab that joins a stream which another tab reads.
    #[action] // GET /board/now
    async fn now(&self) -> Json<Vec<Value>> {
        Json(self.values.now())
    }

    /// The guests who are there. Reading this makes the reader one of them.
    #[action(item = Presence, on_shutdown = close)] // GET /board/room
    async fn room(&self, Query(guest): Query<Guest>) {
        let _here = self.values.changes.watch(BOARD).as_member(guest.id, &Card { name: guest.name });
        self.stream_all(self.values.changes.presence(BOARD));
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let values = Values::new().await;
    tokio::spawn(values.clone().change());

    let script = |text: &'static str| get(move || async move { ([(CONTENT_TYPE, "text/javascript")], text) });
    let app = Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .route("/page.mjs", script(include_str!("page.mjs")))
        .route("/values.mjs", script(include_str!("values.mjs")))
        .route("/room.mjs", script(include_str!("room.mjs")))
        .merge(outflow::client::router())
        .merge(Board { values }.into_router());

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
