//! axum's `Sse` by hand, as its documentation and most projects write it.

use std::{convert::Infallible, future::pending};

use anyhow::Result;
use async_stream::stream;
use axum::{
    Router,
    extract::Path,
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
    serve::ListenerExt as _,
};
use futures_core::Stream;
use serde::Serialize;
use tokio::{net::TcpListener, time::interval};

use super::{PERIOD, due, packet, work};
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
    serve_routes(routes).await
}

pub(crate) async fn serve_routes(routes: Router) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    // Without this, a small packet waits for the acknowledgement of the one before, and all else is dwarfed by it.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP socket has this option"));
    Ok(axum::serve(listener, routes).await?)
}
