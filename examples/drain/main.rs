//! An axum application that calls `axum::serve` itself and ends its streams well: press Ctrl-C while curl reads.
//!
//! ```text
//! cargo run --example drain
//! curl -N 127.0.0.1:3000/clock/ticks        # is told at once to come back
//! curl -N 127.0.0.1:3000/clock/countdown    # may finish
//! ```

use std::time::Duration;

use outflow::{Controller as _, Drain, action, controller};
use outflow_examples::listen;
use tokio::{signal::ctrl_c, time::sleep};

struct Clock;

#[controller]
impl Clock {
    /// Never ends, so its clients are better off with another server.
    #[action(on_shutdown = close)] // GET /clock/ticks
    async fn ticks(&self) {
        loop {
            self.stream("tick");
            sleep(Duration::from_secs(1)).await;
        }
    }

    #[action] // GET /clock/countdown
    async fn countdown(&self) {
        for seconds in (1..=10).rev() {
            self.stream(seconds);
            sleep(Duration::from_secs(1)).await;
        }
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let drain = Drain::new().grace(Duration::from_secs(20));
    let app = Clock.into_router().layer(drain.layer()).into_make_service();
    let serving = axum::serve(drain.listener(listen().await?), app).with_graceful_shutdown(drain.started());
    let on_signal = drain.clone();
    tokio::spawn(async move {
        ctrl_c().await.ok();
        on_signal.start();
    });
    serving.await?;
    drain.idle().await; // runs, and actions that finish without their client
    Ok(())
}

#[cfg(test)]
mod tests;
