#![deny(unused_must_use)]

use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let this = self;
        this.stream("line");
    }
}

fn main() {}
