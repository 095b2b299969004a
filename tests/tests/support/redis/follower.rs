//! A client of runs on nodes, and the oracle of their tests: it accepts only the packet that comes next, comes back when
//! it is cut off, and either ends or fails its test.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Response, body::Incoming};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::TcpStream,
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::support::{
    LIMIT,
    runs::{KEY, location},
    soon, with_headers, within,
};

/// How a follower ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With the result.
    Done(String),
    /// With an event that names this failure.
    Failed(String),
    /// With a status and the failure that its problem names.
    Refused(u16, String),
}

/// Everything that a follower has received.
#[derive(Debug)]
pub struct Seen {
    /// The packets by their numbers.
    pub packets: BTreeMap<u64, String>,
    pub end: End,
    /// The status of each answer.
    pub answers: Vec<u16>,
    /// The longest time that a packet was on its way.
    pub slowest: Duration,
}

impl Seen {
    /// Checks that it has every packet from this number on, once, and the end.
    pub fn is_complete(&self, first: u64, to: u64) {
        self.has(first, to);
        assert_eq!(self.end, End::Done(to.to_string()), "{:?}", self.answers);
    }

    /// Checks that it has the packets of these numbers, and no other.
    pub fn has(&self, first: u64, to: u64) {
        let seen: Vec<_> = self.packets.keys().copied().collect();
        assert_eq!(seen, (first..=to).collect::<Vec<_>>(), "{:?} {:?}", self.end, self.answers);
    }

    pub fn last(&self) -> u64 {
        self.packets.keys().next_back().copied().unwrap_or_default()
    }

    /// Checks that it was told, by an event or by a status, that the run is lost.
    pub fn is_lost(&self) {
        let is_lost = match &self.end {
            End::Failed(kind) => kind == "lost",
            End::Refused(status, kind) => *status == 409 && kind == "lost",
            End::Done(_) => false,
        };
        assert!(is_lost, "{:?} {:?}", self.end, self.answers);
    }
}

/// Checks that all of them have the same bytes at the same number.
pub fn agree<'a>(all: impl IntoIterator<Item = &'a Seen>) {
    let mut packets = BTreeMap::new();
    for (number, packet) in all.into_iter().flat_map(|seen| &seen.packets) {
        assert_eq!(packets.entry(number).or_insert(packet), &packet, "number {number}");
    }
}

/// A client that follows a run in a task of its own.
pub struct Follower {
    task: JoinHandle<Seen>,
    last: watch::Receiver<u64>,
}

impl Follower {
    /// Follows a run with a key of its own.
    pub fn of(nodes: &[SocketAddr], run: &str, key: &str, cursor: u64) -> Self {
        let (nodes, run, key) = (nodes.to_vec(), run.to_owned(), key.to_owned());
        let (tell, last) = watch::channel(cursor);
        let reader = Reader { tell, last: cursor, packets: BTreeMap::new(), slowest: Duration::ZERO };
        Self { task: tokio::spawn(reader.follow(nodes, run, key)), last }
    }

    /// Waits until it has the packet of this number.
    pub async fn reaches(&mut self, number: u64) {
        let reached = soon(format_args!("packet {number}"), self.last.wait_for(|last| *last >= number)).await.is_ok();
        assert!(reached, "the follower ended after packet {}", *self.last.borrow());
    }

    /// Everything that it has received at its end, which must come within this time.
    pub async fn within(self, bound: Duration) -> Seen {
        match timeout(bound, self.task).await {
            Ok(seen) => seen.unwrap(),
            Err(_) => panic!("a follower hangs at packet {}", *self.last.borrow()),
        }
    }

    /// The same, if only the end matters, not the time.
    pub async fn end(self) -> Seen {
        self.within(LIMIT).await
    }
}

/// Follows a run from this number on, at the first of the nodes that answers.
pub fn follow(nodes: &[SocketAddr], run: &str, cursor: u64) -> Follower {
    Follower::of(nodes, run, KEY, cursor)
}

/// Starts a run, and gives its path.
pub async fn start(node: SocketAddr, path: &str) -> String {
    start_with(node, path, KEY).await
}

/// The same with a key of its own.
pub async fn start_with(node: SocketAddr, path: &str, key: &str) -> String {
    let response = ask(node, Method::POST, path, &[("idempotency-key", key)]).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    location(path, response.headers())
}

