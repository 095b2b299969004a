//! One connection, two million small packets as fast as they go: packets per second, and what each costs the server.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    client::Connection,
    peers::Peer,
    process::{Server, own_cpu},
    report::{Bar, Metric, print},
    rounds,
};

const PACKETS: u32 = 2_000_000;
/// Sent before, for what is done once: lazy statics, the first pages, Node's compiler.
const WARM_UP: u32 = PACKETS / 10;

const PEERS: &[Peer] = &[Peer::Outflow, Peer::Axum, Peer::Floor];

const METRICS: &[Metric<Burst>] = &[
    Metric {
        name: "packets/s",
        of: |burst| f64::from(PACKETS) / burst.time.as_secs_f64(),
        show: |rate| format!("{:.2} M", rate / 1e6),
        bars: &[(Peer::Axum, Bar::AtLeast(6.0))],
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
    let bodies = PEERS.iter().map(|peer| (peer.wire().burst(WARM_UP), peer.wire().burst(PACKETS)));
    let bodies: Vec<_> = bodies.collect();
    let samples = rounds::measure(PEERS, |peer| {
        let (warm_up, body) = &bodies[PEERS.iter().position(|other| *other == peer).unwrap_or_default()];
        let server = Server::start(peer)?;
        let mut connection = Connection::open(server.addr)?;
        connection.get(&format!("/bench/burst/{WARM_UP}"), warm_up)?;
        let (start, before, own_before) = (Instant::now(), server.cpu()?, own_cpu()?);
        connection.get(&format!("/bench/burst/{PACKETS}"), body)?;
        Ok(Burst { time: start.elapsed(), server: server.cpu()? - before, client: own_cpu()? - own_before })
    })?;
    print("burst: one connection, 2,000,000 packets `i=…`; every byte is compared", &samples, METRICS);
    // The client is not what is measured as long as it waits and the servers do not.
    let busy = |of: fn(&Burst) -> Duration| {
        let shares = samples.iter().map(|(peer, bursts)| {
            let share = rounds::median(bursts.iter().map(|burst| of(burst).as_secs_f64() / burst.time.as_secs_f64()));
            format!("{} {:.0} %", peer.name(), share * 100.0)
        });
        shares.collect::<Vec<_>>().join(", ")
    };
    println!(
        "server's thread busy: {}\nclient's thread busy: {}\n",
        busy(|burst| burst.server),
        busy(|burst| burst.client)
    );
    Ok(())
}
