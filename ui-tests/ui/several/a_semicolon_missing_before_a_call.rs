use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let line = 1 self.stream(line);
    }

    #[action(item = u32)]
    async fn all(&self) {
        let lines = (1) self.stream_all(lines);
    }

    #[action]
    async fn other(&self) {
        let number = 1 self.helper(number).await;
    }

    #[action]
    async fn spawned(&self) {
        let number = 1 let emitter = self.emitter();
    }

    #[action]
    async fn twice(&self) {
        self.stream(1) self.stream(2);
    }

    #[action]
    async fn awaited(&self) {
        self.helper(1).await self.helper(2).await;
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
