use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{*rest}/log")]
    async fn log(&self, rest: String) {
        self.stream(rest);
    }
}

fn main() {}
