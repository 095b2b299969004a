use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{id}")]
    async fn log(id: u64) {
        self.stream(id);
    }
}

fn main() {}
