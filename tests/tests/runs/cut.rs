//! Runs over connections that are cut: real sockets, and a proxy that cuts them anywhere. Their client is made here,
//! because it decodes what comes up to a cut, event by event, and comes back with what it has.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use outflow::{
    Controller as _, action, controller,
    run::{RunState, Runs},
    test,
};
use tokio::{net::TcpStream, sync::Semaphore, time::sleep};

use crate::support::{
    empty,
    logs::{BentLog, on_each_log},
    open,
    proxy::{Cut, cutting},
    runs::KEY,
    serve, soon, until,
};

/// How many packets a run has.
const PACKETS: u64 = 300;

#[derive(Clone)]
struct Words {
    started: Arc<AtomicUsize>,
    /// A permit for each packet that may be sent.
    permits: Arc<Semaphore>,
}

#[controller]
impl Words {
    #[action(post, resumable)]
    async fn count(&self) -> u64 {
        self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=PACKETS {
            self.permits.acquire().await.unwrap().forget();
            self.stream(packet(i));
            if i % 10 == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        PACKETS
    }
}

fn packet(number: u64) -> String {
    format!("žlutý 🐎 {number}")
}

/// A server, and its action.
fn app(log: BentLog, permits: u64) -> (Router, Words) {
    let permits = Arc::new(Semaphore::new(usize::try_from(permits).unwrap()));
    let words = Words { started: Arc::default(), permits };
    (words.clone().into_router().layer(Runs::new(log).layer()), words)
}

/// A client that keeps its packets, and comes back with the number of the last one until it has the end.
struct Client {
    key: String,
    run: Option<String>,
    last: u64,
    packets: Vec<String>,
    end: Option<String>,
    /// Answers that broke off.
    cuts: usize,
}

impl Client {
    fn new(key: &str) -> Self {
        Self { key: key.to_owned(), run: None, last: 0, packets: Vec::new(), end: None, cuts: 0 }
    }

    /// From the first request to the end, whatever happens on the way.
    async fn complete(&mut self, addr: SocketAddr) {
        while self.end.is_none() {
            self.visit(addr).await;
        }
        assert_eq!(self.end.as_deref(), Some("done 300"));
        assert_eq!(self.packets, (1..=PACKETS).map(packet).collect::<Vec<_>>());
    }

    /// One connection, to its end.
    async fn visit(&mut self, addr: SocketAddr) {
        let request = match &self.run {
            Some(run) => Request::get(run).header("run-key", &self.key).header("last-event-id", self.last),
            None => Request::post("/words/count").header("idempotency-key", &self.key),
        };
        let request = request.header("host", "localhost").body(Body::empty()).unwrap();
        let (mut client, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(TcpStream::connect(addr).await.unwrap())).await.unwrap();
        tokio::spawn(connection);
        let Ok(response) = soon("the head", client.send_request(request)).await else {
            self.cuts += 1;
            return;
        };
        assert_eq!(response.status(), StatusCode::OK);
        if let Some(location) = response.headers().get("location") {
            self.run = Some(location.to_str().unwrap().replace("./", "/words/"));
        }
        self.read(response.into_body()).await;
    }

    async fn read(&mut self, mut body: Incoming) {
        let mut text = Vec::new();
        while let Some(frame) = soon("a frame", body.frame()).await {
            let Ok(frame) = frame else { break };
            text.extend_from_slice(frame.data_ref().unwrap());
            while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = text.drain(..end + 2).collect();
                self.event(std::str::from_utf8(&event).unwrap());
            }
        }
        self.cuts += usize::from(self.end.is_none());
    }

    /// Takes an event that is whole: one that breaks off before its empty line does not count.
    fn event(&mut self, event: &str) {
        let fields =
            |name: &'static str| event.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "));
        let field = |name| fields(name).next_back();
        let number: u64 = field("id").unwrap().parse().unwrap();
        if fields("id").count() > 1 {
            assert_eq!(fields("id").next(), Some(&*self.last.to_string()), "another cursor than ours");
        }
        let data = field("data").unwrap();
        assert_eq!(number, self.last + 1, "a hole, or a packet twice");
        self.last = number;
        match field("event") {
            Some(name) => self.end = Some(format!("{name} {data}")),
            None => self.packets.push(serde_json::from_str(data).unwrap()),
        }
    }
}

