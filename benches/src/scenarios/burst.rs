//! One connection, two million small packets as fast as they go: packets per second, and what each costs the server.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    client::Connection,
    peers::Peer,
    process::{Server, own_cpu},
    report::{self, Bar, Metric},
    rounds,
};

const PACKETS: u32 = 2_000_000;
/// Sent before, for what is done once: lazy statics, the first pages, Node's compiler.
const WARM_UP: u32 = PACKETS / 10;

const METRICS: &[Metric<Burst>] = &[
    Metric {
        name: "packets/s",
        of: |burst| f64::from(PACKETS) / burst.time.as_secs_f64(),
        show: |rate| format!("{:.2} M", rate / 1e6),
        bars: &[(Peer::Axum, Bar::AtLeast(6.0)), (Peer::Actix, Bar::AtLeast(2.5))],
    },
    Metric {
        name: "server CPU/packet",
        of: |burst| burst.server.as_secs_f64() / f64::from(PACKETS),
        show: |seconds| format!("{:.0} ns", seconds * 1e9),
        bars: &[(Peer::Floor, Bar::AtMost(1.2))],
    },
];

struct Burst {
    time: Duration,
    server: Duration,
    client: Duration,
}

pub(crate) fn run() -> Result<()> {
    let bodies = Peer::ALL.iter().map(|peer| (peer.wire().burst(WARM_UP), peer.wire().burst(PACKETS)));
    let bodies: Vec<_> = bodies.collect();
    let samples = rounds::measure(&Peer::ALL, |peer| {
        let (warm_up, body) = &bodies[Peer::ALL.iter().position(|other| *other == peer).unwrap_or_default()];
        let server = Server::start(peer)?;
        let mut connection = Connection::open(server.addr)?;
        connection.get(&format!("/bench/burst/{WARM_UP}"), warm_up)?;
        let (start, before, own_before) = (Instant::now(), server.cpu()?, own_cpu()?);
        connection.get(&format!("/bench/burst/{PACKETS}"), body)?;
        Ok(Burst { time: start.elapsed(), server: server.cpu()? - before, client: own_cpu()? - own_before })
    })?;
    report::print("burst: one connection, 2,000,000 packets `i=…`; every byte is compared", &samples, METRICS);
    report::print_busy(&samples, |burst| (burst.time, burst.server, burst.client));
    Ok(())
}
