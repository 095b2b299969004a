//! Typed items: `item = T`.

use futures_util::stream;
use outflow::{Controller as _, Packet, action, controller};
use serde::Serialize;

use crate::support::get;

#[derive(Serialize)]
struct Token {
    text: &'static str,
}

struct Chat;

#[controller]
impl Chat {
    #[action(item = Token)]
    async fn say(&self) -> u32 {
        self.stream(Token { text: "by value" });
        let token = Token { text: "by reference" };
        self.stream(&token);
        self.stream(Packet::json(&token).event("packet"));
        self.helped().await;
        self.stream_all(stream::iter([Token { text: "of a stream" }]));
        let end: Result<(), ()> = self.stream_all(stream::iter([Ok(&token), Err(())]));
        u32::from(end.is_err())
    }

    async fn helped(&self) {
        self.stream(Token { text: "of a helper" });
    }

    #[action(item = Vec<u8>)]
    async fn other(&self) {
        self.stream(vec![1]);
    }
}

#[tokio::test]
async fn values_references_and_packets_are_items() {
    let app = Chat.into_router();
    let reply = get(&app, "/chat/say").await;
    assert_eq!(reply.body.matches("{\"text\":").count(), 6, "{}", reply.body);
    assert_eq!(reply.last_event("done"), 1);
    assert!(get(&app, "/chat/other").await.body.starts_with("data: [1]\n\n"));
}
