//! An action and its client in step, which proves that nothing on the way holds a packet back.
//!
//! The action sends a packet only when its client has read, and decoded, the one before it. A packet that is held back
//! for the next one is never read, so the test fails at its limit; otherwise it passes, however slow the machine is.

use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::future::join_all;
use outflow::{action, controller};
use tokio::sync::{Notify, Semaphore};

use super::{
    reader::{Client, Reading},
    wait::{OnDrop, soon},
};

/// Every format by its name, and its media type.
pub const FORMATS: [(&str, &str); 7] = [
    ("sse", "text/event-stream"),
    ("ndjson", "application/x-ndjson"),
    ("json", "application/json"),
    ("csv", "text/csv"),
    ("text", "text/plain"),
    ("bytes", "application/octet-stream"),
    ("hazaar", "application/octet-stream;charset=ISO-8859-1"),
];

/// The formats whose body is cut if the action fails.
pub const CUT: [&str; 4] = ["ndjson", "csv", "text", "bytes"];

pub fn media_type(format: &str) -> &'static str {
    FORMATS.iter().find(|(name, _)| *name == format).unwrap().1
}

pub const PACKETS: usize = 4;

pub fn packet(n: usize) -> String {
    format!("packet {n}.")
}

/// A controller whose clones share their steps.
#[derive(Clone)]
pub struct Paced {
    steps: Arc<Semaphore>,
    dropped: Arc<Notify>,
}

impl Default for Paced {
    fn default() -> Self {
        Self { steps: Arc::new(Semaphore::new(0)), dropped: Arc::default() }
    }
}

/// There are no heartbeats, which would push on packets that are held back.
#[controller]
impl Paced {
    #[action(heartbeat = "1h")]
    async fn steps(&self) {
        for n in 1..=PACKETS {
            self.stepped().await;
            self.stream(packet(n));
        }
    }

    /// Fails a step after its last packet.
    #[action(heartbeat = "1h")]
    async fn failing(&self) -> Result<(), StatusCode> {
        for n in 1..=PACKETS {
            self.stepped().await;
            self.stream(packet(n));
        }
        self.stepped().await;
        Err(StatusCode::IM_A_TEAPOT)
    }

    /// Sends this number of packets without a wait, and fails at once.
    #[action(path = "/burst/{packets}", heartbeat = "1h")]
    async fn burst(&self, packets: usize) -> Result<(), StatusCode> {
        for n in 1..=packets {
            self.stream(packet(n));
        }
        Err(StatusCode::IM_A_TEAPOT)
    }

    #[action]
    async fn early(&self) -> Result<(), (StatusCode, &'static str)> {
        Err((StatusCode::IM_A_TEAPOT, "only tea"))?;
        self.stream("coffee");
        Ok(())
    }

    /// Sends one packet, and then nothing.
    #[action(heartbeat = "1h")]
    async fn idle(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream(packet(1));
        std::future::pending::<()>().await;
    }

    async fn stepped(&self) {
        self.steps.acquire().await.unwrap().forget();
    }
}

impl Paced {
    pub fn step(&self) {
        self.steps.add_permits(1);
    }

    /// Reads every packet of `steps` or `failing` in step with the action.
    pub async fn read(&self, client: &Client, path: &str, format: &str) -> Reading {
        self.step();
        let mut reading = client.get(path, format).await;
        assert_eq!(reading.status, StatusCode::OK);
        for n in 1..=PACKETS {
            reading.until(&packet(n)).await;
            self.step();
        }
        // `steps` takes one less.
        if path.ends_with("/steps") {
            self.steps.acquire().await.unwrap().forget();
        }
        reading
    }

    /// Checks that each packet comes on time, and that the end is clean.
    pub async fn in_step(&self, client: &Client, path: &str, format: &str) -> Reading {
        let mut reading = self.read(client, path, format).await;
        reading.end().await.unwrap_or_else(|error| panic!("{format} did not end cleanly: {error}"));
        reading
    }

    /// Checks that `idle` is dropped when its client leaves.
    pub async fn notices_that_its_client_leaves(&self, client: &Client, path: &str, format: &str) {
        let mut reading = client.get(path, format).await;
        reading.until(&packet(1)).await;
        drop(reading);
        soon("the end of the action", self.dropped.notified()).await;
    }
}

/// Checks that in each format that is cut if the action fails, the client sees an error, and every packet before it.
/// Returns the encoding of the bodies.
pub async fn is_cut_after_all_its_packets(paced: &Paced, client: &Client, under: &str) -> String {
    // Its packets left long before the failure.
    let mut reading = paced.read(client, &format!("{under}/failing"), media_type("ndjson")).await;
    assert!(reading.end().await.is_err(), "a clean end: {:?}", reading.text);
    let encoding = reading.header("content-encoding");

    // These have not left when it comes.
    let bursts = CUT.iter().flat_map(|format| [1, 1000].map(|packets| (*format, packets)));
    let bursts = bursts.map(async |(format, packets)| {
        let mut reading = client.get(&format!("{under}/burst/{packets}"), media_type(format)).await;
        assert!(reading.end().await.is_err(), "{format}: a clean end of {packets} packets");
        let (end, length) = (&reading.text[reading.text.len().saturating_sub(40)..], reading.text.len());
        assert!(
            reading.text.contains(&packet(packets)),
            "{format}, {encoding:?}: the last of {packets} packets is lost; {length} bytes came, up to {end:?}"
        );
        assert_eq!(reading.header("content-encoding"), encoding, "{format}");
    });
    join_all(bursts).await;
    encoding
}
