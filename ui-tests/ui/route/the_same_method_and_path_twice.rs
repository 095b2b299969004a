use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/list")]
    async fn list(&self) {}

    #[action(get, path = "/list")]
    async fn all(&self) {}
}

fn main() {}
