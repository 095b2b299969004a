//! What the cases in `pass` need to run an action.

use futures_util::StreamExt as _;
use outflow::{Event, Generator};

/// Runs an action to its end: its packets as they were written, and what it returned.
///
/// # Panics
/// If the action does not return.
pub fn run<R>(generator: Generator<'_, R>) -> (Vec<String>, R) {
    block_on(collect(generator))
}

/// The same, in a task that runs already.
///
/// # Panics
/// If the action does not return.
pub async fn collect<R>(mut generator: Generator<'_, R>) -> (Vec<String>, R) {
    let mut packets = Vec::new();
    while let Some(event) = generator.next().await {
        match event {
            Event::Packet(packet) => packets.push(String::from_utf8_lossy(packet.as_bytes()).into_owned()),
            Event::Done(returned) => return (packets, returned),
            Event::Gap(gap) => panic!("packets were missed: {}", gap.to_json()),
            Event::Failed(failure) => panic!("the action failed: {failure}"),
        }
    }
    panic!("the action has no end");
}

/// Runs a future with tokio's timers.
///
/// # Panics
/// If there is no runtime to be had.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// A controller of another crate.
#[derive(Debug)]
pub struct Shop;

#[outflow::controller("/check")]
impl Shop {
    #[outflow::action(path = "/{count}")]
    async fn orders(&self, count: u32) -> u32 {
        self.stream(count);
        count
    }

    #[outflow::action]
    async fn visitors(&self) {
        self.stream("one");
    }
}
