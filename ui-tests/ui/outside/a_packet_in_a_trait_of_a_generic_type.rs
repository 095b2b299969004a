use outflow::{action, controller};

struct Jobs<T>(T);

#[controller]
impl<T: Clone + Send + Sync + serde::Serialize + 'static> Jobs<T> {
    #[action]
    async fn all(&self) {
        self.stream(self.0.clone());
    }
}

trait Logs {
    fn log(self);
}

impl<T: Clone + Send + Sync + serde::Serialize + 'static> Logs for Jobs<T> {
    fn log(self) {
        self.stream("line");
    }
}

fn main() {}
