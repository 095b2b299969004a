use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/café")]
    async fn log(&self) {
        self.stream("a line");
    }

    #[action(path = "/two words")]
    async fn words(&self) {
        self.stream("a line");
    }

    #[action(path = "/caf%C3%A9")]
    async fn fine(&self) {
        self.stream("a line");
    }
}

fn main() {}
