//! Internal failures are for the log alone: no client sees their text, in any format, before or after the first packet.

use std::{fmt, panic::panic_any};

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use outflow::{Packet, action, controller, test::Client};
use serde::{Serialize, Serializer, ser::Error as _};

const SECRET: &str = "the password is swordfish";

/// An error whose texts are for operators.
#[derive(Debug)]
struct Inner(#[expect(dead_code, reason = "for its `Debug`")] &'static str);

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET)
    }
}

impl std::error::Error for Inner {}

impl Serialize for Inner {
    fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(SECRET))
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{SECRET}");
    }
}

/// An error whose response panics, or breaks off.
enum Rude {
    Panics,
    BodyPanics,
    BodyFails,
}

impl IntoResponse for Rude {
    fn into_response(self) -> Response {
        let body = match self {
            Self::Panics => panic!("{SECRET}"),
            Self::BodyPanics => {
                Body::from_stream(stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, Inner>>> {
                    panic!("{SECRET}")
                }))
            }
            Self::BodyFails => Body::from_stream(stream::iter([Ok(Bytes::from_static(b"half")), Err(Inner(SECRET))])),
        };
        (StatusCode::BAD_GATEWAY, body).into_response()
    }
}

fn fails() -> Result<(), Inner> {
    Err(Inner(SECRET))
}

struct Leaks;

#[controller]
impl Leaks {
    #[action(path = "/panics/{late}/{how}")]
    async fn panics(&self, late: bool, how: String) {
        if late {
            self.stream("first");
        }
        match &*how {
            "text" => panic!("{SECRET}"),
            "value" => panic_any(Inner(SECRET)),
            "bomb" => panic_any(Bomb),
            "destructor" => drop(Bomb),
            "unwrap" => fails().unwrap(),
            "value-fails" => self.stream(Inner(SECRET)),
            "packet-fails" => self.stream(Packet::json(&Inner(SECRET))),
            "name" => self.stream(Packet::bytes(SECRET).event(format!("{SECRET}\n"))),
            _ => unreachable!("{how}"),
        }
    }

    #[action(path = "/anyhow/{late}")]
    async fn anyhow(&self, late: bool) -> anyhow::Result<()> {
        if late {
            self.stream("first");
        }
        Err(anyhow::Error::new(Inner(SECRET)).context(SECRET))
    }

    #[action(path = "/result/{late}")]
    async fn result(&self, late: bool) -> Inner {
        if late {
            self.stream("first");
        }
        Inner(SECRET)
    }

    #[action(path = "/rude/{how}")]
    async fn rude(&self, how: String) -> Result<(), Rude> {
        self.stream("first");
        Err(match &*how {
            "panics" => Rude::Panics,
            "body-panics" => Rude::BodyPanics,
            _ => Rude::BodyFails,
        })
    }
}

/// The formats, and whether a body in them is cut.
const FORMATS: [(&str, bool); 6] = [
    ("text/event-stream", false),
    ("application/x-ndjson", true),
    ("application/json", false),
    ("text/csv", true),
    ("text/plain", true),
    ("application/octet-stream;charset=ISO-8859-1", false),
];

/// The status, and everything that a client gets to see.
async fn seen(client: &Client, path: &str, accept: &str, is_cut: bool) -> (StatusCode, String) {
    let mut answer = client.get(path).accept(accept).start();
    let head = answer.head().await;
    if is_cut {
        answer.cut().await;
    } else {
        answer.failed().await;
    }
    (head.status(), format!("{head:?} {:?}", answer.wire().await))
}

const PATHS: [&str; 10] = [
    "panics/?/text",
    "panics/?/value",
    "panics/?/bomb",
    "panics/?/destructor",
    "panics/?/unwrap",
    "panics/?/value-fails",
    "panics/?/packet-fails",
    "panics/?/name",
    "anyhow/?",
    "result/?",
];

#[tokio::test(start_paused = true)]
async fn a_failure_inside_is_a_500_before_the_first_packet() {
    let client = Client::new(Leaks);
    for path in PATHS {
        for (accept, _) in FORMATS {
            let path = format!("/leaks/{}", path.replace('?', "false"));
            let (status, seen) = seen(&client, &path, accept, false).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path} as {accept}: {seen}");
            assert!(!seen.contains("swordfish"), "{path} as {accept}: {seen}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_inside_is_the_end_of_its_format_after_it() {
    let client = Client::new(Leaks);
    let late = PATHS.map(|path| path.replace('?', "true"));
    let rude = ["rude/panics", "rude/body-panics", "rude/body-fails"].map(str::to_owned);
    for path in late.into_iter().chain(rude) {
        for (accept, is_cut) in FORMATS {
            let (status, seen) = seen(&client, &format!("/leaks/{path}"), accept, is_cut).await;
            assert_eq!(status, StatusCode::OK, "{path} as {accept}: {seen}");
            assert!(seen.contains("first") && !seen.contains("swordfish"), "{path} as {accept}: {seen}");
        }
    }
}
