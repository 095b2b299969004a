use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = u32)]
    async fn total(&self) -> String {
        "7".to_owned()
    }
}

fn main() {}
