//! `item = T`: a `T`, a `&T` and a `Packet`, also through helpers, whole streams and generic types.

#![deny(warnings)]

use futures_util::stream;
use outflow::{Controller as _, Packet, action, controller};
use outflow_ui_tests::run;
use serde::Serialize;

#[derive(Clone, Serialize)]
struct Token<'a, T> {
    text: &'a str,
    weight: T,
}

const fn token(text: &str) -> Token<'_, u8> {
    Token { text, weight: 1 }
}

struct Chat;

#[controller]
impl Chat {
    #[action(item = Token<'_, u8>)]
    async fn answer(&self) -> Result<(), String> {
        let kept = token("kept");
        self.stream(&kept);
        self.stream(kept.clone());
        self.stream(Packet::raw("made by hand"));
        self.stream_all(stream::iter([token("one"), token("two")]));
        self.stream_all(stream::iter([Ok(token("three")), Err("over".to_owned())]))?;
        Ok(())
    }

    #[action(item = Vec<Option<String>>)]
    async fn lists(&self) {
        self.more(2).await;
    }

    async fn more(&self, count: u32) {
        self.stream(vec![None]);
        if count > 0 {
            Box::pin(self.more(count - 1)).await;
        }
    }
}

fn main() {
    let (packets, returned) = run(Chat.answer());
    assert_eq!(packets.len(), 6);
    assert_eq!(packets[5], r#"{"text":"three","weight":1}"#);
    assert_eq!(returned, Err("over".to_owned()));
    assert_eq!(run(Chat.lists()).0, ["[null]", "[null]", "[null]"]);
    let _: axum::Router = Chat.into_router();
}
