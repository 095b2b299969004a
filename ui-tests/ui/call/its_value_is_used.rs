use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let sent: bool = self.stream("line");
        println!("{sent}");
    }
}

fn main() {}
