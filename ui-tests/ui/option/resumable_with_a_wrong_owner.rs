use outflow::{action, controller};

struct Jobs;

fn user(headers: &axum::http::HeaderMap) -> Option<String> {
    Some(headers.len().to_string())
}

#[controller]
impl Jobs {
    #[action(post, resumable(owner = user))]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
