use outflow::{action, controller};

struct Total;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Total {
        self.stream("line");
        Total
    }
}

fn main() {}
