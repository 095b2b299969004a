use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(get = "/log")]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
