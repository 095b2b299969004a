use outflow::{Controller as _, action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/:id")]
    async fn show(&self, id: u64) {
        self.stream(id);
    }

    #[action(fetch)]
    async fn log(&self) {
        (0..3).for_each(|i| self.stream(i));
    }

    #[action]
    fn list(&self) {
        self.stream("job");
    }

    #[action]
    async fn good(&self) {
        self.stream("good");
        self.count(3).await;
    }

    pub async fn count(&self, to: u32) {
        self.stream(to);
    }
}

fn main() {
    let _router: axum::Router = Jobs.into_router();
    let _generator = Jobs.good();
}
