use outflow::controller;

#[macro_export]
macro_rules! log {
    () => {
        #[outflow::action]
        async fn log(&self) {
            self.stream("line");
        }
    };
}

struct Jobs;

#[controller]
impl Jobs {
    log!();
}

fn main() {}
