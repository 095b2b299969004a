use outflow::{action, controller};

struct NoLog;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Result<(), NoLog> {
        Err(NoLog)
    }
}

fn main() {}
