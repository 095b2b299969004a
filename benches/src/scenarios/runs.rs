//! Resumable runs: what a packet costs beside one of an action without `resumable`, what a run holds when it has ended,
//! and what Redis does for one writer, for many, and for many who follow. Needs `redis-server`.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, ensure};
use axum::{Router, body::Body, http::Request};
use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::BodyExt as _;
use outflow::{
    Controller as _,
    run::{Digest, Keep, Meta, RedisLog, RunId, RunLog, RunState, Runs},
};
use tokio::{
    runtime::Builder,
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use tower::ServiceExt as _;

use crate::{
    peers::{Peer, outflow::Bench},
    process::Server,
    report::print_rows,
    rounds::{ROUNDS, median},
};

/// The followers of one run: nearly as many as it may have.
const PACKETS: u32 = 90_000;
/// The number of runs of a hundred packets that end, to see what they hold.
const ENDED: u32 = 5_000;
/// The bars of the ratios.
const BURST: f64 = 1.5;
const FOLLOWED: f64 = 2.0;
const MANY: f64 = 0.9;

/// The packets of one writer in Redis, and the number of writers beside which it is measured.
const WRITTEN: u32 = 100_000;
const WRITERS: u32 = 256;

const FOLLOWERS: [usize; 4] = [1, 100, 1_000, 4_000];
/// The number of packets that are appended while they follow, and the time between two.
const APPENDS: u64 = 40;
const APART: Duration = Duration::from_millis(100);

pub(crate) fn run() -> Result<()> {
    println!("runs: what survives its client, beside what does not\n");
    burst()?;
    ended()?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(redis())
}

fn burst() -> Result<()> {
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let server = Server::start(Peer::Outflow)?;
        let cpu = |path: &str| {
            let mut client = Client::open(server.addr)?;
            client.post(&format!("/bench/{path}/{}", PACKETS / 10))?;
            let before = server.cpu()?;
            for _ in 0..10 {
                client.post(&format!("/bench/{path}/{PACKETS}"))?;
            }
            Ok::<_, anyhow::Error>((server.cpu()? - before).as_secs_f64() * 1e9 / f64::from(PACKETS * 10))
        };
        samples.push((cpu("plain")?, cpu("kept")?));
    }
    let [plain, kept] =
        [median(samples.iter().map(|(plain, _)| *plain)), median(samples.iter().map(|(_, kept)| *kept))];
    let ratio = median(samples.iter().map(|(plain, kept)| kept / plain));
    print_rows(&[
        row(["memory log, server CPU/packet in a burst", "", "", ""]),
        row(["without `resumable`", &format!("{plain:.0} ns"), "", ""]),
        row(["with it", &format!("{kept:.0} ns"), &format!("{ratio:.2}"), &bar(ratio, BURST)]),
    ]);
    Ok(())
}

fn ended() -> Result<()> {
    let server = Server::start(Peer::Outflow)?;
    let mut client = Client::open(server.addr)?;
    let mut end = |runs| (0..runs).try_for_each(|_| client.post("/bench/kept/100"));
    end(100)?;
    let before = server.resident()?;
    end(ENDED)?;
    let grown = server.resident()?.saturating_sub(before) as f64 / f64::from(ENDED);
    print_rows(&[
        row(["memory log, an ended run of 100 packets", "", "", ""]),
        row(["in the process", &format!("{:.1} KiB", grown / 1024.0), "", ""]),
    ]);
    Ok(())
}

async fn redis() -> Result<()> {
    let redis = Redis::start()?;
    let log = RedisLog::connect(&redis.url()).await?;
    let app = Bench::default().into_router().layer(Runs::new(log.clone()).layer());
    let mut rows = vec![row(["Redis", "", "", ""])];
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        samples.push((written(&app, &log, 1, WRITTEN).await?, written(&app, &log, WRITERS, 1_000).await?));
    }
    let [one, many] = [median(samples.iter().map(|(one, _)| *one)), median(samples.iter().map(|(_, many)| *many))];
    let ratio = median(samples.iter().map(|(one, many)| many / one));
    let before = redis.used()?;
    let short = written(&app, &log, WRITERS, 100).await?;
    let held = (redis.used()? - before) / f64::from(WRITERS);
    rows.push(row(["packets/s of one writer", &format!("{one:.0}"), "", ""]));
    rows.push(row(["packets/s of 256 writers", &format!("{many:.0}"), &format!("{ratio:.2}"), &least(ratio, MANY)]));
    rows.push(row(["runs of 100 packets/s, 256 at once", &format!("{:.0}", short / 100.0), "", ""]));
    rows.push(row(["memory of an ended run of 100 packets", &format!("{:.1} KiB", held / 1024.0), "", ""]));
    print_rows(&rows);

    let mut rows = vec![row(["Redis, append while so many follow the run on this node", "p50", "÷ 1", ""])];
    let mut alone = None;
    for followers in FOLLOWERS {
        let (append, all) = followed(&app, &log, followers).await?;
        let alone = *alone.get_or_insert(append);
        let name = format!("{followers}");
        let bar = if followers == FOLLOWERS[3] { bar(append / alone, FOLLOWED) } else { String::new() };
        rows.push(row([&name, &format!("{:.2} ms", append * 1e3), &format!("{:.2}", append / alone), &bar]));
        rows.push(row(["  … until all have the packet", &format!("{:.2} ms", all * 1e3), "", ""]));
    }
    print_rows(&rows);
    Ok(())
}

