use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

#[controller]
impl Jobs {
    #[action]
    async fn list(&self) {
        self.stream("job");
    }
}

fn main() {}
