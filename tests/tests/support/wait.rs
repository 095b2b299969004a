//! Limits for waits: what never comes fails its test instead of hanging it.

use std::{
    fmt::Display,
    pin::pin,
    sync::{Arc, LazyLock},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

/// How long a wait may take. It is generous, because it matters only if something is wrong.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Changes once a second, by the wall clock: tokio's own may be paused, and hours of it pass in no time.
static TICKS: LazyLock<watch::Sender<()>> = LazyLock::new(|| {
    let ticks = watch::Sender::new(());
    let sender = ticks.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(1));
            sender.send_replace(());
        }
    });
    ticks
});

/// The output of a future, which must come within a minute of real time.
pub async fn soon<F: Future>(what: impl Display, future: F) -> F::Output {
    within(LIMIT, what, future).await
}

/// The same with another limit.
pub async fn within<F: Future>(limit: Duration, what: impl Display, future: F) -> F::Output {
    let mut future = pin!(future);
    let (since, mut ticks) = (Instant::now(), TICKS.subscribe());
    loop {
        tokio::select! {
            biased;
            output = &mut future => return output,
            _ = ticks.changed() => assert!(since.elapsed() < limit, "it never came: {what}"),
        }
    }
}

/// Asks again and again until the answer is yes.
pub async fn until(what: impl Display, mut is_so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is_so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(what, asking).await;
}

/// Gives bytes on their way this much real time for each second of a paused clock, which would jump to the next timer
/// before they arrive.
pub fn pace_clock(real: Duration) {
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            thread::sleep(real);
        }
    });
}

/// Notifies when it is dropped, and with it the action that holds it.
pub struct OnDrop(pub Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
