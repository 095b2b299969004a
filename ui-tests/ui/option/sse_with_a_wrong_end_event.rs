use outflow::{action, controller};

struct Pages;

#[controller]
impl Pages {
    #[action(formats(sse(end = "close")))]
    async fn action_1(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event = close)))]
    async fn action_2(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event = "")))]
    async fn action_3(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event = "clo\nse")))]
    async fn action_4(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event = "done")))]
    async fn action_5(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event = "error")))]
    async fn action_6(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event = "message")))]
    async fn action_7(&self) {
        self.stream(1);
    }

    #[action(formats(sse(end_event)))]
    async fn action_8(&self) {
        self.stream(1);
    }

    #[action(formats(sse = "close"))]
    async fn action_9(&self) {
        self.stream(1);
    }
}

fn main() {}
