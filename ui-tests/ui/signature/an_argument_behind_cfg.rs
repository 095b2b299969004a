use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, #[cfg(all())] headers: axum::http::HeaderMap) {
        self.stream(headers.len());
    }
}

fn main() {}
