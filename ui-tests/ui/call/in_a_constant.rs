use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        const LINE: () = self.stream("line");
        LINE
    }
}

fn main() {}
