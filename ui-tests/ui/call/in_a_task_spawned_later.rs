use outflow::{action, controller};

fn spawn(_: impl Future + 'static) {}

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let task = async move {
            self.stream("line");
        };
        spawn(task);
    }
}

fn main() {}
