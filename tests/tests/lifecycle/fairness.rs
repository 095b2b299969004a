//! A stream that never waits lets the other connections of its thread have their turn.
//!
//! The clients are threads of their own, so that they take no turns of the server's thread.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use outflow::{Controller as _, action, controller};

use crate::support::LIMIT;

struct Busy;

#[controller]
impl Busy {
    /// Always has the next packet, after so many microseconds of work.
    #[action(path = "/endless/{micros}")]
    async fn endless(&self, micros: u64) {
        let packet = "x".repeat(1000);
        loop {
            let since = Instant::now();
            while since.elapsed() < Duration::from_micros(micros) {}
            self.stream(&packet);
        }
    }

    #[action]
    async fn plain(&self) -> &'static str {
        "plain"
    }
}

/// Serves on one thread, for as long as the test binary runs.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, Busy.into_router()).await.unwrap();
        });
    });
    addr
}

fn get(addr: SocketAddr, path: &str) -> TcpStream {
    let mut tcp = TcpStream::connect(addr).unwrap();
    tcp.set_read_timeout(Some(LIMIT)).unwrap();
    write!(tcp, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    tcp
}

/// The bytes that an endless stream sends while another request is answered, at the least of five.
fn bytes_beside_a_request(micros: u64) -> u64 {
    let addr = serve();
    let received = Arc::new(AtomicU64::new(0));
    let counted = received.clone();
    let mut stream = get(addr, &format!("/busy/endless/{micros}"));
    let reader = thread::spawn(move || {
        let mut bytes = vec![0; 1024 * 1024];
        while let Ok(read @ 1..) = stream.read(&mut bytes) {
            counted.fetch_add(read as u64, Ordering::SeqCst);
        }
    });
    let since = Instant::now();
    while received.load(Ordering::SeqCst) < 1024 * 1024 {
        assert!(since.elapsed() < LIMIT && !reader.is_finished(), "the stream does not flow");
        thread::sleep(Duration::from_millis(1));
    }
    let beside = (0..5).map(|_| {
        let before = received.load(Ordering::SeqCst);
        let mut answer = String::new();
        get(addr, "/busy/plain").read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("plain"), "{answer}");
        received.load(Ordering::SeqCst) - before
    });
    beside.min().unwrap()
}

/// Far more than one turn of the stream, and far less than it sends if nothing ends its turns: 33 MB where this was measured.
const BESIDE: u64 = 4 * 1024 * 1024;

#[test]
fn packets_that_cost_nothing_let_another_request_through() {
    let bytes = bytes_beside_a_request(0);
    assert!(bytes < BESIDE, "{bytes} bytes");
}

#[test]
fn packets_that_cost_work_let_another_request_through() {
    let bytes = bytes_beside_a_request(50);
    assert!(bytes < BESIDE, "{bytes} bytes");
}
