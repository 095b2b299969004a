use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
