use outflow::{action, controller};

struct Chat;

#[controller]
impl Chat {
    #[action(post, path = "/{room}", resumable(name = chat))]
    async fn answer(&self, room: String) {
        self.stream(room);
    }

    #[action(post, path = "/a/{room}", resumable(name = "room"))]
    async fn again(&self, room: String) {
        self.stream(room);
    }
}

fn main() {}
