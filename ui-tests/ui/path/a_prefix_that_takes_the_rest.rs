use outflow::{action, controller};

struct Jobs;

#[controller("/files/{*path}")]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
