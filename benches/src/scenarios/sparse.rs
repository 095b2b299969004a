//! A thousand streams that send ten packets a second each: what a packet costs that goes alone, and how long it takes
//! to its reader.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{
    client::{Next, Pool, Times},
    clock,
    peers::{PERIOD, Peer},
    process::{Server, allow_connections, own_cpu},
    report::{self, Bar, Metric},
    rounds::{self, percentile},
};

const STREAMS: usize = 1000;
/// In each stream: five seconds of them.
const PACKETS: usize = 50;
/// From one stream's start to the next one's, so that they do not all send at the same time.
const APART: Duration = Duration::from_millis(1);

const PEERS: &[Peer] = &[Peer::Outflow, Peer::Axum, Peer::AxumStreams, Peer::Actix, Peer::Rocket, Peer::Node];

const METRICS: &[Metric<Sparse>] = &[
    Metric {
        name: "server CPU/packet",
        of: |sparse| sparse.server.as_secs_f64() / (STREAMS * PACKETS) as f64,
        show: |seconds| format!("{:.2} µs", seconds * 1e6),
        bars: &[(Peer::Axum, Bar::AtMost(1.1))],
    },
    Metric { name: "delay p50", of: |sparse| sparse.delay(50), show: micros, bars: &[] },
    Metric { name: "delay p99", of: |sparse| sparse.delay(99), show: micros, bars: &[(Peer::Axum, Bar::AtMost(1.1))] },
];

struct Sparse {
    time: Duration,
    server: Duration,
    client: Duration,
    /// From the moment that a packet is made to that of its arrival, in nanoseconds, sorted.
    delays: Vec<u64>,
}

impl Sparse {
    fn delay(&self, percent: usize) -> f64 {
        percentile(&self.delays, percent)
    }
}

fn micros(nanos: f64) -> String {
    format!("{:.0} µs", nanos / 1e3)
}

pub(crate) fn run() -> Result<()> {
    allow_connections(STREAMS as u64)?;
    let samples = rounds::measure(PEERS, one)?;
    let title = format!("sparse: {STREAMS} streams of {PACKETS} packets, one every {PERIOD:?}");
    report::print(&title, &samples, METRICS);
    report::print_busy(&samples, |sparse| (sparse.time, sparse.server, sparse.client));
    Ok(())
}

fn one(peer: Peer) -> Result<Sparse> {
    let server = Server::start(peer)?;
    let mut pool = Pool::open(server.addr, STREAMS)?;
    let mut readers = vec![Times::default(); STREAMS];
    let mut delays = Vec::with_capacity(STREAMS * PACKETS);
    let (start, before, own_before) = (clock::now(), server.cpu()?, own_cpu()?);
    pool.run(&format!("/bench/sparse/{PACKETS}"), APART, |at, data, over| {
        let now = clock::now();
        readers[at].read(data, |sent| delays.push(now.saturating_sub(sent)))?;
        Ok(if over { Next::Done } else { Next::Wait })
    })?;
    let time = Duration::from_nanos(clock::now() - start);
    let (server, client) = (server.cpu()? - before, own_cpu()? - own_before);
    let complete = readers.iter().all(|reader| reader.packets == PACKETS);
    ensure!(complete, "a stream had more or fewer than its {PACKETS} packets");
    delays.sort_unstable();
    Ok(Sparse { time, server, client, delays })
}