/// Behind the first place where the answer has this text, and some bytes more.
fn behind(text: &'static str, more: usize) -> Cut {
    Box::new(move |seen| {
        let text = text.as_bytes();
        seen.windows(text.len()).position(|window| window == text).map(|at| at + text.len() + more)
    })
}

fn never() -> Cut {
    Box::new(|_| None)
}

/// The next number of a sequence that is the same in each run of the test.
fn random(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    usize::try_from(*seed % 900).unwrap()
}

on_each_log! {
    async fn a_client_that_is_cut_anywhere_has_each_packet_once(log: Log) {
        for mut seed in [1, 20, 300] {
            let (app, words) = app(BentLog::new(log.clone()), PACKETS);
            let mut client = Client::new(&format!("{KEY}{seed}"));
            let mut left = 40;
            let addr = cutting(serve(app).await, move || {
                if left == 0 {
                    return never();
                }
                left -= 1;
                let at = random(&mut seed);
                Box::new(move |_| Some(at))
            });
            client.complete(addr.await).await;
            assert_eq!((client.cuts, words.started.load(Ordering::SeqCst)), (40, 1));
        }
    }

    async fn a_client_that_is_cut_within_an_event_has_it_once(log: Log) {
        let (app, _) = app(BentLog::new(log), PACKETS);
        let mut cuts = [
            behind("\nid: 5", 0),
            behind("id: 17\n", 0),
            behind("id: 30\nda", 0),
            // Within the four bytes of the horse, and the two of the letter.
            behind("id: 41\ndata: \"žlutý ", 2),
            behind("id: 52\ndata: \"žlut", 1),
            behind("🐎 63\"", 0),
            behind("🐎 74\"\n", 0),
            behind("🐎 85\"\n\n", 0),
            behind("event: do", 0),
            behind("event: done\nid: 301\ndata: 30", 0),
        ]
        .into_iter();
        let count = cuts.len();
        let addr = cutting(serve(app).await, move || cuts.next().unwrap_or_else(never)).await;
        let mut client = Client::new(KEY);
        client.complete(addr).await;
        assert_eq!(client.cuts, count);
    }

    async fn a_client_that_never_had_the_head_tries_again_with_its_key(log: Log) {
        let (app, words) = app(BentLog::new(log), PACKETS);
        let mut is_first = true;
        let next = move || -> Cut {
            if std::mem::take(&mut is_first) { Box::new(|_| Some(0)) } else { never() }
        };
        let addr = cutting(serve(app).await, next).await;
        let mut client = Client::new(KEY);
        client.visit(addr).await;
        assert_eq!((client.run.as_deref(), client.cuts), (None, 1));
        client.complete(addr).await;
        assert_eq!(words.started.load(Ordering::SeqCst), 1);
    }

    async fn a_client_that_is_cut_before_the_first_packet_has_a_number_to_come_back_with(log: Log) {
        let (app, words) = app(BentLog::new(log), 0);
        let mut cuts = [behind("id: 0\n", 0)].into_iter();
        let addr = cutting(serve(app).await, move || cuts.next().unwrap_or_else(never)).await;
        let mut client = Client::new(KEY);
        client.visit(addr).await;
        assert_eq!((client.run.is_some(), client.cuts, client.packets.len()), (true, 1, 0));
        words.permits.add_permits(usize::try_from(PACKETS).unwrap());
        client.complete(addr).await;
        assert_eq!(words.started.load(Ordering::SeqCst), 1);
    }

    /// The client leaves when its run is open and nobody writes it yet: at this very moment, so its request is dropped
    /// by hand.
    async fn a_client_that_leaves_while_its_run_is_opened_leaves_no_orphan(log: Log) {
        let log = BentLog::new(log);
        let (app, words) = app(log.clone(), PACKETS);
        let shut = log.opening.write().await;
        tokio::select! {
            _ = open(&app, empty(Request::post("/words/count").header("idempotency-key", KEY))) => panic!("the answer came too soon"),
            () = until("the run", async || log.opened.lock().unwrap().is_some()) => {}
        }
        drop(shut);
        let client = test::Client::new(app);
        let mut answer = client.post("/words/count").header("idempotency-key", KEY).start();
        let all = answer.rest::<String, u64>().await;
        assert_eq!((all.packets, all.result), ((1..=PACKETS).map(packet).collect(), PACKETS));
        assert_eq!(words.started.load(Ordering::SeqCst), 1);
        assert_eq!(client.state(answer.run()).await, RunState::Done);
    }
}
