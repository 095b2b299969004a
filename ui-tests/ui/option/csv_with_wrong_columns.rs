use outflow::{action, controller};

struct Orders;

#[controller]
impl Orders {
    #[action(formats(csv(columns)))]
    async fn action_1(&self) {
        self.stream(1);
    }

    #[action(formats(csv(columns())))]
    async fn action_2(&self) {
        self.stream(1);
    }

    #[action(formats(csv(columns(id, total, id))))]
    async fn action_3(&self) {
        self.stream(1);
    }

    #[action(formats(csv(columns(id = Id))))]
    async fn action_4(&self) {
        self.stream(1);
    }

    #[action(formats(csv(columns(1))))]
    async fn action_5(&self) {
        self.stream(1);
    }
}

fn main() {}
