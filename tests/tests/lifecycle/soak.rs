//! A soak: clients that behave and clients that do not, at the same time, for as long as `SOAK_SECONDS` says. Nothing is
//! lost for those that behave, and at the end the server is as it was at the beginning. Most of them break the rules of
//! HTTP, so they are written by hand.

use std::{
    env, fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request};
use bytes::Bytes;
use futures_util::{StreamExt as _, future::join_all};
use outflow::{Controller as _, Drain, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Handle,
    time::sleep,
};

use crate::support::{
    serve_drained, soon, until,
    wire::{Ask, End, PROTOCOLS, Protocol},
};

#[derive(Clone, Default)]
struct Soak {
    /// How many actions run.
    running: Arc<AtomicUsize>,
}

/// Counts an action for as long as it is not dropped.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

const PACKETS: u32 = 200;

#[controller]
impl Soak {
    /// Numbers, some together and some apart.
    #[action]
    async fn count(&self) {
        let _running = Running::new(&self.running);
        for i in 0..PACKETS {
            self.stream(i);
            if i % 20 == 0 {
                sleep(Duration::from_millis(10)).await;
            }
        }
    }

    #[action(heartbeat = "0s")]
    async fn idle(&self) {
        let _running = Running::new(&self.running);
        self.stream("tick");
        std::future::pending::<()>().await;
    }

    #[action]
    async fn flood(&self) {
        let _running = Running::new(&self.running);
        loop {
            self.stream("x".repeat(1_000));
        }
    }

    #[action(post)]
    async fn upload(&self, body: Body) {
        let _running = Running::new(&self.running);
        let mut body = body.into_data_stream();
        let mut bytes = 0;
        while let Some(Ok(piece)) = body.next().await {
            bytes += piece.len();
        }
        self.stream(bytes);
    }
}

/// Short for the server's limits, long for clients that behave on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(5);

const PLACES: usize = 5_000;

fn request(path: &str, accept: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\naccept: {accept}\r\n\r\n")
}

/// A client that behaves: everything arrives.
async fn behaves(addr: SocketAddr, protocol: Protocol) {
    let expected: String = (0..PACKETS).map(|i| format!("{i}\n")).collect();
    let mut exchange = Ask::get(protocol, "/soak/count", "application/x-ndjson").open(addr).await;
    assert_eq!(exchange.end().await, (expected, End::Clean), "over {protocol:?}");
}

