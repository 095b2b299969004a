use outflow::{action, controller};

struct Total;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Total {
        Total
    }
}

fn main() {}
