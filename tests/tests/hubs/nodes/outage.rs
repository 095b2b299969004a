//! A Redis that is away, and comes back with or without its data.

use std::time::Duration;

use axum::{http::StatusCode, response::IntoResponse as _};
use futures_util::StreamExt as _;
use outflow::{Hub, Lag, PublishError, test::Client};

use super::{gap, next, node, settled};
use crate::{
    hubs::{Numbers, id_of, publish, watched},
    support::{
        redis::{
            proxy::{Proxy, Then},
            server::Redis as Server,
        },
        soon, until,
    },
};

/// A Redis, a proxy before it, a hub on this side of the proxy, and one that is never cut off.
async fn behind_a_proxy(keep: usize) -> (Server, Proxy, Hub<u32>, Hub<u32>) {
    let redis = Server::start();
    let proxy = Proxy::to(redis.port).await;
    let age = Duration::from_secs(60);
    let (behind, beside) =
        (node::<u32>(&proxy.url()).await.keep(keep, age), node::<u32>(&redis.url()).await.keep(keep, age));
    (redis, proxy, behind, beside)
}

fn cut_off(proxy: &Proxy) {
    proxy.lead_to(1);
    proxy.cut();
}

#[tokio::test]
async fn what_was_published_meanwhile_is_read_when_redis_is_back() {
    let (redis, proxy, behind, beside) = behind_a_proxy(1_000).await;
    let mut watch = behind.watch("a");
    settled(&behind, &mut watch, 0).await;
    for round in 0..3 {
        cut_off(&proxy);
        publish(&beside, "a", round * 100 + 1..=round * 100 + 100).await;
        proxy.lead_to(redis.port);
        for number in round * 100 + 1..=round * 100 + 100 {
            assert_eq!(next::<u32, _>(&mut watch).await, number);
        }
    }
}

