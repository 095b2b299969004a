use outflow::{action, controller};

struct Jobs<'a> {
    name: &'a str,
}

#[controller]
impl<'a> Jobs<'a> {
    #[action]
    async fn log(&self) {
        self.stream(self.name);
    }
}

fn main() {}
