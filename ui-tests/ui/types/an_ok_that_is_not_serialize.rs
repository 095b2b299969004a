use outflow::{action, controller};

struct Total;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> Result<Total, String> {
        self.stream("line");
        Ok(Total)
    }
}

fn main() {}
