//! Five thousand open streams on which nothing happens: the memory that each holds in the server. (What the kernel
//! holds for its connection is the same for all, and not counted.)

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use crate::{
    client::{Next, Pool},
    peers::Peer,
    process::{Server, allow_connections},
    report::{self, Bar, Metric},
    rounds,
};

const STREAMS: usize = 5000;
/// Opened before, for what is there only once.
const WARM_UP: usize = 50;
/// For what the server does after it has answered.
const SETTLE: Duration = Duration::from_millis(300);

const PEERS: &[Peer] =
    &[Peer::Outflow, Peer::Axum, Peer::AxumStreams, Peer::Actix, Peer::Rocket, Peer::Node, Peer::Floor];

const METRICS: &[Metric<u64>] = &[Metric {
    name: "memory/stream",
    of: |grown| *grown as f64 / STREAMS as f64,
    show: |bytes| format!("{:.1} KiB", bytes / 1024.0),
    bars: &[(Peer::Axum, Bar::AtMost(1.0)), (Peer::Floor, Bar::AtMost(1.08))],
}];

pub(crate) fn run() -> Result<()> {
    allow_connections((STREAMS + WARM_UP) as u64)?;
    let samples = rounds::measure(PEERS, |peer| {
        let server = Server::start(peer)?;
        let warm_up = open(&server, WARM_UP)?;
        let before = server.resident()?;
        let streams = open(&server, STREAMS)?;
        let grown = server.resident()?.saturating_sub(before);
        drop((warm_up, streams));
        Ok(grown)
    })?;
    let title = format!("memory: {STREAMS} idle streams, with keep-alive where the peer has it");
    report::print(&title, &samples, METRICS);
    Ok(())
}

/// Opens streams and reads the first packet of each.
fn open(server: &Server, streams: usize) -> Result<Pool> {
    let mut pool = Pool::open(server.addr, streams)?;
    let mut open = vec![false; streams];
    pool.run("/bench/idle", Duration::ZERO, |at, data, _| {
        let opened = !data.is_empty() && !open[at];
        open[at] |= opened;
        Ok(if opened { Next::Done } else { Next::Wait })
    })?;
    sleep(SETTLE);
    Ok(pool)
}
