use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        let log = Self::log;
        log(self).await;
    }

    #[action]
    async fn renamed(&self) {
        let this = self;
        this.log().await;
    }

    async fn log(&self) {
        self.stream(1);
    }
}

fn each(jobs: &[Jobs]) {
    jobs.iter().for_each(|jobs| drop(Jobs::log(jobs)));
    let _ = jobs.iter().map(Jobs::log);
}

fn main() {}
