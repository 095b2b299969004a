//! Streams of ten packets, one after the other on a few connections that are kept: what a response costs beside its
//! packets.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{
    client::{Next, Pool},
    peers::Peer,
    process::{Server, own_cpu},
    report::{self, Bar, Metric},
    rounds,
};

const PACKETS: u32 = 10;
const REQUESTS: usize = 40_000;
const WARM_UP: usize = REQUESTS / 10;
const CONNECTIONS: usize = 16;

const METRICS: &[Metric<Short>] = &[
    Metric {
        name: "requests/s",
        of: |short| REQUESTS as f64 / short.time.as_secs_f64(),
        show: |rate| format!("{rate:.0}"),
        bars: &[(Peer::Axum, Bar::AtLeast(1.0))],
    },
    Metric {
        name: "server CPU/request",
        of: |short| short.server.as_secs_f64() / REQUESTS as f64,
        show: |seconds| format!("{:.1} µs", seconds * 1e6),
        bars: &[(Peer::Axum, Bar::AtMost(1.0))],
    },
];

struct Short {
    time: Duration,
    server: Duration,
    client: Duration,
}

pub(crate) fn run() -> Result<()> {
    let samples = rounds::measure(&Peer::ALL, |peer| {
        let body = peer.wire().burst(PACKETS);
        let server = Server::start(peer)?;
        let mut pool = Pool::open(server.addr, CONNECTIONS)?;
        ask(&mut pool, WARM_UP, &body)?;
        let (start, before, own_before) = (Instant::now(), server.cpu()?, own_cpu()?);
        ask(&mut pool, REQUESTS, &body)?;
        Ok(Short { time: start.elapsed(), server: server.cpu()? - before, client: own_cpu()? - own_before })
    })?;
    let title = format!("short: {REQUESTS} streams of {PACKETS} packets on {CONNECTIONS} kept connections");
    report::print(&title, &samples, METRICS);
    report::print_busy(&samples, |short| (short.time, short.server, short.client));
    Ok(())
}

/// Asks this often, on all connections together; every response must be `expected`.
fn ask(pool: &mut Pool, requests: usize, expected: &[u8]) -> Result<()> {
    let mut got = [0; CONNECTIONS];
    let mut asked = CONNECTIONS;
    pool.run(&format!("/bench/burst/{PACKETS}"), Duration::ZERO, |at, data, over| {
        let got = &mut got[at];
        if !expected[*got..].starts_with(data) || over && *got + data.len() < expected.len() {
            bail!("a body is not what was to be sent");
        }
        *got += data.len();
        if !over {
            return Ok(Next::Wait);
        }
        *got = 0;
        if asked == requests {
            return Ok(Next::Done);
        }
        asked += 1;
        Ok(Next::Again)
    })
}
