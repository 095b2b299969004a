//! Typed items: `item = T`.

use futures_util::stream;
use outflow::{Packet, action, controller, test::Client};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Token {
    text: &'static str,
}

/// A token as a client reads it.
#[derive(Deserialize)]
struct Received {
    text: String,
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

#[tokio::test(start_paused = true)]
async fn values_references_and_packets_are_items() {
    let client = Client::new(Chat);
    let all = client.get("/chat/say").all::<Received, u32>().await;
    let texts: Vec<_> = all.packets.iter().map(|token| &*token.text).collect();
    let expected = ["by value", "by reference", "by reference", "of a helper", "of a stream", "by reference"];
    assert_eq!((&texts[..], all.result), (&expected[..], 1));
    assert_eq!(client.get("/chat/other").all::<[u8; 1], ()>().await.packets, [[1]]);
}
