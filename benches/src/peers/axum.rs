//! axum's `Sse` by hand, as its documentation and most projects write it.

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use async_stream::stream;
use axum::{
    Router,
    extract::{Path, State},
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
    serve::ListenerExt as _,
};
use futures_core::Stream;
use serde::Serialize;
use tokio::{net::TcpListener, sync::broadcast, time::interval};

use super::{PERIOD, Pace, due, packet, work};
use crate::clock;

fn event<T: Serialize>(packet: &T) -> Result<Event, Infallible> {
    let json = serde_json::to_string(packet).expect("strings and numbers can be written");
    Ok(Event::default().data(json))
}

async fn burst(Path(n): Path<u32>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream! {
        for i in 0..n {
            yield event(&format!("i={i}"));
        }
    })
}

async fn sparse(Path(n): Path<u32>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream! {
        let mut every = interval(PERIOD);
        for _ in 0..n {
            every.tick().await;
            yield event(&clock::now());
        }
    };
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn busy(Path((kind, micros)): Path<(String, u64)>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream! {
        for i in 0.. {
            work(micros);
            yield event(&packet(&kind, i));
        }
    })
}

async fn ticks(Path(n): Path<usize>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream! {
        let mut every = interval(PERIOD);
        for due in due().take(n) {
            every.tick().await;
            yield event(&due);
        }
    };
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// The source of `/bench/fan-out`, and how many have come.
#[derive(Clone)]
struct Source {
    numbers: broadcast::Sender<u64>,
    watchers: Arc<AtomicUsize>,
}

async fn fan_out(
    State(source): State<Source>,
    Path((watchers, packets, micros)): Path<(usize, usize, u64)>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut numbers = source.numbers.subscribe();
    if source.watchers.fetch_add(1, Ordering::Relaxed) + 1 == watchers {
        tokio::spawn(async move {
            let mut pace = Pace::new(micros);
            for number in 0..packets {
                pace.wait().await;
                source.numbers.send(clock::now()).expect("somebody watches");
                if number % 64 == 63 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    let events = stream! {
        for _ in 0..packets {
            match numbers.recv().await {
                Ok(number) => yield event(&number),
                Err(_) => break,
            }
        }
    };
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn idle() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream! {
        yield event(&"open");
        pending::<()>().await;
    };
    Sse::new(events).keep_alive(KeepAlive::default())
}

pub(crate) async fn serve() -> Result<()> {
    let routes = Router::new()
        .route("/bench/burst/{n}", get(burst))
        .route("/bench/sparse/{n}", get(sparse))
        .route("/bench/busy/{kind}/{micros}", get(busy))
        .route("/bench/ticks/{n}", get(ticks))
        .route("/bench/hello", get("hello"))
        .route("/bench/idle", get(idle));
    // As many as are published at once, because this one does not tell a lag.
    let (numbers, _) = broadcast::channel(1 << 17);
    let source = Source { numbers, watchers: Arc::default() };
    let routes = routes.route("/bench/fan-out/{watchers}/{packets}/{micros}", get(fan_out)).with_state(source);
    serve_routes(routes).await
}

pub(crate) async fn serve_routes(routes: Router) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    // Without this, a small packet waits for the acknowledgement of the one before, and all else is dwarfed by it.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP socket has this option"));
    Ok(axum::serve(listener, routes).await?)
}