#[tokio::test]
async fn cuts_in_midstream_lose_nothing() {
    let (_redis, proxy, behind, beside) = behind_a_proxy(10_000).await;
    let mut watch = behind.watch("a");
    settled(&behind, &mut watch, 0).await;
    let cutting = tokio::spawn(async move {
        loop {
            proxy.cut();
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    });
    let publishing = tokio::spawn(async move {
        for number in 1..=1_000 {
            publish(&beside, "a", [number]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for number in 1..=1_000 {
        assert_eq!(next::<u32, _>(&mut watch).await, number);
    }
    publishing.await.unwrap();
    cutting.abort();
}

#[tokio::test]
async fn what_redis_no_longer_has_is_a_gap_of_known_size() {
    let (redis, proxy, behind, beside) = behind_a_proxy(10).await;
    let mut watch = behind.watch("a");
    settled(&behind, &mut watch, 0).await;
    cut_off(&proxy);
    publish(&beside, "a", 1..=50).await;
    proxy.lead_to(redis.port);
    let told = gap(&mut watch).await;
    assert_eq!((told.missed(), told.first()), (Some(40), 42));
    for number in 41..=50 {
        assert_eq!(next::<u32, _>(&mut watch).await, number);
    }
}

/// Messages that get lost are found by the next one, or by a look.
#[tokio::test]
async fn lost_messages_are_read() {
    let (_redis, proxy, behind, beside) = behind_a_proxy(1_000).await;
    let mut watch = behind.watch("a");
    settled(&behind, &mut watch, 0).await;
    proxy.drop_hints(2);
    publish(&beside, "a", 1..=101).await;
    for number in 1..=101 {
        assert_eq!(next::<u32, _>(&mut watch).await, number);
    }
}

#[tokio::test]
async fn a_redis_that_has_lost_its_data_begins_another_epoch() {
    let mut redis = Server::start();
    let (one, two) = (node::<u32>(&redis.url()).await, node::<u32>(&redis.url()).await);
    let client = Client::new(Numbers { hub: two.clone() });
    let mut stays = client.get("/numbers/a").start();
    watched(&two, "a", 1).await;
    publish(&two, "a", [1, 2, 3]).await;
    assert_eq!(stays.packets::<u32, 2>().await, [1, 2]);
    let id = id_of(&mut stays, 3).await;
    redis.restart();
    until("Redis", async || one.publish("a", &11).await.is_ok()).await;
    let told = soon("a gap", stays.gap()).await;
    assert_eq!((told.missed(), told.first()), (None, 1));
    assert_eq!(stays.packet::<u32>().await, 11);
    publish(&one, "a", 12..=15).await;
    assert_eq!(stays.packets::<u32, 4>().await, [12, 13, 14, 15]);
    // An old number is never taken for a new one.
    for hub in [one, two] {
        let client = Client::new(Numbers { hub });
        let mut again = client.get("/numbers/a").header("last-event-id", &id).start();
        assert_eq!(again.gap().await.missed(), None);
        assert_eq!(again.packets::<u32, 2>().await, [11, 12]);
        again.leave();
    }
    stays.leave();
}

/// The rows come with the last page of a reading, also those of the pages before one that got lost.
#[tokio::test]
async fn a_reading_that_breaks_off_between_two_pages_loses_no_row() {
    let redis = Server::start();
    let proxy = Proxy::to(redis.port).await;
    let rows = async |url: &str| {
        let hub = node::<(u32, String)>(url).await.keep_bytes(8 * 1024 * 1024);
        hub.lag(Lag::Latest(|(key, _): &(u32, String)| key.to_string()))
    };
    let (behind, beside) = (rows(&proxy.url()).await, rows(&redis.url()).await);
    let mut watch = behind.watch("a");
    behind.publish("a", &(0, String::new())).await.unwrap();
    assert_eq!(next::<(u32, String), _>(&mut watch).await.0, 0);
    cut_off(&proxy);
    // The first page ends after 32 of them.
    for key in 1..=40 {
        beside.publish("a", &(key, "x".repeat(40_000))).await.unwrap();
    }
    let held = proxy.trap("\r\n33\r\n$7\r\n1048576\r\n", Then::Hold);
    proxy.lead_to(redis.port);
    soon("the second page", held.notified()).await;
    for key in 1..=40 {
        assert_eq!(next::<(u32, String), _>(&mut watch).await.0, key);
    }
}

/// Nobody publishes, so it is a look that finds it out.
#[tokio::test]
async fn a_redis_that_has_lost_its_data_in_silence_is_told_too() {
    let redis = Server::start();
    let hub = node::<u32>(&redis.url()).await;
    let mut watch = hub.watch("a");
    settled(&hub, &mut watch, 1).await;
    redis.ask(&["FLUSHALL"]);
    assert_eq!(gap(&mut watch).await.missed(), None);
    publish(&hub, "a", [2]).await;
    assert_eq!(next::<u32, _>(&mut watch).await, 2);
}

#[tokio::test]
async fn without_redis_publishing_fails_new_clients_are_turned_away_and_others_stay() {
    let (redis, proxy, behind, beside) = behind_a_proxy(1_000).await;
    let client = Client::new(Numbers { hub: behind.clone() });
    let mut stays = client.get("/numbers/a").start();
    watched(&behind, "a", 1).await;
    publish(&behind, "a", [1]).await;
    assert_eq!(stays.packet::<u32>().await, 1);
    cut_off(&proxy);
    let error = until_error(&behind).await;
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("the hub can't reach its store: Redis at 127.0.0.1:"), "{text}");
    let response = error.into_response();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    until("a new client that is turned away", async || {
        let mut new = client.get("/numbers/b").start();
        let head = new.head().await;
        let is_turned_away = head.status() == StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(head.headers().contains_key("retry-after"), is_turned_away);
        is_turned_away
    })
    .await;
    assert!(behind.members("a").await.is_err());
    proxy.lead_to(redis.port);
    publish(&beside, "a", [2]).await;
    assert_eq!(soon("the packet", stays.packet::<u32>()).await, 2);
    stays.leave();
}

async fn until_error(hub: &Hub<u32>) -> PublishError {
    loop {
        if let Err(error) = soon("an error", hub.publish("other", &0)).await {
            return error;
        }
    }
}

/// A call whose answer gets lost is made again, and publishes once.
#[tokio::test]
async fn a_publication_whose_answer_was_lost_is_there_once() {
    let (_redis, proxy, behind, beside) = behind_a_proxy(1_000).await;
    publish(&behind, "a", [1]).await;
    let lost = proxy.trap("j4242", Then::LoseReply);
    assert_eq!(behind.publish("a", &4242).await.unwrap().number(), 2);
    soon("the trap", lost.notified()).await;
    publish(&behind, "a", [3]).await;
    let mut watch = beside.watch("a").last(9);
    for number in [1, 4242, 3] {
        assert_eq!(next::<u32, _>(&mut watch).await, number);
    }
    assert!(futures_util::FutureExt::now_or_never(watch.next()).is_none());
}
