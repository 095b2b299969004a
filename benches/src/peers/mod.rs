//! The servers that are compared. Each answers the same three routes:
//!
//! | route | stream |
//! |---|---|
//! | `/bench/burst/{n}` | the strings `i=0`, `i=1` … as JSON, as fast as the client reads |
//! | `/bench/sparse/{n}` | a number every 100 ms: when it was sent, by [`clock::now`](crate::clock::now) |
//! | `/bench/idle` | the string `open`, then nothing for ever |
//!
//! Outflow and axum answer one more, for the scenario `fan-out`:
//!
//! | route | stream |
//! |---|---|
//! | `/bench/fan-out/{watchers}/{packets}/{micros}` | numbers that are published every `micros` once all watch: when each was |
//!
//! Outflow, axum and actix answer three more, for the scenario `fair`:
//!
//! | route | stream |
//! |---|---|
//! | `/bench/busy/{packet}/{micros}` | `small` or `large` packets for ever, each after this much work |
//! | `/bench/ticks/{n}` | a number every 100 ms: when it was due |
//! | `/bench/hello` | none: the text `hello` |

mod actix;
pub(crate) mod axum;
mod axum_streams;
mod floor;
pub(crate) mod outflow;
mod rocket;

use std::{
    env,
    future::Future,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    runtime,
    time::{Interval, interval_at},
};

use crate::clock;

/// The interval at which `/bench/sparse` and `/bench/ticks` send.
pub const PERIOD: Duration = Duration::from_millis(100);

/// The environment variable with the number of a server's threads.
const THREADS: &str = "SERVER_THREADS";

/// How many threads a server has: one, unless the environment says otherwise.
pub(crate) fn threads() -> usize {
    env::var(THREADS).ok().and_then(|threads| threads.parse().ok()).unwrap_or(1)
}

/// The packet of `/bench/busy` with this number.
fn packet(name: &str, i: u64) -> String {
    if name == "large" { "x".repeat(1000) } else { format!("i={i}") }
}

/// What `/bench/busy` does before each packet.
fn work(micros: u64) {
    let since = Instant::now();
    while micros > 0 && since.elapsed() < Duration::from_micros(micros) {}
}

/// When the ticks of a stream that begins now are due, by [`clock::now`].
fn due() -> impl Iterator<Item = u64> {
    let start = clock::now();
    (0..).map(move |i| start + i * PERIOD.as_nanos() as u64)
}

/// The pace of `/bench/fan-out`.
struct Pace(Option<Interval>);

impl Pace {
    /// One packet every so many microseconds, after a while in which all get ready. Zero is as fast as possible.
    fn new(micros: u64) -> Self {
        let every = Duration::from_micros(micros);
        Self((micros > 0).then(|| interval_at(tokio::time::Instant::now() + Duration::from_millis(300), every)))
    }

    async fn wait(&mut self) {
        if let Some(every) = &mut self.0 {
            every.tick().await;
        }
    }
}

/// The peers that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// This project, used as its README says.
    Outflow,
    /// axum's `Sse` over an `async_stream::stream!` by hand.
    Axum,
    /// The crate axum-streams, which sends JSON Lines.
    AxumStreams,
    /// actix-web with actix-web-lab's `Sse`.
    Actix,
    /// Rocket's `EventStream`.
    Rocket,
    /// Node's `http`.
    Node,
    /// Bun's `serve`, as a [proxy](crate::proxies) only.
    Bun,
    /// No framework and no abstraction: a loop that writes the bytes into 16 KiB buffers for hyper. Never sparse.
    Floor,
}

impl Peer {
    /// Everyone, us first.
    pub(crate) const ALL: [Self; 7] =
        [Self::Outflow, Self::Axum, Self::AxumStreams, Self::Actix, Self::Rocket, Self::Node, Self::Floor];

    /// The peer of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name).with_context(|| format!("there is no peer `{name}`"))
    }

    /// Its name in tables, and as the argument of `server`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outflow => "outflow",
            Self::Axum => "axum",
            Self::AxumStreams => "axum-streams",
            Self::Actix => "actix",
            Self::Rocket => "rocket",
            Self::Node => "node",
            Self::Bun => "bun",
            Self::Floor => "floor",
        }
    }

    /// The look of its packets on the wire.
    pub(crate) fn wire(self) -> Wire {
        match self {
            Self::Outflow => Wire { before: "data: ", after: "\n\n", end: "event: done\nid: outflow-end\ndata:\n\n" },
            Self::AxumStreams => Wire { before: "", after: "\n", end: "" },
            Self::Rocket => Wire { before: "data:", after: "\n\n", end: "" },
            Self::Axum | Self::Actix | Self::Node | Self::Bun | Self::Floor => {
                Wire { before: "data: ", after: "\n\n", end: "" }
            }
        }
    }

    /// The program that [`serve`](Self::serve)s as this peer.
    pub(crate) fn command(self) -> Result<Command> {
        if self == Self::Node {
            let mut command = Command::new("node");
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/peers/node.mjs"));
            return Ok(command);
        }
        let mut command = Command::new(env::current_exe()?);
        command.args(["server", self.name()]);
        Ok(command)
    }

    /// The advice if its program cannot be started.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Node => "; it needs Node 20 or newer as `node` on the PATH: `cargo xtask test setup` installs it",
            _ => "",
        }
    }

    /// Serves as this peer until the process is killed; the first line printed is the address.
    ///
    /// # Errors
    /// If it cannot.
    pub fn serve(self) -> Result<()> {
        match self {
            Self::Outflow => on_threads(outflow::serve()),
            Self::Axum => on_threads(axum::serve()),
            Self::AxumStreams => on_threads(axum_streams::serve()),
            Self::Actix => actix::serve(),
            Self::Rocket => on_threads(rocket::serve()),
            Self::Node | Self::Bun => bail!("it serves by a program of its own"),
            Self::Floor => on_threads(floor::serve()),
        }
    }
}

/// The bytes around a packet's JSON, and at the end of the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    pub(crate) end: &'static str,
}

impl Wire {
    /// The whole body of `/bench/burst/{packets}`.
    pub(crate) fn burst(self, packets: u32) -> Vec<u8> {
        use std::io::Write as _;

        let mut body = Vec::new();
        for i in 0..packets {
            // Writing to a `Vec` cannot fail.
            let _ = write!(body, "{}\"i={i}\"{}", self.before, self.after);
        }
        body.extend_from_slice(self.end.as_bytes());
        body
    }
}

/// The same runtime for all. Its threads run everything.
pub(crate) fn on_threads(server: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    match threads() {
        1 => runtime::Builder::new_current_thread().enable_all().build()?.block_on(server),
        threads => {
            let runtime = runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
            runtime.block_on(runtime.spawn(server))?
        }
    }
}
