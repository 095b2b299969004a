use axum::http::StatusCode;
use outflow::{Head, HeadError, action, controller};

struct Orders;

#[controller]
impl Orders {
    #[action(post)]
    async fn create(&self, head: Head) -> Result<(), HeadError> {
        head.status(StatusCode::CREATED)
    }

    #[action]
    async fn export(&self, head: outflow::Head) -> Result<(), HeadError> {
        head.download("orders")?;
        self.stream(1);
        Ok(())
    }
}

fn main() {}
