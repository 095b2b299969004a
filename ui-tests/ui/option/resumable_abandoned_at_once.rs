use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable(abandon_after = "0s"))]
    async fn at_once(&self) {
        self.stream("line");
    }

    #[action(post, resumable(abandon_after = 120))]
    async fn by_a_number(&self) {
        self.stream("line");
    }
}

fn main() {}
