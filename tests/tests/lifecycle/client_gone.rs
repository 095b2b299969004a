//! The client goes away, in each format and protocol: the action is dropped where it waits, and its destructors run.

use std::{future::pending, sync::Arc};

use outflow::{Controller as _, action, controller};
use tokio::sync::Notify;

use crate::support::{
    OnDrop, serve_narrow,
    wire::{Ask, PROTOCOLS, Protocol, soon},
};

/// What asks for each format, and what its first packet, "tick", looks like.
const FORMATS: [(&str, &str); 7] = [
    ("text/event-stream", "data: \"tick\"\n\n"),
    ("application/x-ndjson", "\"tick\"\n"),
    ("application/json", "{\"items\":[\"tick\""),
    ("text/csv", "tick\r\n"),
    ("text/plain", "tick"),
    ("application/octet-stream", "tick"),
    ("application/octet-stream;charset=ISO-8859-1", "4\0stick"),
];

/// Large, so that the buffers on the way are full soon.
fn tock() -> String {
    "tock".repeat(4_000)
}

#[derive(Default)]
struct Left {
    dropped: Arc<Notify>,
}

#[controller]
impl Left {
    /// Has nothing more to say, so that no write tells that nobody reads.
    #[action]
    async fn idle(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream("tick");
        pending::<()>().await;
    }

    /// Waits for room, because its client does not read.
    #[action]
    async fn held_up(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream("tick");
        loop {
            self.stream(tock());
        }
    }

    /// Waits in a helper, in an emitter and in a stream at the same time.
    #[action]
    async fn deep(&self) {
        self.stream("tick");
        let emitter = self.emitter();
        let flood = async {
            let _guard = OnDrop(self.dropped.clone());
            while emitter.send(tock()).await.is_ok() {}
            pending::<()>().await;
        };
        tokio::join!(flood, self.idle());
    }
}

async fn leave(protocol: Protocol, path: &str, (accept, first): (&str, &str)) {
    let left = Left::default();
    let dropped = left.dropped.clone();
    let ask = Ask { window: Some(4_096), ..Ask::get(protocol, path, accept) };
    let mut exchange = ask.open(serve_narrow(left.into_router()).await).await;
    while exchange.text().len() < first.len() {
        assert_eq!(exchange.read().await, None);
    }
    assert!(exchange.text().starts_with(first), "{:?}", exchange.text());
    drop(exchange);
    soon(&format!("the end of {path} as {accept} over {protocol:?}"), dropped.notified()).await;
}

#[tokio::test]
async fn an_idle_action_is_dropped() {
    for protocol in PROTOCOLS {
        for format in FORMATS {
            leave(protocol, "/left/idle", format).await;
        }
    }
}

#[tokio::test]
async fn an_action_that_waits_for_room_is_dropped() {
    for protocol in PROTOCOLS {
        for format in FORMATS {
            leave(protocol, "/left/held-up", format).await;
        }
    }
}

#[tokio::test]
async fn an_action_that_waits_in_several_places_is_dropped() {
    for protocol in PROTOCOLS {
        for format in FORMATS {
            leave(protocol, "/left/deep", format).await;
        }
    }
}
