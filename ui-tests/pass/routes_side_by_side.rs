use outflow::{Controller as _, action, controller};

struct Jobs;

/// None of these meet, and axum says so too: it panics where two of them do.
#[controller]
impl Jobs {
    #[action]
    async fn index(&self) {}

    #[action(post, path = "/")]
    async fn create(&self) {
        self.stream("created");
    }

    #[action(path = "/{id}")]
    async fn show(&self, id: u64) {
        self.stream(id);
    }

    #[action(delete, path = "/{id}")]
    async fn remove(&self, id: u64) {
        self.stream(id);
    }

    #[action(path = "/{name}/log")]
    async fn log(&self, name: String) {
        self.stream(name);
    }

    #[action(path = "/{id}/")]
    async fn folder(&self, id: u64) {
        self.stream(id);
    }

    #[action(path = "/files")]
    async fn files(&self) {}

    #[action(path = "/files/{*path}")]
    async fn file(&self, path: String) {
        self.stream(path);
    }

    #[action(path = "/files/newest")]
    async fn newest(&self) {}

    #[action(path = "/{{id}}/{{}}")]
    async fn braces(&self) {}

    #[action(get, put, patch)]
    async fn several(&self) {}

    #[action(post, path = "/several")]
    async fn several_more(&self) {}
}

struct Root;

#[controller("/")]
impl Root {
    #[action]
    async fn index(&self) {}

    #[action]
    async fn about_us(&self) {}
}

fn main() {
    let _router: axum::Router = Jobs.into_router().merge(Root.into_router());
}
