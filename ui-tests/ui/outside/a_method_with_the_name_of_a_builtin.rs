use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.stream(1);
    }
}

impl Jobs {
    fn emitter(&self) -> u32 {
        1
    }
}

fn main() {
    let _ = Jobs.emitter();
}
