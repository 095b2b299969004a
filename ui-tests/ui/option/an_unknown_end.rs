use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(on_disconnect = stop)]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
