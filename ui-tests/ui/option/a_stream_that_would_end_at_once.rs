use outflow::{action, controller};

struct Streams;

#[controller]
impl Streams {
    #[action(max_age = "0s")]
    async fn ticks(&self) {
        self.stream("tick");
    }
}

fn main() {}
