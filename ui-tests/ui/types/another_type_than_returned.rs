use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> u32 {
        self.stream("line");
        "done"
    }
}

fn main() {}
