use std::time::Duration;

use futures_util::{StreamExt as _, future::join_all, stream, stream::FuturesUnordered};
use outflow::{action, controller};
use outflow_ui_tests::run;
use tokio::time::{sleep, timeout};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn blocks(&self) {
        let mut pending = Vec::new();
        for i in 0..2 {
            pending.push(async move { self.stream(i) });
        }
        for block in pending {
            block.await;
        }
        let nested = async move {
            async { async move { self.stream("nested").await }.await }.await;
            self.stream("outer");
        };
        nested.await;
        let closure = async |word: &str| self.stream(word);
        closure("async closure").await;
        let boxed: futures_util::future::BoxFuture<'_, ()> = Box::pin(async { self.stream("boxed") });
        boxed.await;
    }

    #[action]
    async fn closures(&self) -> usize {
        let mut work: FuturesUnordered<_> = (0..2).map(|i| async move { self.stream(i) }).collect();
        while let Some(()) = work.next().await {
            self.stream("one done");
        }
        stream::iter(["a", "b"]).for_each_concurrent(None, |word| async move { self.stream(word) }).await;
        let lengths = join_all(["x", "yz"].map(|word| self.length(word))).await;
        let lengths = stream::iter(lengths).map(|length| async move {
            self.stream(length);
            length
        });
        lengths.buffer_unordered(2).fold(0, |sum, length| async move { sum + length }).await
    }

    async fn length(&self, word: &str) -> usize {
        sleep(Duration::from_millis(1)).await;
        self.stream(word);
        word.len()
    }

    #[action]
    async fn in_time(&self) {
        let limit = Duration::from_secs(60);
        timeout(limit, async { self.stream("in time") }).await.unwrap();
        timeout(limit, self.length("helper")).await.unwrap();
        assert!(
            timeout(Duration::from_millis(1), async {
                sleep(limit).await;
                self.stream("late")
            })
            .await
            .is_err()
        );
        let spawned = tokio::spawn(std::future::ready(self.stream("before it is spawned")));
        spawned.await.unwrap();
    }
}

fn main() {
    assert_eq!(run(Jobs.blocks()).0.join(" "), r#"0 1 "nested" "outer" "async closure" "boxed""#);

    let (packets, sum) = run(Jobs.closures());
    assert_eq!(packets.len(), 10, "{packets:?}");
    assert_eq!(sum, 3);

    assert_eq!(run(Jobs.in_time()).0.join(" "), r#""in time" "helper" "before it is spawned""#);
}
