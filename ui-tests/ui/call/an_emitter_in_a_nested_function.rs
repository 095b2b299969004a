use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream(1);
        fn emitter() {
            self.emitter();
        }
        emitter();
    }
}

fn main() {}
