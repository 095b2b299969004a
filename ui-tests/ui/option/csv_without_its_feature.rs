use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(formats(csv))]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
