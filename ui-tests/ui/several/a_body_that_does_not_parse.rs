use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let line = ;
        self.stream(line);
    }

    #[action]
    async fn other(&self) {
        self.helper(1).await;
    }

    async fn helper(&self, id: u64) {
        self.stream(id);
    }
}

fn main() {
    use outflow::Controller as _;
    let _: axum::Router = Jobs.into_router();
    let _ = Jobs.other();
}
