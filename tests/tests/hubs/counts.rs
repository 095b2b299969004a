//! What a publication costs a watcher, counted: one wake and one frame, however many packets come together.

use std::{
    future::Future as _,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use http_body_util::BodyExt as _;
use outflow::{Controller as _, Hub};
use tokio::task::yield_now;

use super::{Numbers, publish};
use crate::support::open_get;

/// How often a task has been woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn packets_that_are_published_together_are_one_wake_and_one_frame() {
    let hub = Hub::new();
    let mut body = open_get(&Numbers { hub: hub.clone() }.into_router(), "/numbers/a").await.into_body();
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut poll = || match pin!(body.frame()).poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(frame) => frame.map(|frame| frame.unwrap().into_data().unwrap()),
        Poll::Pending => None,
    };
    assert_eq!(poll(), None);
    publish(&hub, "a", 1..=3).await;
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0, "who publishes wakes nobody");
    for _ in 0..10 {
        yield_now().await;
    }
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let frame = poll().expect("a frame");
    assert_eq!(String::from_utf8_lossy(&frame).matches("data: ").count(), 3);
    assert_eq!(poll(), None);
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
}
