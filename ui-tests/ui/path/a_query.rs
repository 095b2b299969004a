use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/log?all=true")]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
