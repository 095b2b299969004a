use outflow::action;

struct Jobs;

impl Jobs {
    #[action]
    async fn log(&self) {}
}

fn main() {}
