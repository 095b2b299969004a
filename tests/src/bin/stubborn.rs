//! A server whose work blocks threads, for the tests of how a process ends. It prints a line for each thing that a test
//! has to wait for.

use std::{
    env, io, thread,
    time::{Duration, SystemTime},
};

use futures_util::future::try_join_all;
use outflow::{Controller as _, Server, action, controller};
use tokio::{net::TcpListener, runtime, task::spawn_blocking, time::sleep};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

const AN_HOUR: Duration = Duration::from_secs(3600);

struct Stubborn;

#[controller]
impl Stubborn {
    /// Is done at once, but its work is not.
    #[action]
    async fn background(&self) {
        spawn_blocking(|| {
            println!("blocked");
            thread::sleep(AN_HOUR);
        });
        self.stream("started");
    }

    /// Blocks the thread that it runs on.
    #[action]
    async fn worker(&self) {
        self.stream("started");
        println!("blocked");
        thread::sleep(AN_HOUR);
    }

    #[action]
    async fn quick(&self) {
        self.stream("done");
    }

    #[action]
    async fn endless(&self) {
        loop {
            self.stream(SystemTime::now());
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A whole number from the environment.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

async fn serve() -> io::Result<()> {
    let grace = Duration::from_secs(number("GRACE").unwrap_or_default());
    let mut servers = Vec::new();
    for _ in 0..number("SERVERS").unwrap_or(1) {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        servers.push(Server::new(Stubborn.into_router()).grace(grace).serve_on(listener));
    }
    try_join_all(servers).await?;
    if let Some(seconds) = number("CLEAN_UP") {
        println!("cleaning up");
        sleep(Duration::from_secs(seconds)).await;
        println!("clean");
    }
    Ok(())
}

/// A log that is stuck, such as a pipe that nobody empties.
struct StuckLog;

impl<S: Subscriber> Layer<S> for StuckLog {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        thread::sleep(AN_HOUR);
    }
}

/// What `#[tokio::main]` makes: the runtime is dropped at the end.
fn main() -> io::Result<()> {
    if number("STUCK_LOG").is_some() {
        tracing_subscriber::registry().with(StuckLog).init();
    }
    let mut runtime = match number("WORKERS") {
        None => runtime::Builder::new_current_thread(),
        Some(workers) => {
            let mut runtime = runtime::Builder::new_multi_thread();
            runtime.worker_threads(workers as usize);
            runtime
        }
    };
    runtime.enable_all().build()?.block_on(serve())
}
