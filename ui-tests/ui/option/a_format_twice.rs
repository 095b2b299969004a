use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(formats(sse, sse))]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
