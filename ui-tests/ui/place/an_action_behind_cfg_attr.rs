use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[cfg_attr(all(), action)]
    async fn log(&self) {
        self.stream("line");
    }

    #[action]
    async fn list(&self) {}
}

fn main() {}
