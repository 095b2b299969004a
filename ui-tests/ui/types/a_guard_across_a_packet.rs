use outflow::{action, controller};

use std::sync::Mutex;

struct Jobs {
    lines: Mutex<Vec<String>>,
}

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let lines = self.lines.lock().unwrap();
        for line in lines.iter() {
            self.stream(line);
        }
    }
}

fn main() {}
