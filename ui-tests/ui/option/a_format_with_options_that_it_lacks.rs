use outflow::{action, controller};

struct Orders;

#[controller]
impl Orders {
    #[action(formats(text(bom)))]
    async fn action_1(&self) {
        self.stream(1);
    }

    #[action(formats(ndjson = array))]
    async fn action_2(&self) {
        self.stream(1);
    }

    #[action(formats(json = array))]
    async fn action_3(&self) {
        self.stream(1);
    }

    #[action(formats(json(list)))]
    async fn action_4(&self) {
        self.stream(1);
    }
}

fn main() {}
