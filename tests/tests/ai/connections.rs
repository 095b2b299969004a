//! The two ends of a connection: a server that cuts an answer, a client that reads slowly, and one that leaves.

use std::future::pending;

use outflow::{Drain, action, controller, test::Client};
use serde_json::Value;

use super::{FORMATS, asked, data, valid};

struct Answers;

#[controller]
impl Answers {
    #[action(
        post,
        formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"),
        on_shutdown = close
    )]
    async fn closed(&self) {
        self.stream("half an ");
        pending::<()>().await;
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn long(&self) {
        for n in 0..PACKETS {
            self.stream(numbered(n));
        }
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn endless(&self) {
        self.stream("on and ");
        pending::<()>().await;
    }
}

/// The packets of the long answer, of a thousand bytes each.
const PACKETS: u64 = 2000;

fn numbered(n: u64) -> String {
    format!("{n:0>999} ")
}

/// The text that the client of a format puts together.
fn text_of(format: &str, stream: &str) -> String {
    let text = |event: &Value| {
        let delta = match format {
            "ai_sdk" => event.get("delta").filter(|_| event["type"] == "text-delta")?,
            "ag_ui" => event.get("delta")?,
            "openai_chat" => event["choices"].get(0)?.get("delta")?.get("content")?,
            "openai_responses" => event.get("delta")?,
            _ => event.get("delta")?.get("text")?,
        };
        Some(delta.as_str()?.to_owned())
    };
    data(stream).iter().filter_map(text).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_cut_has_no_end() {
    for format in FORMATS {
        let client = Client::with_drain(Answers, Drain::new());
        let mut answer = client.post(&format!("/answers/closed?format={format}")).extension(asked()).start();
        answer.head().await;
        client.drain();
        answer.cut().await;
        let bytes = answer.wire().await;
        let stream = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(stream.contains("half an "), "{format}: {stream}");
        assert!(valid::check(format, &stream).is_err(), "{format}: {stream}");
    }
}

/// All arrives, in its order, and while the client reads nothing the action waits: the answer takes no more memory.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_loses_nothing() {
    let client = Client::new(Answers);
    let text: String = (0..PACKETS).map(numbered).collect();
    for format in FORMATS {
        let path = format!("/answers/long?format={format}");
        let mut answer = client.post(&path).extension(asked()).start();
        answer.head().await;
        answer.stall();
        let sent = client.held(&path).await;
        assert!((1..PACKETS / 2).contains(&sent), "{format}: {sent} packets of {PACKETS} have left");
        answer.read_on();
        let bytes = answer.wire().await;
        let stream = String::from_utf8(bytes.to_vec()).unwrap();
        valid::check(format, &stream).unwrap_or_else(|why| panic!("{format}: {why}"));
        assert!(text_of(format, &stream) == text, "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_ends_the_action() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let path = format!("/answers/endless?format={format}");
        let mut answer = client.post(&path).extension(asked()).start();
        answer.head().await;
        answer.leave();
        client.dropped(&path).await;
    }
}
