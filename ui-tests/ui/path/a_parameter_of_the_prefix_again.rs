use outflow::{action, controller};

struct Jobs;

#[controller("/jobs/{id}")]
impl Jobs {
    #[action(path = "/log/{id}")]
    async fn log(&self, id: u64) {
        self.stream(id);
    }
}

fn main() {}
