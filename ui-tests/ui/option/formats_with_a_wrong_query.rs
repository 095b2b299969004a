use outflow::{action, controller};

struct Orders;

#[controller]
impl Orders {
    #[action(formats(csv, query = format))]
    async fn action_1(&self) {
        self.stream(1);
    }

    #[action(formats(csv, query = "for mat"))]
    async fn action_2(&self) {
        self.stream(1);
    }

    #[action(formats(csv, qeury = "format"))]
    async fn action_3(&self) {
        self.stream(1);
    }

    #[action(formats(csv, query))]
    async fn action_4(&self) {
        self.stream(1);
    }

    #[action(formats(csv, query = "a", query = "b"))]
    async fn action_5(&self) {
        self.stream(1);
    }

    #[action(post, resumable, formats(csv, query = "after"))]
    async fn action_6(&self) {
        self.stream(1);
    }
}

fn main() {}
