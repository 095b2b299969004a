#![deny(unused_must_use)]

use outflow::{action, controller};

macro_rules! send {
    ($to:ident, $packet:expr) => {
        $to.stream($packet)
    };
}

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        send!(self, "line");
    }
}

fn main() {}
