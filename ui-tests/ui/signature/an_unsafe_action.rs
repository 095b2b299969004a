use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async unsafe fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
