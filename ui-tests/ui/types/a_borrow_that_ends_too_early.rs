use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let line = {
            let text = String::from("line");
            text.as_str()
        };
        self.stream(line);
    }
}

fn main() {}
