#![deny(unused)]

use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.called(1).await;
    }

    async fn called(&self, number: u32) {
        self.stream(number);
    }

    async fn never_called(&self, number: u32) {
        self.stream(number);
    }

    #[expect(dead_code)]
    async fn left_for_later(&self, number: u32) {
        self.stream(number);
    }
}

fn main() {
    use outflow::Controller as _;
    let _: axum::Router = Jobs.into_router();
}
