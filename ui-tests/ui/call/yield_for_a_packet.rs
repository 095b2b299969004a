use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = u32)]
    async fn log(&self) -> usize {
        let lines = [1, 2, 3];
        for line in lines {
            yield line;
        }
        self.count(&lines).await;
        lines.len()
    }

    async fn count(&self, lines: &[u32]) {
        yield lines.iter().sum::<u32>();
    }
}

fn main() {}
