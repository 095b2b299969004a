use axum::http::StatusCode;
use futures_util::stream;
use outflow::{action, controller};

struct Line;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Result<(), StatusCode> {
        self.stream_all(stream::iter([Ok(Line), Err(StatusCode::CONFLICT)]))?;
        Ok(())
    }
}

fn main() {}
