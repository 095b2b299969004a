//! Failures inside: panics, errors without a response, packets that cannot be written. Each is a 500 without its text.

use std::{fmt, panic::panic_any};

use axum::http::StatusCode;
use outflow::{Packet, action, controller, test::Client};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::json;

struct Ends;

/// Panics or fails when half of it has been written.
struct Broken {
    panics: bool,
}

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([Half(self.panics, false), Half(self.panics, true)])
    }
}

struct Half(bool, bool);

impl Serialize for Half {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (_, false) => serializer.serialize_str("half"),
            (true, true) => panic!("half a secret"),
            (false, true) => Err(S::Error::custom("half a secret")),
        }
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a secret of the server");
    }
}

/// An error whose text is not for the client.
#[derive(Debug)]
struct Secret;

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret of the server")
    }
}

impl std::error::Error for Secret {}

#[controller]
impl Ends {
    #[action(path = "/bail/{early}")]
    async fn bail(&self, early: bool) -> anyhow::Result<()> {
        if !early {
            self.stream("first");
        }
        anyhow::ensure!(!early, Secret);
        anyhow::bail!(Secret)
    }

    #[action]
    async fn early_panic(&self) {
        if true {
            panic!("a secret of the server");
        }
        self.stream(1);
    }

    #[action]
    async fn late_panic(&self) {
        self.stream("first");
        panic!("a secret of the server");
    }

    /// What it panics with panics too.
    #[action]
    async fn bomb(&self) {
        self.stream("first");
        panic_any(Bomb);
    }

    /// Panics when it is dropped, after it has returned.
    #[action]
    async fn destructor(&self) {
        let _bomb = Bomb;
        self.stream("first");
    }

    #[action(path = "/broken/{panics}")]
    async fn broken(&self, panics: bool) {
        self.stream("first");
        self.stream(Broken { panics });
        self.stream("never sent");
    }

    #[action]
    async fn broken_result(&self) -> Broken {
        self.stream("first");
        Broken { panics: false }
    }

    #[action(path = "/refused/{what}")]
    async fn refused(&self, what: String) {
        self.stream("first");
        self.stream(match &*what {
            "bytes" => Packet::bytes("bytes"),
            "event" => Packet::json(&1).event("a\nb"),
            "id" => Packet::json(&1).id("a\0b"),
            "done" => Packet::json(&1).event("done"),
            "error" => Packet::json(&1).event("error"),
            "end" => Packet::json(&1).id("outflow-end"),
            _ => Packet::json(&Broken { panics: false }),
        });
        self.stream("never sent");
    }
}

/// The text of a panic, of an `anyhow::Error` and of a packet's error is for the log alone.
#[tokio::test(start_paused = true)]
async fn what_breaks_inside_is_a_500_without_its_secrets() {
    let expected = json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 });
    let client = Client::new(Ends);
    for path in ["/ends/early-panic", "/ends/bail/true"] {
        let mut answer = client.get(path).start();
        assert_eq!(answer.head().await.headers()["content-type"], "application/problem+json", "{path}");
        let failed = answer.failed().await;
        assert_eq!((failed.status(), failed.problem()), (StatusCode::INTERNAL_SERVER_ERROR, &expected), "{path}");
    }
    for path in [
        "/ends/late-panic",
        "/ends/bomb",
        "/ends/destructor",
        "/ends/bail/false",
        "/ends/broken/true",
        "/ends/broken/false",
        "/ends/broken-result",
        "/ends/refused/bytes",
        "/ends/refused/event",
        "/ends/refused/id",
        "/ends/refused/done",
        "/ends/refused/error",
        "/ends/refused/end",
        "/ends/refused/value",
    ] {
        let error = format!("data: \"first\"\n\nevent: error\nid: outflow-end\ndata: {expected}\n\n");
        assert_eq!(client.get(path).start().wire().await, error, "{path}");
    }
}
