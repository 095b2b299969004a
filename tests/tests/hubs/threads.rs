//! Publishers and watchers on several threads: no wake is lost, and no packet.

use std::{sync::mpsc, thread, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _};
use outflow::{Hub, Watch};
use tokio::task::JoinSet;

use crate::support::soon;

const PUBLISHERS: u64 = 3;
const EACH: u64 = 3_000;

/// Reads to the last packet. Every number comes once, in order, or is in a gap.
async fn read(mut watch: Watch<u64>) -> (u64, u64) {
    let (mut last, mut missed) = (0, 0);
    while last < PUBLISHERS * EACH {
        let item = watch.next().await.expect("a watcher has no end");
        if let Some(gap) = item.gap() {
            missed += gap.missed().expect("nothing was restarted");
            assert_eq!(gap.first(), last + gap.missed().unwrap() + 1);
            last = gap.first() - 1;
        } else {
            let packet = item.packet().expect("it is not revoked");
            last += 1;
            assert!(packet.fields().id.as_ref().is_some_and(|id| id.ends_with(&format!("-{last}"))), "{packet:?}");
        }
    }
    (last, missed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_is_lost_while_watchers_come_and_go() {
    for kept in [16, 100_000] {
        let hub = Hub::<u64>::new().keep(kept, Duration::from_secs(60));
        let mut readers = JoinSet::new();
        for _ in 0..16 {
            readers.spawn(read(hub.watch("a")));
        }
        // Those who come and go while others wait.
        let passing = hub.clone();
        let passers = tokio::spawn(async move {
            loop {
                let mut watch = passing.watch("a");
                let _ = tokio::time::timeout(Duration::from_micros(50), watch.next()).await;
            }
        });
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| {
                let hub = hub.clone();
                thread::spawn(move || {
                    for number in 0..EACH {
                        let published = hub.publish("a", &(publisher * EACH + number)).now_or_never();
                        published.expect("it never waits").unwrap();
                        if number % 64 == 0 {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        while let Some(read) = soon("the last packet", readers.join_next()).await {
            let (last, missed) = read.unwrap();
            assert_eq!(last, PUBLISHERS * EACH);
            assert!(kept == 16 || missed == 0, "{missed} missed");
        }
        publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
        passers.abort();
    }
}

/// A hub that outlives the runtime of its first watchers, as one in a `static` does in tests.
#[test]
fn a_hub_outlives_the_runtime_of_its_first_watchers() {
    let hub = Hub::<u64>::new();
    for round in 1..=2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut watch = hub.watch("a");
            let reader =
                tokio::spawn(async move { watch.next().await.unwrap().packet().unwrap().json::<u64>().unwrap() });
            tokio::task::yield_now().await;
            hub.publish("a", &round).await.unwrap();
            assert_eq!(soon("the packet", reader).await.unwrap(), round);
        });
    }
}

/// As in a thread for blocking work that goes on while its server ends: tasks are dropped as soon as they are started.
#[test]
fn a_hub_works_in_a_runtime_that_has_been_shut_down() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let hub = Hub::<u64>::new();
        let mut watch = hub.watch("a").as_member("ada", &());
        hub.publish("a", &1).now_or_never().unwrap().unwrap();
        let item = watch.next().now_or_never().flatten().expect("the packet");
        assert_eq!(item.packet().unwrap().json::<u64>().unwrap(), 1);
        drop(watch);
        assert_eq!(hub.members("a").now_or_never().unwrap().unwrap(), []);
        done.send(()).unwrap();
    });
    is_done.recv_timeout(Duration::from_secs(10)).expect("nothing waits for ever");
}
