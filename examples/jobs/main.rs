//! Three long jobs, whose progress bars survive a reload of the page. One of them fails.
//!
//! ```text
//! cargo run --example jobs
//! curl -N -X POST 127.0.0.1:3000/jobs/photos
//! ```

mod job;

use axum::{Router, http::header::CONTENT_TYPE, response::Html, routing::get};
use outflow::{Controller as _, Server, action, controller};
use outflow_examples::listen;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use crate::job::{Job, Trouble};

struct Jobs;

/// One packet: how far the job has come.
#[derive(Serialize, JsonSchema)]
struct Step {
    done: u32,
    of: u32,
    /// The step that was just done.
    what: String,
}

/// The result.
#[derive(Serialize, JsonSchema)]
struct Report {
    done: u32,
    seconds: f64,
}

#[controller]
impl Jobs {
    /// The job goes on when its page is closed. Cancelling it drops this method where it waits.
    #[action(post, path = "/{job}", resumable, item = Step)] // POST /jobs/photos
    async fn work(&self, job: Job) -> Result<Report, Trouble> {
        let start = Instant::now();
        let of = job.length();
        for number in 1..=of {
            let what = job.step(number).await?;
            self.stream(Step { done: number, of, what });
        }
        Ok(Report { done: of, seconds: start.elapsed().as_secs_f64() })
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let script = || async { ([(CONTENT_TYPE, "text/javascript")], include_str!("page.mjs")) };
    let app = Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .route("/page.mjs", get(script))
        .merge(outflow::client::router())
        .merge(Jobs.into_router());

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