/// The answer as soon as its head is there; `None` if nothing listens there or the connection breaks.
pub async fn ask(node: SocketAddr, method: Method, path: &str, headers: &[(&str, &str)]) -> Option<Response<Incoming>> {
    let asking = async {
        let tcp = TokioIo::new(TcpStream::connect(node).await.ok()?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(tcp).await.ok()?;
        tokio::spawn(connection);
        let request = with_headers(method, path, headers).header("host", "localhost");
        sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.ok()
    };
    // Some nodes are away for as long as a minute.
    within(2 * LIMIT, "an answer", asking).await
}

/// The state of a run and the number of its last record, by `HEAD`.
pub async fn head(node: SocketAddr, run: &str) -> (String, u64) {
    let response = ask(node, Method::HEAD, run, &[("run-key", KEY)]).await.unwrap();
    let text = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap());
    (text("run-state").to_owned(), text("run-tail").parse().unwrap_or_default())
}

struct Reader {
    tell: watch::Sender<u64>,
    last: u64,
    packets: BTreeMap<u64, String>,
    slowest: Duration,
}

impl Reader {
    async fn follow(mut self, nodes: Vec<SocketAddr>, run: String, key: String) -> Seen {
        let mut answers = Vec::new();
        for node in nodes.iter().cycle() {
            let cursor = self.last.to_string();
            let headers = [("run-key", &*key), ("last-event-id", &*cursor)];
            if let Some(response) = ask(*node, Method::GET, &run, &headers).await {
                answers.push(response.status().as_u16());
                if let Some(end) = self.read(response).await {
                    return Seen { packets: self.packets, end, answers, slowest: self.slowest };
                }
            }
            // It comes back.
            sleep(Duration::from_millis(50)).await;
        }
        unreachable!("there is a node");
    }

    /// Reads a response, and says how it ended if this is for good.
    async fn read(&mut self, response: Response<Incoming>) -> Option<End> {
        let (head, mut body) = response.into_parts();
        if head.status != StatusCode::OK {
            let body = body.collect().await.ok()?.to_bytes();
            let comes_back = head.headers.contains_key("retry-after");
            assert!(head.status != StatusCode::INTERNAL_SERVER_ERROR, "{body:?}");
            return (!comes_back).then(|| End::Refused(head.status.as_u16(), kind(&body)));
        }
        let mut text = String::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return None };
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
            while let Some((event, rest)) = text.split_once("\n\n") {
                let end = self.event(event);
                if end.is_some() {
                    assert_eq!(rest, "", "something comes after the end");
                    assert!(body.frame().await.is_none(), "something comes after the end");
                    return end;
                }
                text = rest.to_owned();
            }
        }
        // It is sent away by a `retry` after the last event, or after the fields that come before the first one.
        let is_sent_away = text.lines().last().is_some_and(|line| line.starts_with("retry: "));
        assert!(is_sent_away, "a body ended well without an end, after packet {}", self.last);
        None
    }

    fn event(&mut self, event: &str) -> Option<End> {
        // The last line of a field counts.
        let field = |name: &str| event.lines().rev().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let number: Option<u64> = field("id").map(|id| id.parse().unwrap());
        let data = field("data").unwrap_or_default();
        match field("event") {
            Some("done") => {
                assert_eq!(number, Some(self.last + 1), "the end has a number of its own");
                return Some(End::Done(data.to_owned()));
            }
            Some("error") => {
                assert!(number >= Some(self.last), "a failure has the number that its client comes back with");
                return Some(End::Failed(kind(data.as_bytes())));
            }
            _ if data.is_empty() => return None,
            _ => {}
        }
        assert_eq!(number, Some(self.last + 1), "packets come once and in order");
        self.last += 1;
        let at = serde_json::from_str::<Value>(data).unwrap()["at"].as_u64().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.slowest = self.slowest.max(now.saturating_sub(Duration::from_micros(at)));
        self.packets.insert(self.last, data.to_owned());
        self.tell.send_replace(self.last);
        None
    }
}

/// The kind of a problem: the end of its type.
fn kind(problem: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(problem).unwrap_or_default();
    let kind = problem["type"].as_str().unwrap_or_default();
    kind.strip_prefix("urn:outflow:run/").unwrap_or(kind).to_owned()
}
