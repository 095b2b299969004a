use outflow::{action, controller};

struct NoLog;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Result<(), NoLog> {
        self.stream("line");
        Err(NoLog)
    }
}

fn main() {}
