use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(fetch, path = "log", put, put)]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
