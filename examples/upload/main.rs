//! A large file goes up, and the errors in its rows come down while they are read.
//!
//! ```text
//! cargo run --example upload
//! printf 'name,email,age\nAda,ada@example.org,36\nBob,nowhere,200\n' |
//!   curl -N --data-binary @- -H 'content-type: text/csv' 127.0.0.1:3000/imports/people
//! ```

mod people;
mod spool;

use axum::{Router, response::Html, routing::get};
use outflow::{Controller as _, Server, action, controller};
use outflow_examples::listen;
use tokio::{sync::mpsc, task};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    people::{Found, Refused, Summary},
    spool::Spooled,
};

struct Imports;

#[controller]
impl Imports {
    /// Checks every row. The file is on disk before the first one is read, because browsers don't show a
    /// response before they have sent the whole request.
    #[action(post, item = Found)] // POST /imports/people
    async fn people(&self, upload: Spooled) -> Result<Summary, Refused> {
        let (results, found) = mpsc::channel(64);
        // Reading and checking would hold up the other streams of this thread. When the client leaves, `found` is
        // dropped, and the next result ends the work.
        let checking =
            task::spawn_blocking(move || people::check(upload, |result| results.blocking_send(result).is_ok()));
        self.stream_all(ReceiverStream::new(found));
        checking.await.map_err(|_| Refused::Broken)?
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .merge(outflow::client::router())
        .merge(Imports.into_router());

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