async fn uploads(addr: SocketAddr) {
    let mut client = TcpStream::connect(addr).await.unwrap();
    let head = "POST /soak/upload HTTP/1.1\r\nhost: a\r\naccept: text/plain\r\ncontent-length: 200000\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&[b'x'; 200_000]).await.unwrap();
    let mut text = String::new();
    while !text.ends_with("\r\n0\r\n\r\n") {
        let mut bytes = [0; 4096];
        let read = soon("the answer", client.read(&mut bytes)).await.unwrap();
        assert!(read > 0, "the connection ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    assert!(text.contains("200000"), "{text}");
}

#[derive(Clone, Copy, Debug)]
enum Misdeed {
    BytesBehind,
    HalfHead,
    NoByte,
    HalfSecondHead,
    ReadsNothing,
    Resets,
    NoWindow,
    HalfUpload,
}

const MISDEEDS: [Misdeed; 8] = [
    Misdeed::BytesBehind,
    Misdeed::HalfHead,
    Misdeed::NoByte,
    Misdeed::HalfSecondHead,
    Misdeed::ReadsNothing,
    Misdeed::Resets,
    Misdeed::NoWindow,
    Misdeed::HalfUpload,
];

/// A client that misbehaves. Errors are its own fault.
async fn misbehaves(addr: SocketAddr, misdeed: Misdeed, round: usize) {
    if let Misdeed::NoWindow = misdeed {
        return gives_no_window(addr).await;
    }
    let mut client = TcpStream::connect(addr).await.unwrap();
    let accept = ["text/csv", "text/plain", "text/event-stream"][round % 3];
    let sent = match misdeed {
        Misdeed::BytesBehind => request("/soak/idle", accept) + ["\r\n", "x", "GET / HTTP/1.1\r\n\r\n"][round % 3],
        Misdeed::HalfHead => "GET /soak/count HTTP/1.1\r\nho".to_owned(),
        Misdeed::NoByte | Misdeed::NoWindow => String::new(),
        Misdeed::HalfSecondHead => request("/nowhere", accept),
        Misdeed::ReadsNothing => request("/soak/flood", accept),
        Misdeed::Resets => request("/soak/count", accept),
        Misdeed::HalfUpload => {
            "POST /soak/upload HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n".to_owned() + &"x".repeat(1_000)
        }
    };
    let _ = client.write_all(sent.as_bytes()).await;
    match misdeed {
        Misdeed::BytesBehind | Misdeed::Resets => {
            let _ = soon("the head", client.read(&mut [0; 16])).await;
        }
        Misdeed::HalfSecondHead => {
            let _ = soon("the head", client.read(&mut [0; 4096])).await;
            let _ = client.write_all(b"GET /soak").await;
        }
        _ => {}
    }
    match misdeed {
        Misdeed::HalfHead | Misdeed::NoByte | Misdeed::HalfSecondHead => {
            let mut rest = Vec::new();
            let _ = soon(format!("the end of {misdeed:?}"), client.read_to_end(&mut rest)).await;
        }
        Misdeed::ReadsNothing => sleep(2 * TIMEOUT).await,
        _ => {}
    }
    if round % 2 == 0 {
        let _ = client.set_zero_linger();
    }
}

async fn gives_no_window(addr: SocketAddr) {
    let tcp = TcpStream::connect(addr).await.unwrap();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(0);
    let (mut client, connection) = builder.handshake::<_, Bytes>(tcp).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut bodies = Vec::new();
    for _ in 0..5 {
        let request = Request::get("http://localhost/soak/flood").body(()).unwrap();
        let Ok((response, _)) = client.send_request(request, true) else { break };
        bodies.push(soon("the head", response).await);
    }
    let _ = soon("the end of a connection without a window", connection).await;
}

/// The open descriptors and the memory of this process, in bytes.
fn usage() -> (usize, usize) {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().count();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    (descriptors, memory.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024)
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes 25 seconds, or as long as SOAK_SECONDS says: `cargo xtask test --all`"]
async fn a_server_is_as_before_after_clients_of_all_kinds() {
    let seconds = env::var("SOAK_SECONDS").map_or(20, |seconds| seconds.parse().expect("SOAK_SECONDS is a number"));
    let (start, length) = (Instant::now(), Duration::from_secs(seconds));
    let soak = Soak::default();
    let drain = Drain::new().head_timeout(TIMEOUT).stall_timeout(TIMEOUT).max_streams(PLACES);
    let addr = serve_drained(&drain, soak.clone().into_router()).await;
    let (tasks_before, (descriptors_before, _)) = (tasks(), usage());
    for protocol in PROTOCOLS {
        behaves(addr, protocol).await;
    }
    let (well, badly) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let is_on = move || start.elapsed() < length;

    let mut clients = Vec::new();
    for number in 0..12 {
        let well = well.clone();
        clients.push(tokio::spawn(async move {
            while is_on() {
                match number % 3 {
                    2 => uploads(addr).await,
                    protocol => behaves(addr, PROTOCOLS[protocol]).await,
                }
                well.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for misdeed in MISDEEDS.into_iter().cycle().take(4 * MISDEEDS.len()) {
        let badly = badly.clone();
        clients.push(tokio::spawn(async move {
            for round in 0.. {
                if !is_on() {
                    break;
                }
                misbehaves(addr, misdeed, round).await;
                badly.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    // What the allocator keeps has been reached long before the middle.
    sleep(length / 2).await;
    let (_, memory_before) = usage();
    for client in join_all(clients).await {
        client.unwrap();
    }

    until("the end of all actions", async || soak.running.load(Ordering::SeqCst) == 0).await;
    until("all places", async || format!("{drain:?}").contains(&format!("free_streams: Some({PLACES})"))).await;
    until("the end of all tasks", async || tasks() <= tasks_before).await;
    until("the end of all connections", async || usage().0 <= descriptors_before).await;
    let (_, memory) = usage();
    let (well, badly) = (well.load(Ordering::Relaxed), badly.load(Ordering::Relaxed));
    println!("{well} clients behaved, {badly} did not; {memory_before} bytes in the middle, {memory} at the end");
    assert!(memory < memory_before + (32 << 20), "{memory_before} bytes in the middle, {memory} at the end");
    assert!(well > 0 && badly > 0);
}
