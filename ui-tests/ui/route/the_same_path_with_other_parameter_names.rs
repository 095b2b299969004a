use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{id}")]
    async fn show(&self, id: u64) {
        self.stream(id);
    }

    #[action(path = "/{name}")]
    async fn find(&self, name: String) {
        self.stream(name);
    }
}

fn main() {}
