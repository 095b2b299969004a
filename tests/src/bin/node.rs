//! One of several nodes that keep their runs and a room in one Redis, for the tests that kill, stop and cut them off.
//!
//! It prints a line for each thing that happens inside: `started`, and then `finished` or `dropped`.

use std::{
    env, io,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use outflow::{
    Controller as _, Hub, Redis, Server, action, controller,
    run::{RedisLog, Runs},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

struct Node {
    room: Hub<u32>,
}

/// Prints what happens to an execution.
struct Execution {
    is_finished: bool,
}

impl Execution {
    fn start() -> Self {
        println!("started");
        Self { is_finished: false }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        println!("{}", if self.is_finished { "finished" } else { "dropped" });
    }
}

#[controller]
impl Node {
    /// Sends this number of packets, with a pause in milliseconds. Each says when it was made, so no two executions send the
    /// same.
    #[action(post, path = "/count/{to}/{pause}", resumable)]
    async fn count(&self, to: u32, pause: u64) -> u32 {
        let mut execution = Execution::start();
        for n in 1..=to {
            self.stream(packet(n));
            sleep(Duration::from_millis(pause)).await;
        }
        execution.is_finished = true;
        to
    }

    /// A member of the room, as long as it watches.
    #[action(path = "/room/{member}")]
    async fn enter(&self, member: String) {
        self.stream_all(self.room.watch("a").as_member(member, &"a card"));
    }

    /// A run that is kept only for a moment after its node has died.
    #[action(post, resumable(retention = "500ms"))]
    async fn brief(&self) {
        let _execution = Execution::start();
        self.stream(packet(1));
        std::future::pending::<()>().await;
    }
}

fn packet(n: u32) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({ "n": n, "at": u64::try_from(now.as_micros()).unwrap_or_default() })
}

/// A time in milliseconds from the environment.
fn millis(name: &str) -> Option<Duration> {
    env::var(name).ok()?.parse().ok().map(Duration::from_millis)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let url = env::var("REDIS_URL").map_err(io::Error::other)?;
    let redis = Redis::connect(&url).await.map_err(io::Error::other)?;
    let (mut log, mut room) = (RedisLog::new(&redis), Hub::redis(&redis, "room"));
    if let Some(lease) = millis("LEASE") {
        (log, room) = (log.lease(lease), room.lease(lease));
    }
    if let Some(outage_timeout) = millis("OUTAGE_TIMEOUT") {
        log = log.outage_timeout(outage_timeout);
    }
    let app = Node { room }.into_router().layer(Runs::new(log).layer());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    Server::new(app).grace(millis("GRACE").unwrap_or_default()).serve_on(listener).await
}
