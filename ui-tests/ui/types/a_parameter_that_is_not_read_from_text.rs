use outflow::{action, controller};

struct Id(u32);

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{id}")]
    async fn log(&self, id: Id) {
        self.stream(id.0);
    }
}

fn main() {}
