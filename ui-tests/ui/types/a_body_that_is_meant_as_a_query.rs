use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn find(&self, name: String, page: u32) {
        self.stream((name, page));
    }
}

fn main() {}
