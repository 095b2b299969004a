//! Outflow, as its README says.

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::Result;
use futures_util::StreamExt as _;
use outflow::{Hub, Server, action, controller};
use tokio::{net::TcpListener, time::interval};

use super::{PERIOD, Pace, due, packet, work};
use crate::clock;

/// The actions that are measured, over HTTP and in process.
#[derive(Debug)]
pub struct Bench {
    hub: Hub<u64>,
    watchers: AtomicUsize,
}

impl Default for Bench {
    fn default() -> Self {
        let hub = Hub::new().keep(200_000, Duration::from_secs(60)).keep_bytes(64 * 1024 * 1024);
        Self { hub, watchers: AtomicUsize::new(0) }
    }
}

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

    #[action(path = "/fan-out/{watchers}/{packets}/{micros}", item = u64)]
    async fn fan_out(&self, watchers: usize, packets: usize, micros: u64) {
        let watch = self.hub.watch("all");
        if self.watchers.fetch_add(1, Ordering::Relaxed) + 1 == watchers {
            let hub = self.hub.clone();
            tokio::spawn(async move {
                let mut pace = Pace::new(micros);
                for _ in 0..packets {
                    pace.wait().await;
                    hub.publish("all", &clock::now()).await.expect("it can be published");
                }
            });
        }
        self.stream_all(watch.take(packets));
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
    Ok(Server::new(Bench::default()).serve_on(listener).await?)
}
