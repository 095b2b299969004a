use outflow::{action, controller};

use std::cell::Cell;

struct Jobs {
    count: Cell<u32>,
}

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.count.set(self.count.get() + 1);
        self.stream(self.count.get());
    }
}

fn main() {}
