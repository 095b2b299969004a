//! Streams without a server: a request goes into the router, the frames of the body come out. What is counted there
//! is counted exactly, packet for packet.

use std::{fmt, hint::black_box};

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt as _;
use outflow::{Controller as _, action, controller};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// Packets of a few sizes, as actions and as plain loops.
#[derive(Debug)]
pub struct Packets;

/// A packet of about sixty bytes.
#[derive(Debug, Serialize)]
pub struct Progress {
    step: u32,
    total: u32,
    label: &'static str,
}

impl Progress {
    fn at(step: u32) -> Self {
        Self { step, total: 20_000, label: "resizing the images" }
    }
}

/// Two kilobytes with a quote every sixteen bytes.
fn long() -> String {
    "it said \"no\"... ".repeat(128)
}

#[controller]
impl Packets {
    #[action(path = "/str/{n}")]
    async fn text(&self, n: u32) {
        for _ in 0..n {
            self.stream(black_box("i=1"));
        }
    }

    #[action(path = "/string/{n}")]
    async fn string(&self, n: u32) {
        for i in 0..n {
            self.stream(format!("i={i}"));
        }
    }

    #[action(path = "/progress/{n}")]
    async fn progress(&self, n: u32) {
        for step in 0..n {
            self.stream(Progress::at(step));
        }
    }

    #[action(path = "/long/{n}")]
    async fn long(&self, n: u32) {
        let packet = long();
        for _ in 0..n {
            self.stream(&packet);
        }
    }
}

/// The kinds of packets, by name.
pub const KINDS: [&str; 4] = ["str", "string", "progress", "long"];

/// The least that packets of this kind cost: the same loop without a stream, where serde_json writes into buffers
/// that are dropped when they are full.
///
/// # Panics
/// If there is no such kind.
pub fn encode(kind: &str, n: u32) {
    let mut frame = Frame(Vec::new());
    match kind {
        "str" => (0..n).for_each(|_| frame.put(black_box("i=1"))),
        "string" => (0..n).for_each(|i| frame.put(&format!("i={i}"))),
        "progress" => (0..n).for_each(|step| frame.put(&Progress::at(step))),
        "long" => {
            let packet = long();
            (0..n).for_each(|_| frame.put(&packet));
        }
        _ => panic!("there is no kind of packet `{kind}`"),
    }
}

struct Frame(Vec<u8>);

impl Frame {
    const SIZE: usize = 16 * 1024;

    fn put<T: Serialize + ?Sized>(&mut self, packet: &T) {
        if self.0.capacity() == 0 {
            self.0.reserve(Self::SIZE);
        }
        self.0.extend_from_slice(b"data: ");
        serde_json::to_writer(&mut self.0, packet).expect("strings and numbers can be written");
        self.0.extend_from_slice(b"\n\n");
        if self.0.len() + 64 > Self::SIZE {
            drop(black_box(std::mem::take(&mut self.0)));
        }
    }
}

/// A router with the actions of [`Packets`], and the runtime that they need.
pub struct InProcess {
    runtime: Runtime,
    router: Router,
}

impl InProcess {
    /// Makes them.
    ///
    /// # Panics
    /// If there is no runtime to be had.
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime on this thread");
        Self { runtime, router: Packets.into_router() }
    }

    /// Streams `n` packets of this kind in the format of this media type and gives the number of the body's bytes.
    ///
    /// # Panics
    /// If the response is not a stream.
    pub fn stream(&self, kind: &str, media_type: &str, n: u32) -> usize {
        self.runtime.block_on(async {
            let request = Request::get(format!("/packets/{kind}/{n}")).header("accept", media_type);
            let request = request.body(Body::empty()).expect("a request");
            let Ok(response) = self.router.clone().oneshot(request).await;
            assert!(response.status().is_success(), "answered with {}", response.status());
            let mut body = response.into_body();
            let mut bytes = 0;
            while let Some(frame) = body.frame().await {
                bytes += frame.expect("no error").into_data().expect("no trailers").len();
            }
            bytes
        })
    }
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}
