//! Outflow, as its README says.

use std::future::pending;

use anyhow::Result;
use outflow::{Server, action, controller};
use tokio::{net::TcpListener, time::interval};

use super::{PERIOD, due, packet, work};
use crate::clock;

/// The actions that are measured, over HTTP and in process.
#[derive(Debug)]
pub struct Bench;

#[controller]
impl Bench {
    #[action(path = "/burst/{n}")]
    async fn burst(&self, n: u32) {
        for i in 0..n {
            self.stream(format!("i={i}"));
        }
    }

    #[action(post, path = "/plain/{n}")]
    async fn plain(&self, n: u32) {
        for i in 0..n {
            self.stream(format!("i={i}"));
        }
    }

    #[action(post, path = "/kept/{n}", resumable)]
    async fn kept(&self, n: u32) {
        for i in 0..n {
            self.stream(format!("i={i}"));
        }
    }

    #[action(path = "/sparse/{n}")]
    async fn sparse(&self, n: u32) {
        let mut every = interval(PERIOD);
        for _ in 0..n {
            every.tick().await;
            self.stream(clock::now());
        }
    }

    #[action(path = "/busy/{kind}/{micros}")]
    async fn busy(&self, kind: String, micros: u64) {
        for i in 0.. {
            work(micros);
            self.stream(packet(&kind, i));
        }
    }

    #[action(path = "/ticks/{n}")]
    async fn ticks(&self, n: usize) {
        let mut every = interval(PERIOD);
        for due in due().take(n) {
            every.tick().await;
            self.stream(due);
        }
    }

    #[action]
    async fn hello(&self) -> &'static str {
        "hello"
    }

    #[action]
    async fn idle(&self) {
        self.stream("open");
        pending::<()>().await;
    }
}

pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(Server::new(Bench).serve_on(listener).await?)
}
