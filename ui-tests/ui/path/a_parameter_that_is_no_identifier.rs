use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{job-id}")]
    async fn log(&self, job_id: u64) {
        self.stream(job_id);
    }
}

fn main() {}
