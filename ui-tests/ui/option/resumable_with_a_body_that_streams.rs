use axum::body::Body;
use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn log(&self, body: Body) {
        drop(body);
        self.stream("line");
    }

    #[action(post, resumable)]
    async fn files(&self, files: Option<Body>) {
        drop(files);
        self.stream("line");
    }
}

fn main() {}
