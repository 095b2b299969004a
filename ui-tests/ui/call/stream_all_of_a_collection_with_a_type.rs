use axum::http::StatusCode;
use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = u32)]
    async fn log(&self) -> Result<(), StatusCode> {
        self.stream_all(vec![1, 2, 3])?;
        Ok(())
    }
}

fn main() {}
