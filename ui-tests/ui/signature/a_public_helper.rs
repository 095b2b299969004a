use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.log().await;
    }

    pub async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
