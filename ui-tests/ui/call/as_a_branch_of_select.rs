use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        tokio::select! {
            _ = self.stream("line") => {}
            () = std::future::ready(()) => {}
        }
    }
}

fn main() {}
