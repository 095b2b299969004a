use outflow::{action, controller};

use axum::extract::Query;

struct Limit(u32);

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, limit: Limit, query: Query<u32>) {
        self.stream(limit.0);
        self.stream(query.0);
    }
}

fn main() {}
