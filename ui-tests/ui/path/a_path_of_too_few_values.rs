use axum::extract::Path;
use outflow::{action, controller};

struct Jobs;

#[controller("/users/{user}")]
impl Jobs {
    #[action(path = "/jobs/{id}")]
    async fn one(&self, Path(id): Path<u64>) {
        self.stream(id);
    }

    #[action(path = "/jobs/{id}/{line}")]
    async fn tuple(&self, path: Option<Path<(u64, usize)>>) {
        self.stream(path.map(|Path(path)| path));
    }

    #[action(path = "/all/{id}")]
    async fn fine(&self, Path((user, id)): Path<(String, u64)>) {
        self.stream((user, id));
    }
}

fn main() {}
