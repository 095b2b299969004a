use outflow::{action, controller};

struct Jobs;

#[controller("/jobs", stat = AppState)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
