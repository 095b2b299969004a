//! actix-web with the `Sse` of actix-web-lab.

use std::{convert::Infallible, future::pending, time::Duration};

use actix_web::{App, HttpServer, Responder, rt::System, web};
use actix_web_lab::sse::{Data, Event, Sse};
use anyhow::Result;
use async_stream::stream;
use serde::Serialize;
use tokio::time::interval;

use super::{PERIOD, due, packet, threads, work};
use crate::clock;

/// As often as axum's.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

fn event<T: Serialize>(packet: T) -> Result<Event, Infallible> {
    Ok(Data::new_json(packet).expect("strings and numbers can be written").into())
}

async fn burst(n: web::Path<u32>) -> impl Responder {
    Sse::from_stream(stream! {
        for i in 0..*n {
            yield event(format!("i={i}"));
        }
    })
}

async fn sparse(n: web::Path<u32>) -> impl Responder {
    Sse::from_stream(stream! {
        let mut every = interval(PERIOD);
        for _ in 0..*n {
            every.tick().await;
            yield event(clock::now());
        }
    })
}

async fn busy(path: web::Path<(String, u64)>) -> impl Responder {
    let (kind, micros) = path.into_inner();
    Sse::from_stream(stream! {
        for i in 0.. {
            work(micros);
            yield event(packet(&kind, i));
        }
    })
}

async fn ticks(n: web::Path<usize>) -> impl Responder {
    Sse::from_stream(stream! {
        let mut every = interval(PERIOD);
        for due in due().take(*n) {
            every.tick().await;
            yield event(due);
        }
    })
}

async fn hello() -> impl Responder {
    "hello"
}

async fn idle() -> impl Responder {
    let events = stream! {
        yield event("open");
        pending::<()>().await;
    };
    Sse::from_stream(events).with_keep_alive(KEEP_ALIVE)
}

pub(crate) fn serve() -> Result<()> {
    let server = HttpServer::new(|| {
        App::new()
            .route("/bench/burst/{n}", web::get().to(burst))
            .route("/bench/sparse/{n}", web::get().to(sparse))
            .route("/bench/busy/{kind}/{micros}", web::get().to(busy))
            .route("/bench/ticks/{n}", web::get().to(ticks))
            .route("/bench/hello", web::get().to(hello))
            .route("/bench/idle", web::get().to(idle))
    });
    // actix accepts connections on a thread of its own beside its workers.
    let server = server.workers(threads()).tcp_nodelay(true).bind("127.0.0.1:0")?;
    for addr in server.addrs() {
        println!("{addr}");
    }
    Ok(System::new().block_on(server.run())?)
}
