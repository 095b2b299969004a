//! Every word of the attributes, together where they may be.

#![deny(warnings)]

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;
use serde::Serialize;

struct Options;

#[derive(Serialize)]
enum Update {
    Started,
}

#[controller("/options", state = u8, problems, crate = ::outflow)]
impl Options {
    #[action(
        get,
        post,
        path = "/all/{id}",
        item = u64,
        formats(hazaar, sse(end_event = "close")),
        heartbeat = "15s",
        open_after = "250ms",
        timeout = "2m",
        max_age = "1h",
        on_disconnect = finish,
        on_shutdown = close
    )]
    async fn all(&self, id: u64) {
        self.stream(id);
    }

    #[action(put, on_disconnect = cancel, on_shutdown = finish, open_after = "0ms")]
    async fn others(&self) {
        self.stream("one");
    }

    #[action(item = Update, event = tag)]
    async fn named(&self) {
        self.stream(Update::Started);
    }

    #[action(post, resumable, heartbeat = "1h")]
    async fn kept(&self) {
        self.stream("kept");
    }
}

fn main() {
    assert_eq!(run(Options.all(7)).0, ["7"]);
    assert_eq!(run(Options.others()).0, [r#""one""#]);
    assert_eq!(run(Options.named()).0, [r#""Started""#]);
    assert_eq!(run(Options.kept()).0, [r#""kept""#]);
    let _: axum::Router<u8> = Options.into_router();
}
