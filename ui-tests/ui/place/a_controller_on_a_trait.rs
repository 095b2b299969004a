use outflow::{action, controller};

#[controller]
trait Jobs {
    #[action]
    async fn log(&self);
}

fn main() {}
