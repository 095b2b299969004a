//! The basics: a method counts, and a page shows each packet as it arrives.
//!
//! ```text
//! cargo run --example counter
//! curl -N 127.0.0.1:3000/stream/test
//! ```
//!
//! `/docs` is an API page, which calls any action of a program.

use std::time::Duration;

use axum::{Router, response::Html, routing::get};
use outflow::{Controller as _, Server, action, controller};
use outflow_examples::listen;
use tokio::time::sleep;

struct StreamController;

#[controller] // routes under /stream
impl StreamController {
    /// Counts to ten, one a second.
    #[action] // GET /stream/test
    async fn test(&self) {
        self.stream("Starting stream test");
        for i in 1..=10 {
            self.stream(format!("i={i}"));
            sleep(Duration::from_secs(1)).await;
        }
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let document = StreamController.openapi().info("Counter", env!("CARGO_PKG_VERSION"));
    let app = Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .merge(outflow::client::router())
        .merge(document.router("/openapi.json"))
        .merge(outflow::openapi::page().router("/docs"))
        .merge(StreamController.into_router());

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
