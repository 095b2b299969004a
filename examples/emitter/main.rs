//! Packets from where `self.stream` can't be: a thread that computes, and the callback it is given.
//!
//! ```text
//! cargo run --example emitter
//! curl -N 127.0.0.1:3000/primes/2000000
//! ```

use outflow::{Server, TrySendError, action, controller};
use outflow_examples::listen;
use tokio::task::spawn_blocking;

struct Primes;

#[controller]
impl Primes {
    /// Counts the primes below a limit, and reports each percent of the way.
    #[action(path = "/{limit}")] // GET /primes/2000000
    async fn below(&self, limit: u32) -> usize {
        let emitter = self.emitter();
        // A client that is behind misses a percent; one that has left ends the work.
        let report = move |percent| emitter.try_send(percent) != Err(TrySendError::Closed);
        spawn_blocking(move || count(limit, report)).await.expect("counting does not panic")
    }
}

/// Knows nothing of streams. `report` says whether to go on.
fn count(limit: u32, report: impl Fn(u64) -> bool) -> usize {
    let is_prime = |number: &u64| (2..).take_while(|divisor| divisor * divisor <= *number).all(|it| number % it != 0);
    let at = |percent| u64::from(limit) * percent / 100;
    let percents = (1..=100).take_while(|percent| report(*percent));
    percents.map(|percent| (at(percent - 1).max(2)..at(percent)).filter(is_prime).count()).sum()
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    Server::new(Primes).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
