use outflow::{action, controller};

struct Orders;

#[controller]
impl Orders {
    #[action(formats(csv(bon)))]
    async fn action_1(&self) {
        self.stream(1);
    }

    #[action(formats(csv(bom, bom)))]
    async fn action_2(&self) {
        self.stream(1);
    }

    #[action(formats(csv(bom = true)))]
    async fn action_3(&self) {
        self.stream(1);
    }

    #[action(formats(csv(line_ends = cr)))]
    async fn action_4(&self) {
        self.stream(1);
    }

    #[action(formats(csv(formulas = escaped)))]
    async fn action_5(&self) {
        self.stream(1);
    }
}

fn main() {}
