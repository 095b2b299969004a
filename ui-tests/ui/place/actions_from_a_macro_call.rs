use outflow::{action, controller};

macro_rules! log {
    () => {
        #[action]
        async fn log(&self) {
            self.stream("line");
        }
    };
}

struct Jobs;

#[controller]
impl Jobs {
    log!();
}

fn main() {}
