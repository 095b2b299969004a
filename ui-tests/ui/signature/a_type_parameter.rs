use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log<T: Default>(&self) {
        let _ = T::default();
        self.stream("line");
    }
}

fn main() {}
