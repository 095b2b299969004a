use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(formats(sse), open_after = "1s")]
    async fn total(&self) -> String {
        "7".to_owned()
    }
}

fn main() {}
