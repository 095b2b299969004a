//! A proxy before a model: 200 clients, each of which asks again as soon as it has its answer of 400 tokens. The model's
//! server and the clients are the same for all, and cost little: an answer is prebuilt, each event in an HTTP chunk of
//! its own, and is written as fast as it is read.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    client::{Next, Pool},
    clock,
    peers::Peer,
    process::{Server, allow_connections, own_cpu},
    proxies::{self, TOKENS, upstream},
    report::{self, Bar, Metric},
    rounds::{self, percentile},
};

const CLIENTS: usize = 200;
const ANSWERS: usize = 4000;
/// For what is done once: connections to the model's server, Node's compiler.
const WARM_UP: usize = ANSWERS / 4;

/// The events of an answer: one with the role, the tokens, one with the end's reason, and `[DONE]`.
const EVENTS: usize = TOKENS + 3;
/// The first one that has a token.
const FIRST: usize = 2;

const METRICS: &[Metric<Proxied>] = &[
    Metric {
        name: "requests/s",
        of: |proxied| ANSWERS as f64 / proxied.time.as_secs_f64(),
        show: |rate| format!("{rate:.0}"),
        bars: &[(Peer::Axum, Bar::AtLeast(1.5)), (Peer::Node, Bar::AtLeast(1.0)), (Peer::Bun, Bar::AtLeast(1.0))],
    },
    Metric {
        name: "first token p95",
        of: |proxied| percentile(&proxied.first_tokens, 95),
        show: |nanos| format!("{:.0} ms", nanos / 1e6),
        bars: &[],
    },
    Metric {
        name: "CPU/answer",
        of: |proxied| proxied.server.as_secs_f64() / ANSWERS as f64,
        show: |seconds| format!("{:.0} µs", seconds * 1e6),
        bars: &[],
    },
    Metric {
        name: "peak memory",
        of: |proxied| proxied.peak as f64,
        show: |bytes| format!("{:.1} MiB", bytes / f64::from(1 << 20)),
        bars: &[],
    },
];

struct Proxied {
    time: Duration,
    server: Duration,
    client: Duration,
    /// From a request to the arrival of its first token, in nanoseconds, sorted.
    first_tokens: Vec<u64>,
    peak: u64,
}

pub(crate) fn run() -> Result<()> {
    allow_connections(2 * CLIENTS as u64)?;
    let mut peers = vec![Peer::Outflow, Peer::Axum, Peer::Node];
    if proxies::bun().is_some() {
        peers.push(Peer::Bun);
    } else {
        println!("NOT MEASURED: Bun, which `npm ci --ignore-scripts` in `benches` installs\n");
    }
    let samples = rounds::measure(&peers, one)?;
    let title = format!("proxy: {CLIENTS} clients of a model behind it, {ANSWERS} answers of {TOKENS} tokens");
    report::print(&title, &samples, METRICS);
    report::print_busy(&samples, |proxied| (proxied.time, proxied.server, proxied.client));
    Ok(())
}

fn one(peer: Peer) -> Result<Proxied> {
    let model = Server::spawn(proxies::upstream_command()?)?;
    let server = Server::spawn(proxies::command(peer, model.addr)?)?;
    is_whole(server.addr)?;
    let mut pool = Pool::open(server.addr, CLIENTS)?;
    ask(&mut pool, WARM_UP)?;
    let (start, before, own_before) = (Instant::now(), server.cpu()?, own_cpu()?);
    let first_tokens = ask(&mut pool, ANSWERS)?;
    let (time, server_cpu, client) = (start.elapsed(), server.cpu()? - before, own_cpu()? - own_before);
    Ok(Proxied { time, server: server_cpu, client, first_tokens, peak: server.peak()? })
}

/// The request of every client.
fn request() -> String {
    let body = json!({
        "model": "gpt-4o-mini",
        "stream": true,
        "messages": [
            { "role": "system", "content": "You are a helpful assistant." },
            { "role": "user", "content": "What is a stream of tokens, and where does it flow?" },
        ],
    });
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Asks this often, on all connections together, and returns how long the first tokens took.
fn ask(pool: &mut Pool, answers: usize) -> Result<Vec<u64>> {
    let mut lines = [0; CLIENTS];
    let mut asked_at = [clock::now(); CLIENTS];
    let mut first_tokens = Vec::with_capacity(answers);
    let mut asked = CLIENTS;
    pool.send(&request(), Duration::ZERO, |at, data, over| {
        let before = lines[at];
        // An event is two lines, of which the second one is empty.
        lines[at] += memchr::memchr_iter(b'\n', data).count();
        if before < 2 * FIRST && lines[at] >= 2 * FIRST {
            first_tokens.push(clock::now() - asked_at[at]);
        }
        if !over {
            return Ok(Next::Wait);
        }
        ensure!(lines[at] == 2 * EVENTS, "an answer has {} events, and not {EVENTS}", lines[at] / 2);
        lines[at] = 0;
        if asked >= answers {
            return Ok(Next::Done);
        }
        asked += 1;
        asked_at[at] = clock::now();
        Ok(Next::Again)
    })?;
    first_tokens.sort_unstable();
    Ok(first_tokens)
}

/// Reads one answer: it must have every token of the model, the same id in each chunk, and an end.
fn is_whole(addr: std::net::SocketAddr) -> Result<()> {
    let mut body = Vec::new();
    Pool::open(addr, 1)?.send(&request(), Duration::ZERO, |_, data, over| {
        body.extend_from_slice(data);
        Ok(if over { Next::Done } else { Next::Wait })
    })?;
    let events: Vec<_> = str::from_utf8(&body)?.split_terminator("\n\n").collect();
    ensure!(events.len() == EVENTS, "an answer has {} events, and not {EVENTS}", events.len());
    ensure!(events.last() == Some(&"data: [DONE]"), "an answer has no end");
    let chunks = events[..EVENTS - 1].iter().map(|event| {
        let chunk: Value = serde_json::from_str(event.strip_prefix("data: ").unwrap_or_default())?;
        Ok(chunk)
    });
    let chunks: Vec<Value> = chunks.collect::<Result<_>>()?;
    ensure!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"] && chunk["model"] == "gpt-4o-mini"));
    let delta = |chunk: usize| &chunks[chunk]["choices"][0]["delta"];
    ensure!(*delta(0) == json!({ "role": "assistant", "content": "" }), "the first chunk is {}", chunks[0]);
    ensure!((0..TOKENS).all(|i| *delta(i + 1) == json!({ "content": upstream::token(i) })), "a token is wrong");
    ensure!(chunks[TOKENS + 1]["choices"][0]["finish_reason"] == "stop", "the answer does not say why it ends");
    Ok(())
}
