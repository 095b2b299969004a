use outflow::controller;

struct Jobs;

#[controller]
impl Jobs {
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
