use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let task = async move {
            self.stream("line");
        };
        tokio::spawn(task);
    }
}

fn main() {}
