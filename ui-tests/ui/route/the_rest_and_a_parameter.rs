use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/files/{*path}")]
    async fn file(&self, path: String) {
        self.stream(path);
    }

    #[action(path = "/files/{id}/log")]
    async fn log(&self, id: u64) {
        self.stream(id);
    }
}

fn main() {}
