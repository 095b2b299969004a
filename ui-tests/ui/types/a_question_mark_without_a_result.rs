use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let id: u64 = "1".parse()?;
        self.stream(id);
    }
}

fn main() {}
