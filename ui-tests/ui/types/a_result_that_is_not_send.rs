use outflow::{action, controller};

use std::rc::Rc;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Rc<u32> {
        self.stream("line");
        Rc::new(1)
    }
}

fn main() {}
