use outflow::{action, controller};

const YAML: &str = "yaml";

struct Jobs;

#[controller]
impl Jobs {
    #[action(formats(sse, self::YAML))]
    async fn log(&self) {
        self.stream("line");
    }

    #[action(formats(YAML))]
    async fn other(&self) {
        self.stream("line");
    }
}

fn main() {}
