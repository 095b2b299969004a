use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, path = "/chat", resumable)]
    async fn chat(&self) {
        self.stream("word");
    }

    #[action(path = "/chat/runs/{id}")]
    async fn run(&self, id: u64) {
        self.stream(id);
    }

    #[action(post, path = "/files/{*path}", resumable)]
    async fn file(&self, path: String) {
        self.stream(path);
    }
}

fn main() {}
