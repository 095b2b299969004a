//! Ticks and plain requests beside streams that always have something to send: how late the ones are, and how much the
//! others send meanwhile.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread::{self, ScopedJoinHandle, sleep},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};

use crate::{
    client::{Next, NothingCame, Pool, Times, request},
    clock,
    peers::Peer,
    process::{Server, own_cpu},
    report::{self, Bar, Metric},
    rounds::{self, percentile},
};

/// The peers that a project would pick for streams among others. The rest is in the other scenarios.
const PEERS: &[Peer] = &[Peer::Outflow, Peer::Axum, Peer::Actix];

/// Streams that tick, one beginning this long after the other: together a tick every 10 ms.
const TICKING: usize = 10;
const APART: Duration = Duration::from_millis(10);
/// In each of them: a second of ticks.
const TICKS: usize = 10;
/// The delay that counts where nothing comes at all. Some peers starve the others for good.
const STARVED: Duration = Duration::from_secs(5);
/// Between two plain requests.
const PAUSE: Duration = Duration::from_millis(5);
/// The time in which the busy streams get up to speed.
const WARM_UP: Duration = Duration::from_millis(200);

const METRICS: &[Metric<Fair>] = &[
    Metric { name: "tick p50", of: |fair| percentile(&fair.ticks, 50), show: millis, bars: NO_LATER },
    Metric { name: "tick p99", of: |fair| percentile(&fair.ticks, 99), show: millis, bars: NO_LATER },
    Metric { name: "request p50", of: |fair| percentile(&fair.requests, 50), show: millis, bars: NO_LATER },
    Metric { name: "request p99", of: |fair| percentile(&fair.requests, 99), show: millis, bars: NO_LATER },
    Metric {
        name: "packets/s",
        of: |fair| fair.packets as f64 / fair.time.as_secs_f64(),
        show: |rate| format!("{:.0} k", rate / 1e3),
        bars: &[(Peer::Axum, Bar::AtLeast(1.0))],
    },
];

const NO_LATER: &[(Peer, Bar)] = &[(Peer::Axum, Bar::AtMost(1.0))];

fn millis(nanos: f64) -> String {
    format!("{:.2} ms", nanos / 1e6)
}

/// The streams that always have something to send.
#[derive(Clone, Copy)]
struct Busy {
    streams: usize,
    packet: &'static str,
    /// The work for each packet, in microseconds.
    work: u64,
}

struct Fair {
    time: Duration,
    server: Duration,
    client: Duration,
    /// From the moment that a tick is due to that of its arrival, in nanoseconds, sorted.
    ticks: Vec<u64>,
    /// From a plain request to the end of its answer, in nanoseconds, sorted.
    requests: Vec<u64>,
    /// The packets of the busy streams.
    packets: u64,
}

pub(crate) fn run() -> Result<()> {
    for (packet, work) in [("small", 0), ("small", 50), ("large", 0), ("large", 50)] {
        for streams in [1, 2, 8] {
            let busy = Busy { streams, packet, work };
            let samples = rounds::measure(PEERS, |peer| one(peer, busy))?;
            let title = format!("fair: beside {streams} streams of {packet} packets, {work} µs of work for each");
            report::print(&title, &samples, METRICS);
            report::print_busy(&samples, |fair| (fair.time, fair.server, fair.client));
        }
    }
    Ok(())
}

fn one(peer: Peer, busy: Busy) -> Result<Fair> {
    let server = Server::start(peer)?;
    let (packets, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let reading = scope.spawn(|| read(server.addr, busy, &packets, &is_over));
        sleep(WARM_UP);
        let asking = scope.spawn(|| ask(server.addr, &is_over));
        let (start, packets_before) = (Instant::now(), packets.load(Ordering::Relaxed));
        let before = server.cpu().and_then(|cpu| Ok((cpu, own_cpu()?)));
        let ticks = ticks(server.addr);
        let after = server.cpu().and_then(|cpu| Ok((cpu, own_cpu()?)));
        let (time, packets) = (start.elapsed(), packets.load(Ordering::Relaxed) - packets_before);
        // Before anything is returned, because the scope waits for its threads.
        is_over.store(true, Ordering::Relaxed);
        joined(reading)?;
        let (ticks, requests, before, after) = (ticks?, joined(asking)?, before?, after?);
        Ok(Fair { time, server: after.0 - before.0, client: after.1 - before.1, ticks, requests, packets })
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a thread of the client panicked"))?
}

/// Reads the busy streams as fast as they come, and counts their packets.
fn read(addr: SocketAddr, busy: Busy, packets: &AtomicU64, is_over: &AtomicBool) -> Result<()> {
    let mut lines = vec![0; busy.streams];
    let path = format!("/bench/busy/{}/{}", busy.packet, busy.work);
    Pool::open(addr, busy.streams)?.run(&path, Duration::ZERO, |at, data, over| {
        ensure!(!over, "an endless stream has ended");
        if is_over.load(Ordering::Relaxed) {
            return Ok(Next::AllDone);
        }
        // A packet is two lines, of which the second one is empty.
        lines[at] += memchr::memchr_iter(b'\n', data).count() as u64;
        packets.fetch_add(lines[at] / 2, Ordering::Relaxed);
        lines[at] %= 2;
        Ok(Next::Wait)
    })
}

/// Reads all ticks, and returns how late they are.
fn ticks(addr: SocketAddr) -> Result<Vec<u64>> {
    let mut times = vec![Times::default(); TICKING];
    let mut late = Vec::with_capacity(TICKING * TICKS);
    let mut pool = Pool::open(addr, TICKING)?.patience(STARVED);
    let read = pool.run(&format!("/bench/ticks/{TICKS}"), APART, |at, data, over| {
        let now = clock::now();
        times[at].read(data, |due| late.push(now.saturating_sub(due)))?;
        Ok(if over { Next::Done } else { Next::Wait })
    });
    match read {
        Err(error) if error.is::<NothingCame>() => late.resize(TICKING * TICKS, nanos(STARVED)),
        read => read?,
    }
    ensure!(late.len() == TICKING * TICKS, "{} ticks have come, and not {}", late.len(), TICKING * TICKS);
    late.sort_unstable();
    Ok(late)
}

/// Sends plain requests on one connection until the ticks are over, and returns how long each answer takes.
fn ask(addr: SocketAddr, is_over: &AtomicBool) -> Result<Vec<u64>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(STARVED))?;
    let mut times = Vec::new();
    while times.is_empty() || !is_over.load(Ordering::Relaxed) {
        let start = clock::now();
        match hello(&mut stream) {
            Ok(()) => times.push(clock::now() - start),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                times.push(nanos(STARVED));
                break;
            }
            Err(error) => return Err(error.into()),
        }
        sleep(PAUSE);
    }
    times.sort_unstable();
    Ok(times)
}

/// One plain request, to the end of its answer.
fn hello(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(request("/bench/hello").as_bytes())?;
    let (mut answer, mut input) = (Vec::new(), [0; 1024]);
    while !answer.ends_with(b"\r\n\r\nhello") {
        match stream.read(&mut input)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => answer.extend_from_slice(&input[..length]),
        }
    }
    Ok(())
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}
