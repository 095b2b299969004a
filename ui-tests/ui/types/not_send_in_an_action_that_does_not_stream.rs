use outflow::{action, controller};

use std::rc::Rc;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let name = Rc::new("line");
        std::future::ready(()).await;
        drop(name);
    }
}

fn main() {}
