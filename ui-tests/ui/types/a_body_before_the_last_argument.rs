use outflow::{action, controller};

use axum::extract::Query;

struct Jobs;

#[controller]
impl Jobs {
    #[action(post)]
    async fn log(&self, body: String, query: Query<u32>) {
        self.stream(body);
        self.stream(query.0);
    }
}

fn main() {}
