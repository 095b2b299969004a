//! A proxy between a node and its Redis: it can stall, drop hints, lose calls, or lead elsewhere.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

#[derive(Clone)]
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    port: Mutex<u16>,
    is_stalled: watch::Sender<bool>,
    /// Changes when all connections are to be cut.
    cuts: watch::Sender<()>,
    trap: Mutex<Option<Trap>>,
    /// Drops every hint whose number this divides; none where it is 0.
    deaf_to: AtomicUsize,
    hints: AtomicUsize,
    connections: AtomicUsize,
}

/// Waits for a request that holds these bytes.
struct Trap {
    marker: &'static [u8],
    then: Then,
    sprung: Arc<Notify>,
}

/// The fate of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It never arrives.
    Hold,
    /// It arrives, and its connection breaks before the reply has come through.
    LoseReply,
}

impl Proxy {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared {
            port: Mutex::new(port),
            is_stalled: watch::Sender::new(false),
            cuts: watch::Sender::new(()),
            trap: Mutex::default(),
            deaf_to: AtomicUsize::new(0),
            hints: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        let proxy = Self { addr: listener.local_addr().unwrap(), shared: shared.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = shared.clone();
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut cuts = shared.cuts.subscribe();
                    tokio::select! {
                        () = carry(&shared, client) => {}
                        _ = cuts.changed() => {}
                    }
                });
            }
        });
        proxy
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Leads new connections to another server.
    pub fn lead_to(&self, port: u16) {
        *self.shared.port.lock().unwrap() = port;
    }

    /// Breaks all connections.
    pub fn cut(&self) {
        self.shared.cuts.send_replace(());
    }

    /// Lets nothing through any more, without a word to either side.
    pub fn stall(&self) {
        self.shared.is_stalled.send_replace(true);
    }

    /// Lets all through again, what has waited first.
    pub fn heal(&self) {
        self.shared.is_stalled.send_replace(false);
    }

    /// Drops every `nth` hint; none where it is 0.
    pub fn drop_hints(&self, nth: usize) {
        self.shared.deaf_to.store(nth, Ordering::SeqCst);
    }

    /// The number of connections that were made to it.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The number of hints that have come by.
    pub fn hints(&self) -> usize {
        self.shared.hints.load(Ordering::SeqCst)
    }

    /// Does this with the next request that holds these bytes, and notifies.
    pub fn trap(&self, marker: &'static str, then: Then) -> Arc<Notify> {
        let sprung = Arc::<Notify>::default();
        *self.shared.trap.lock().unwrap() = Some(Trap { marker: marker.as_bytes(), then, sprung: sprung.clone() });
        sprung
    }
}

impl Shared {
    async fn passable(&self) {
        // An error would mean that there is no proxy left to stall.
        let _ = self.is_stalled.subscribe().wait_for(|is_stalled| !is_stalled).await;
    }

    fn spring(&self, request: &[u8]) -> Option<Then> {
        let mut trap = self.trap.lock().unwrap();
        let is_in = |trap: &mut Trap| request.windows(trap.marker.len()).any(|bytes| bytes == trap.marker);
        let Trap { then, sprung, .. } = trap.take_if(is_in)?;
        sprung.notify_one();
        Some(then)
    }

    /// The whole replies among these bytes, without the hints that are to be dropped. The rest stays behind.
    fn without_hints(&self, replies: &mut Vec<u8>) -> Vec<u8> {
        let mut passed = Vec::new();
        while let Some(length) = length(replies) {
            let reply: Vec<_> = replies.drain(..length).collect();
            let is_hint = reply.starts_with(b"*3\r\n$7\r\nmessage\r\n");
            let nth = self.deaf_to.load(Ordering::SeqCst);
            let count = if is_hint { self.hints.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
            if !is_hint || nth == 0 || count % nth != 0 {
                passed.extend(reply);
            }
        }
        passed
    }
}

/// Carries a connection to its end.
async fn carry(shared: &Shared, mut client: TcpStream) {
    let port = *shared.port.lock().unwrap();
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (mut up, mut down) = ([0; 64 * 1024], [0; 64 * 1024]);
    let mut replies = Vec::new();
    let mut is_losing = false;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                shared.passable().await;
                match shared.spring(&up[..length]) {
                    Some(Then::Hold) => std::future::pending().await,
                    Some(Then::LoseReply) => is_losing = true,
                    None => {}
                }
                if server.write_all(&up[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                shared.passable().await;
                if is_losing {
                    return;
                }
                replies.extend(&down[..length]);
                if client.write_all(&shared.without_hints(&mut replies)).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The length of the first reply (RESP 2), if all of it is there.
fn length(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|end| end == b"\r\n")? + 2;
    let count: Option<usize> = std::str::from_utf8(&bytes[1..line - 2]).ok()?.parse().ok();
    match (bytes[0], count) {
        (b'$', Some(count)) => Some(line + count + 2).filter(|end| *end <= bytes.len()),
        (b'*', Some(count)) => (0..count).try_fold(line, |end, _| Some(end + length(bytes.get(end..)?)?)),
        _ => Some(line),
    }
}
