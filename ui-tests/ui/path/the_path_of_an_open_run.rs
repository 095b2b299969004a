use outflow::{action, controller};

struct Chat;

#[controller]
impl Chat {
    #[action(post, path = "/{chat}", resumable(name = chat))]
    async fn answer(&self, chat: String) {
        self.stream(chat);
    }

    #[action(path = "/{chat}/stream")]
    async fn follow(&self, chat: String) {
        self.stream(chat);
    }
}

fn main() {}
