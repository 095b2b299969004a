//! One source, many clients: a thousand that watch fifty packets a second, and a burst to a hundred. The peer is axum's
//! `Sse` over `tokio::sync::broadcast`, by hand. What publishing itself costs is measured in this process.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_core::Stream as _;
use outflow::Hub;
use tokio::runtime;

use crate::{
    client::{Next, Pool, Times},
    clock,
    peers::Peer,
    process::{Server, allow_connections, own_cpu},
    report::{self, Bar, Metric},
    rounds::{self, percentile},
};

const WATCHERS: usize = 1000;
const PACKETS: usize = 250;
const WARM_UP: usize = 50;
const PERIOD: Duration = Duration::from_millis(20);

const FEW: usize = 100;
const BURST: usize = 100_000;

const PEERS: &[Peer] = &[Peer::Outflow, Peer::Axum];

const LIVE: &[Metric<FanOut>] = &[
    Metric {
        name: "server CPU/packet",
        of: |fan_out| fan_out.server.as_secs_f64() / (WATCHERS * PACKETS) as f64,
        show: |seconds| format!("{:.2} µs", seconds * 1e6),
        bars: &[(Peer::Axum, Bar::AtMost(0.6))],
    },
    Metric { name: "delay p50", of: |fan_out| percentile(&fan_out.delays, 50), show: micros, bars: &[] },
    Metric { name: "delay p99", of: |fan_out| percentile(&fan_out.delays, 99), show: micros, bars: &[] },
    Metric {
        name: "memory/watcher",
        of: |fan_out| fan_out.grown as f64 / WATCHERS as f64,
        show: |bytes| format!("{:.1} KiB", bytes / 1024.0),
        bars: &[(Peer::Axum, Bar::AtMost(1.0))],
    },
];

const OF_BURST: &[Metric<FanOut>] = &[Metric {
    name: "packets/s",
    of: |fan_out| (FEW * BURST) as f64 / fan_out.time.as_secs_f64(),
    show: |rate| format!("{rate:.0}"),
    bars: &[(Peer::Axum, Bar::AtLeast(3.0))],
}];

struct FanOut {
    time: Duration,
    server: Duration,
    client: Duration,
    /// By how much the server's memory has grown.
    grown: u64,
    /// From the moment of publishing to that of a packet's arrival, in nanoseconds, sorted.
    delays: Vec<u64>,
}

fn micros(nanos: f64) -> String {
    format!("{:.0} µs", nanos / 1e3)
}

pub(crate) fn run() -> Result<()> {
    allow_connections((WATCHERS + WARM_UP) as u64)?;
    let live = rounds::measure(PEERS, |peer| one(peer, WATCHERS, PACKETS, PERIOD))?;
    report::print(&format!("fan-out: {WATCHERS} watchers of {PACKETS} packets, one every {PERIOD:?}"), &live, LIVE);
    report::print_busy(&live, |fan_out| (fan_out.time, fan_out.server, fan_out.client));
    let burst = rounds::measure(PEERS, |peer| one(peer, FEW, BURST, Duration::ZERO))?;
    report::print(&format!("fan-out: {BURST} packets at once to {FEW} watchers"), &burst, OF_BURST);
    report::print_busy(&burst, |fan_out| (fan_out.time, fan_out.server, fan_out.client));
    let (alone, beside, watched) = (publish(0, "a")?, publish(WATCHERS, "b")?, publish(WATCHERS, "a")?);
    let times = |than: Duration| watched.as_secs_f64() / than.as_secs_f64();
    println!(
        "publishing to {WATCHERS} watchers costs {watched:.2?}: {:.2} × the {alone:.2?} without any (at most 1.20 ×), \
         {:.2} × the {beside:.2?} while as many watch another topic, whose work takes the same caches\n",
        times(alone),
        times(beside)
    );
    Ok(())
}

fn one(peer: Peer, watchers: usize, packets: usize, period: Duration) -> Result<FanOut> {
    let server = Server::start(peer)?;
    // For what is there only once.
    let mut warm_up = Pool::open(server.addr, WARM_UP)?;
    warm_up
        .run("/bench/idle", Duration::ZERO, |_, data, _| Ok(if data.is_empty() { Next::Wait } else { Next::Done }))?;
    sleep(Duration::from_millis(300));
    let resident = server.resident()?;
    let mut pool = Pool::open(server.addr, watchers)?;
    let mut readers = vec![Times::default(); watchers];
    let mut delays = Vec::with_capacity(watchers * PACKETS);
    let (mut start, mut before, mut own_before, mut grown) = (clock::now(), server.cpu()?, own_cpu()?, 0);
    let mut has_begun = false;
    let path = format!("/bench/fan-out/{watchers}/{packets}/{}", period.as_micros());
    pool.run(&path, Duration::ZERO, |at, data, over| {
        let now = clock::now();
        if !data.is_empty() && !has_begun {
            // Opening the connections is measured by others.
            (has_begun, start, before, own_before) = (true, now, server.cpu()?, own_cpu()?);
            grown = server.resident()?.saturating_sub(resident);
        }
        let is_live = !period.is_zero();
        readers[at].read(data, |sent| {
            if is_live {
                delays.push(now.saturating_sub(sent))
            }
        })?;
        Ok(if over { Next::Done } else { Next::Wait })
    })?;
    let time = Duration::from_nanos(clock::now() - start);
    let (server, client) = (server.cpu()? - before, own_cpu()? - own_before);
    let complete = readers.iter().all(|reader| reader.packets == packets);
    ensure!(complete, "a watcher had more or fewer than its {packets} packets");
    delays.sort_unstable();
    Ok(FanOut { time, server, client, grown, delays })
}

/// The median cost of one call of `publish` to the topic `a` while this many watch a topic. If that is another one, it gets
/// the same packets.
fn publish(watchers: usize, watched: &str) -> Result<Duration> {
    const CALLS: usize = 2_000;
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let hub = Hub::<u64>::new();
        for _ in 0..watchers {
            let mut watch = hub.watch(watched);
            tokio::spawn(async move {
                while std::future::poll_fn(|cx| std::pin::Pin::new(&mut watch).poll_next(cx)).await.is_some() {}
            });
        }
        let mut costs = Vec::with_capacity(CALLS);
        for number in 0..CALLS as u64 {
            if watched != "a" {
                hub.publish(watched, &number).await?;
            }
            // All watchers wait again.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            let since = Instant::now();
            hub.publish("a", &number).await?;
            costs.push(since.elapsed());
        }
        costs.sort_unstable();
        Ok(costs[CALLS / 2])
    })
}
