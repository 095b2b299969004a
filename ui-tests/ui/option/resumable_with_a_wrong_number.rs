use axum::http::request::Parts;
use outflow::{action, controller};

struct Jobs;

fn user(_: &Parts) -> Option<String> {
    None
}

#[controller]
impl Jobs {
    #[action(post, resumable(max_followers = 0))]
    async fn none(&self) {
        self.stream("line");
    }

    #[action(post, resumable(owner = user, max_runs = "3"))]
    async fn text(&self) {
        self.stream("line");
    }

    #[action(post, resumable(owner = user, max_runs = -1))]
    async fn negative(&self) {
        self.stream("line");
    }

    #[action(post, resumable(max_runs = 3))]
    async fn nobodys(&self) {
        self.stream("line");
    }
}

fn main() {}
