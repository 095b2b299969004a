use outflow::{action, controller};

use std::rc::Rc;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let name = Rc::new("line");
        self.stream("line");
        drop(name);
    }
}

fn main() {}
