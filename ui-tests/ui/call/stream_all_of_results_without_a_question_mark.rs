#![deny(unused_must_use)]

use futures_util::stream;
use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let lines = stream::iter([Ok("a line"), Err(())]);
        self.stream_all(lines);
    }
}

fn main() {}
