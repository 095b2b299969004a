use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Totals {
        self.stream("line");
    }
}

fn main() {}
