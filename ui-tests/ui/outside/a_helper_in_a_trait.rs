use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.log(&["a", "b"], |line| line.len()).await.unwrap();
    }

    async fn log<'a, F: Fn(&str) -> usize>(
        &self,
        lines: &'a [&'a str],
        measure: F,
    ) -> Result<impl Iterator<Item = &'a str>, ()> {
        self.stream(lines.iter().map(|line| measure(line)).sum::<usize>());
        Ok(lines.iter().copied())
    }
}

trait Logs {
    async fn first(&self);
}

impl Logs for Jobs {
    async fn first(&self) {
        let lines = self.log(&["a"], str::len).await;
        drop(lines);
    }
}

fn main() {}