/// Packets per second of so many runs with so many packets each, whose clients have left.
async fn written(app: &Router, log: &RedisLog, runs: u32, packets: u32) -> Result<f64> {
    let start = Instant::now();
    // At the same time: one after the other, most runs would have ended before the last one starts.
    let started = try_join_all((0..runs).map(|_| begin(app, packets))).await?;
    for run in started {
        while log.meta(&run).await?.is_none_or(|known| known.state == RunState::Open) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    Ok(f64::from(runs * packets) / start.elapsed().as_secs_f64())
}

/// Starts a run with so many packets. Its client leaves with the head.
async fn begin(app: &Router, packets: u32) -> Result<RunId> {
    let request = Request::post(format!("/bench/kept/{packets}")).body(Body::empty())?;
    let Ok(response) = app.clone().oneshot(request).await;
    let location = response.headers().get("location").context("a response without `Location`")?.to_str()?;
    location.rsplit('/').next().and_then(RunId::parse).context("a `Location` without a run")
}

/// The time of an append, and the time until all followers have what was appended: medians, in seconds.
async fn followed(app: &Router, log: &RedisLog, followers: usize) -> Result<(f64, f64)> {
    let (run, key) = (RunId::random(), "0123456789abcdef012345");
    let meta = Meta {
        action: "/bench/kept/1".to_owned(),
        key: Some(Digest::of([key.as_bytes()])),
        owner: None,
        name: None,
        claim: None,
        keep: Keep::DEFAULT,
    };
    let writer = log.open(&run, meta).await.map_err(|error| anyhow!("{error:?}"))?;
    let (sender, mut arrived) = unbounded_channel();
    for _ in 0..followers {
        let request = Request::get(format!("/bench/kept/1/runs/{run}")).header("run-key", key).body(Body::empty())?;
        let Ok(response) = app.clone().oneshot(request).await;
        ensure!(response.status().is_success(), "a follower was answered with {}", response.status());
        tokio::spawn(follow(response.into_body(), sender.clone()));
    }
    // All have begun, and none begins in the same moment as another.
    for _ in 0..followers {
        arrived.recv().await;
    }
    let mut samples = Vec::new();
    for number in 1..=APPENDS {
        tokio::time::sleep(APART).await;
        let start = Instant::now();
        log.append(&writer, number, [format!("j\"{number:0118}\"")].into())
            .await
            .map_err(|error| anyhow!("{error:?}"))?;
        let append = start.elapsed();
        for _ in 0..followers {
            arrived.recv().await;
        }
        samples.push((append.as_secs_f64(), start.elapsed().as_secs_f64()));
    }
    log.close(&writer, APPENDS + 1, RunState::Done, Bytes::from_static(b"d"))
        .await
        .map_err(|error| anyhow!("{error:?}"))?;
    Ok((median(samples.iter().map(|(append, _)| *append)), median(samples.iter().map(|(_, all)| *all))))
}

/// Tells of each frame.
async fn follow(mut body: Body, arrived: UnboundedSender<()>) {
    while let Some(Ok(_)) = body.frame().await {
        if arrived.send(()).is_err() {
            return;
        }
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

fn bar(ratio: f64, most: f64) -> String {
    format!("≤ {most} {}", if ratio <= most { "met" } else { "MISSED" })
}

fn least(ratio: f64, least: f64) -> String {
    format!("≥ {least} {}", if ratio >= least { "met" } else { "MISSED" })
}

/// One connection that is kept.
struct Client {
    stream: TcpStream,
    input: Vec<u8>,
}

impl Client {
    fn open(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: vec![0; 256 * 1024] })
    }

    /// Reads the answer to its last chunk.
    fn post(&mut self, path: &str) -> Result<()> {
        write!(self.stream, "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n")?;
        let mut last = Vec::new();
        let mut is_first = true;
        while !last.ends_with(b"\r\n0\r\n\r\n") {
            let length = self.stream.read(&mut self.input)?;
            ensure!(length > 0, "the server closed the connection before the end of its response");
            let new = &self.input[..length];
            ensure!(!is_first || new.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(new));
            is_first = false;
            last.extend_from_slice(&new[length.saturating_sub(8)..]);
            last.drain(..last.len().saturating_sub(8));
        }
        Ok(())
    }
}

/// A Redis of the bench's own.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start `redis-server`: `cargo xtask test setup` installs it")?;
        let redis = Self { child, port };
        let start = Instant::now();
        while redis.used().is_err() {
            ensure!(start.elapsed() < Duration::from_secs(10), "`redis-server` does not answer");
            sleep(Duration::from_millis(20));
        }
        Ok(redis)
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The bytes that it holds.
    fn used(&self) -> Result<f64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(b"INFO memory\r\nQUIT\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let used = text.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(used.context("`INFO` has no line `used_memory:`")?.trim().parse()?)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
