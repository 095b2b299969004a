//! A client that comes back gets what it has missed, or is told that it is gone.

use std::time::Duration;

use outflow::{Hub, test::Client};

use super::{Numbers, id_of, publish, watched};

#[tokio::test(start_paused = true)]
async fn it_gets_what_it_has_missed_and_then_what_is_published() {
    let hub = Hub::new();
    let client = Client::new(Numbers { hub: hub.clone() });
    let mut first = client.get("/numbers/a").start();
    watched(&hub, "a", 1).await;
    publish(&hub, "a", [1, 2]).await;
    assert_eq!(first.packet::<u32>().await, 1);
    let id = id_of(&mut first, 2).await;
    first.leave();
    publish(&hub, "a", [3, 4]).await;
    let mut again = client.get("/numbers/a").header("last-event-id", &id).start();
    assert_eq!(again.packets::<u32, 2>().await, [3, 4]);
    publish(&hub, "a", [5]).await;
    assert_eq!(again.packet::<u32>().await, 5);
    again.leave();
}

#[tokio::test(start_paused = true)]
async fn a_new_client_begins_now_or_with_the_last_packets() {
    let hub = Hub::new();
    let client = Client::new(Numbers { hub: hub.clone() });
    publish(&hub, "a", 1..=5).await;
    let mut now = client.get("/numbers/a").start();
    let mut last = client.get("/numbers/a/last/2").start();
    let mut all = client.get("/numbers/a/last/99").start();
    let mut latest = client.get("/numbers/a/latest").start();
    watched(&hub, "a", 4).await;
    publish(&hub, "a", [6]).await;
    assert_eq!(now.packet::<u32>().await, 6);
    assert_eq!(last.packets::<u32, 3>().await, [4, 5, 6]);
    assert_eq!(all.packets::<u32, 6>().await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(latest.packets::<u32, 2>().await, [5, 6]);
    [now, last, all, latest].iter_mut().for_each(outflow::test::Answer::leave);
}

#[tokio::test(start_paused = true)]
async fn it_is_told_what_is_no_longer_kept() {
    let hub = Hub::new().keep(3, Duration::from_secs(60));
    let client = Client::new(Numbers { hub: hub.clone() });
    publish(&hub, "a", [1]).await;
    let mut first = client.get("/numbers/a/last/1").start();
    let id = id_of(&mut first, 1).await;
    first.leave();
    publish(&hub, "a", 2..=9).await;
    let mut again = client.get("/numbers/a").header("last-event-id", &id).start();
    let gap = again.gap().await;
    assert_eq!((gap.missed(), gap.first()), (Some(5), 7));
    assert_eq!(again.packets::<u32, 3>().await, [7, 8, 9]);
    again.leave();
    // One that is cut off behind the gap goes on there.
    let mut behind = client.get("/numbers/a").header("last-event-id", gap.id().unwrap()).start();
    assert_eq!(behind.packets::<u32, 3>().await, [7, 8, 9]);
    behind.leave();
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_told_and_old_numbers_are_never_taken_for_new_ones() {
    let before = Hub::new();
    let client = Client::new(Numbers { hub: before.clone() });
    publish(&before, "a", [1, 2, 3]).await;
    let mut answer = client.get("/numbers/a/last/1").start();
    let id = id_of(&mut answer, 3).await;
    answer.leave();

    let after = Hub::new();
    let client = Client::new(Numbers { hub: after.clone() });
    publish(&after, "a", [10, 20, 30, 40]).await;
    for foreign in [&id[..], "nonsense", "-", "3"] {
        let mut again = client.get("/numbers/a").header("last-event-id", foreign).start();
        let gap = again.gap().await;
        assert_eq!((gap.missed(), gap.first()), (None, 1), "{foreign}");
        assert_eq!(again.packets::<u32, 4>().await, [10, 20, 30, 40]);
        again.leave();
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_has_vanished_begins_a_new_epoch() {
    let hub = Hub::new().keep(10, Duration::from_secs(60));
    let client = Client::new(Numbers { hub: hub.clone() });
    publish(&hub, "a", [1, 2]).await;
    let mut answer = client.get("/numbers/a/last/1").start();
    let id = id_of(&mut answer, 2).await;
    answer.leave();
    watched(&hub, "a", 0).await;
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(hub.number("a"), 0);
    publish(&hub, "a", [3, 4, 5]).await;
    let mut again = client.get("/numbers/a").header("last-event-id", &id).start();
    assert_eq!(again.gap().await.missed(), None);
    assert_eq!(again.packets::<u32, 3>().await, [3, 4, 5]);
    again.leave();
}
