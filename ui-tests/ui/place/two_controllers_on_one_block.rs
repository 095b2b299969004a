use outflow::{action, controller};

struct Jobs;

#[controller]
#[controller("/jobs")]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
