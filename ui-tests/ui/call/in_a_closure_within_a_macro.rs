use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        println!("{:?}", (0..3).map(|i| self.stream(i)).collect::<Vec<_>>());
    }
}

fn main() {}
