use outflow::{action, controller};

struct Jobs;

#[controller("/jobs", "/tasks")]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
