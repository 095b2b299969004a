//! Any order of packets gives a stream that its protocol allows, whether the action returns, fails, or is ended by a
//! packet that is refused.

use axum::http::StatusCode;
use outflow::{
    action,
    ai::{ToolCall, ToolInput},
    controller,
    test::Client,
};
use outflow_tests::packets::{Sent, packets};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FORMATS, body, valid};

#[derive(Debug)]
struct Answers {
    packets: Vec<Sent>,
    fails: bool,
    format: &'static str,
}

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn all(&self) -> Result<Value, StatusCode> {
        for packet in &self.packets {
            match packet {
                Sent::Part(part) => self.stream(part),
                Sent::Value(value, None) => self.stream(value),
                other => self.stream(other.packet(self.format)),
            }
        }
        // A stream that has begun fails within it.
        self.stream("the end");
        if self.fails { Err(StatusCode::CONFLICT) } else { Ok(json!({ "done": true })) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_packets_gives_a_valid_stream(packets in packets(), fails: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        for format in FORMATS {
            let packets = packets.clone();
            let stream = runtime.block_on(async {
                let client = Client::new(Answers { packets, fails, format });
                let mut answer = client.post(&format!("/answers/all?format={format}")).extension(super::asked()).start();
                let head = answer.head().await;
                let stream = answer.wire().await;
                // A packet that is refused before any other has left is an ordinary failure.
                head.status().is_success().then(|| String::from_utf8(stream.to_vec()).unwrap())
            });
            if let Some(stream) = stream {
                let checked = valid::check(format, &stream);
                prop_assert!(checked.is_ok(), "{format}: {}\n{stream}", checked.unwrap_err());
            }
        }
    }
}

/// What the rules are worth: they find a stream that is wrong.
#[tokio::test(start_paused = true)]
async fn the_rules_find_what_is_wrong() {
    let call = ToolCall::new("b", "t").into();
    let packets = vec![Sent::Raw("a".into()), Sent::Part(call), Sent::Part(ToolInput::new("b", "{}").into())];
    for format in FORMATS {
        let answers = Answers { packets: packets.clone(), fails: false, format };
        let stream = body(&Client::new(answers), "/answers/all", format).await;
        valid::check(format, &stream).unwrap();
        let blocks: Vec<_> = stream.split_inclusive("\n\n").collect();
        for at in 0..blocks.len() {
            let without: String = blocks[..at].iter().chain(&blocks[at + 1..]).copied().collect();
            // A delta may be missing, and a tool call may still wait for its input.
            let is_free = blocks[at].contains("delta") || blocks[at].contains("tool-input-available");
            assert!(is_free || valid::check(format, &without).is_err(), "{format} without {}", blocks[at]);
        }
    }
}
