use outflow::{action, controller};

use axum::extract::State;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, state: State<u32>) {
        self.stream(state.0);
    }
}

fn main() {}
