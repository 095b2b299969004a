use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/id}/log")]
    async fn log(&self, id: u64) {
        self.stream(id);
    }
}

fn main() {}
