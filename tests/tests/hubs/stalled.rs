//! Watchers that are not polled, among a thousand: nobody else notices.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use outflow::Hub;
use tokio::{task::JoinSet, task::yield_now};

/// How many turns of the scheduler it takes, for each packet, until all who read have it.
async fn turns(readers: usize, stalled: usize) -> Vec<usize> {
    let hub = Hub::<usize>::new().keep(4, Duration::from_secs(60));
    let received = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..readers {
        let (mut watch, received) = (hub.watch("a"), received.clone());
        tasks.spawn(async move {
            while let Some(item) = watch.next().await {
                assert!(item.gap().is_none(), "a reader fell behind");
                received.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    // These have been polled once, and never again.
    let mut asleep: Vec<_> = (0..stalled).map(|_| hub.watch("a")).collect();
    for watch in &mut asleep {
        assert!(futures_util::FutureExt::now_or_never(watch.next()).is_none());
    }
    let mut turns = Vec::new();
    for number in 1..=100 {
        hub.publish("a", &number).await.unwrap();
        let mut count = 0;
        while received.load(Ordering::Relaxed) < number * readers {
            yield_now().await;
            count += 1;
        }
        turns.push(count);
    }
    // Before the first packet not all had begun to wait.
    turns.remove(0);
    for watch in &mut asleep {
        let item = watch.next().await.unwrap();
        assert_eq!(item.gap().expect("it has fallen behind").missed(), Some(96));
    }
    turns
}

#[tokio::test]
async fn ten_stalled_watchers_among_a_thousand_change_nobodys_delay() {
    let alone = turns(990, 0).await;
    assert_eq!(turns(990, 10).await, alone);
}
