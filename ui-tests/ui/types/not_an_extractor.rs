use outflow::{action, controller};

struct Limit(u32);

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, limit: Limit) {
        self.stream(limit.0);
    }
}

fn main() {}
