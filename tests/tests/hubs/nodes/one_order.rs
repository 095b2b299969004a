//! What is published on one node, and watched on others.

use std::time::Duration;

use futures_util::StreamExt as _;
use outflow::{Hub, Lag, LastSeen, test::Client};

use super::{gap, next, node, settled, two};
use crate::{
    hubs::{Numbers, id_of, publish, watched},
    support::{
        redis::{proxy::Proxy, server::Redis as Server},
        soon, until,
    },
};

#[tokio::test]
async fn it_comes_to_the_watchers_of_all_nodes_in_one_order() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let (mut here, mut there) = (one.watch("a"), two.watch("a"));
    settled(&one, &mut here, 0).await;
    publish(&two, "a", [1]).await;
    while next::<u32, _>(&mut there).await != 1 {}
    for number in 2..100 {
        let hub = if number % 3 == 0 { &two } else { &one };
        assert_eq!(hub.publish("a", &number).await.unwrap().number(), u64::from(number) + 1);
    }
    assert_eq!(next::<u32, _>(&mut here).await, 1);
    for number in 2..100 {
        assert_eq!(next::<u32, _>(&mut here).await, number);
        assert_eq!(next::<u32, _>(&mut there).await, number);
    }
    assert_eq!((one.number("a"), two.number("a")), (100, 100));
}

#[tokio::test]
async fn a_client_that_comes_back_to_another_node_gets_what_it_has_missed() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let (here, there) = (Client::new(Numbers { hub: one.clone() }), Client::new(Numbers { hub: two.clone() }));
    publish(&one, "a", [1, 2]).await;
    let mut answer = here.get("/numbers/a/last/2").start();
    assert_eq!(answer.packet::<u32>().await, 1);
    let id = id_of(&mut answer, 2).await;
    answer.leave();
    publish(&one, "a", 3..=40).await;
    // Nobody has watched there before.
    let mut again = there.get("/numbers/a").header("last-event-id", &id).start();
    for number in 3..=40 {
        assert_eq!(again.packet::<u32>().await, number);
    }
    publish(&one, "a", [41]).await;
    assert_eq!(again.packet::<u32>().await, 41);
    again.leave();
}

/// A client may be faster than the packet that it has seen.
#[tokio::test]
async fn a_client_that_has_seen_more_than_its_new_node_is_no_stranger() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let mut there = two.watch("a");
    settled(&two, &mut there, 1).await;
    for number in 2..50 {
        let published = one.publish("a", &number).await.unwrap();
        let mut again = two.watch("a").after(published.number());
        publish(&one, "a", [1000 + number]).await;
        assert_eq!(next::<u32, _>(&mut again).await, 1000 + number);
    }
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_gap_on_every_node() {
    let redis = Server::start();
    let short = async || node::<u32>(&redis.url()).await.keep(3, Duration::from_secs(60));
    let (one, two) = (short().await, short().await);
    publish(&one, "a", 1..=9).await;
    let mut watch = two.watch("a").after(1);
    let told = gap(&mut watch).await;
    assert_eq!((told.missed(), told.first()), (Some(5), 7));
    for number in 7..=9 {
        assert_eq!(next::<u32, _>(&mut watch).await, number);
    }
    let mut stranger = two.watch("a").after(LastSeen::from("00000000-3"));
    assert_eq!(gap(&mut stranger).await.missed(), None);
    assert_eq!(next::<u32, _>(&mut stranger).await, 7);
}

#[tokio::test]
async fn the_bounds_of_bytes_and_age_hold_in_redis_too() {
    let redis = Server::start();
    let small = async || node::<String>(&redis.url()).await.keep_bytes(1_000);
    let (one, two) = (small().await, small().await);
    for number in 0..100 {
        one.publish("a", &format!("{number:>97}")).await.unwrap();
    }
    let mut watch = two.watch("a").last(100);
    assert_eq!(next::<String, _>(&mut watch).await.trim(), "90");
    let brief = async || node::<u32>(&redis.url()).await.keep(100, Duration::from_millis(50));
    let (one, two) = (brief().await, brief().await);
    publish(&one, "b", [1]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    publish(&one, "b", [2]).await;
    let mut watch = two.watch("b").last(100);
    let first = watch.next().await.unwrap();
    let is_old = first.packet().is_some_and(|packet| packet.json::<u32>().unwrap() == 1);
    assert!(!is_old, "{first:?}");
}

#[tokio::test]
async fn the_newest_of_each_key_is_the_same_on_every_node() {
    let redis = Server::start();
    let rows = async || {
        let hub = node::<(String, u32)>(&redis.url()).await;
        hub.keep(3, Duration::from_secs(60)).lag(Lag::Latest(|(key, _): &(String, u32)| key.clone()))
    };
    let (one, two) = (rows().await, rows().await);
    for (key, value) in [("x", 1), ("y", 2), ("x", 3), ("z", 4), ("z", 5), ("z", 6), ("z", 7)] {
        one.publish("a", &(key.to_owned(), value)).await.unwrap();
    }
    let mut watch = two.watch("a").latest();
    for expected in [("y", 2), ("x", 3), ("z", 7)] {
        let (key, value): (String, u32) = next(&mut watch).await;
        assert_eq!((&*key, value), expected);
    }
    one.publish("a", &("x".to_owned(), 8)).await.unwrap();
    assert_eq!(next::<(String, u32), _>(&mut watch).await, ("x".to_owned(), 8));
    // A fourth key takes the place of the oldest one, for those who come later.
    one.publish("a", &("new".to_owned(), 9)).await.unwrap();
    assert_eq!(next::<(String, u32), _>(&mut watch).await.1, 9);
    for hub in [&one, &two] {
        let mut late = hub.watch("a").latest();
        let mut values = Vec::new();
        while values.len() < 3 {
            values.push(next::<(String, u32), _>(&mut late).await.1);
        }
        assert_eq!(values, [7, 8, 9]);
    }
}

#[tokio::test]
async fn hubs_of_other_names_have_other_topics() {
    let redis = Server::start();
    let connection = outflow::Redis::connect(&redis.url()).await.unwrap();
    let (numbers, others): (Hub<u32>, Hub<u32>) = (Hub::redis(&connection, "a:b"), Hub::redis(&connection, "a"));
    publish(&numbers, "c", [1]).await;
    assert_eq!(others.publish("b:c", &2).await.unwrap().number(), 1);
    assert_eq!(next::<u32, _>(&mut numbers.watch("c").last(9)).await, 1);
    assert_eq!(next::<u32, _>(&mut others.watch("b:c").last(9)).await, 2);
}

#[tokio::test]
async fn a_node_has_one_subscription_however_many_watch() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let mut watches: Vec<_> = (0..50).map(|_| two.watch("a")).collect();
    let mut others: Vec<_> = (0..10).map(|topic| two.watch(&topic.to_string())).collect();
    publish(&two, "a", [1]).await;
    let count = |words: &[&str]| redis.ask(words);
    until("the subscription", async || count(&["PUBSUB", "NUMSUB", "outflow:hub:{numbers:a}:c"]).ends_with("\n1"))
        .await;
    let subscribers = count(&["CLIENT", "LIST", "TYPE", "pubsub"]);
    assert_eq!(subscribers.lines().count(), 1, "{subscribers}");
    for watch in &mut watches {
        assert_eq!(next::<u32, _>(watch).await, 1);
    }
    publish(&one, "a", [2]).await;
    for watch in &mut watches {
        assert_eq!(next::<u32, _>(watch).await, 2);
    }
    watches.clear();
    others.clear();
    until("no channel", async || count(&["PUBSUB", "CHANNELS"]).is_empty()).await;
    watched(&two, "a", 0).await;
    // A topic that was left is watched again.
    let mut again = two.watch("a").last(1);
    assert_eq!(next::<u32, _>(&mut again).await, 2);
    publish(&one, "a", [3]).await;
    assert_eq!(next::<u32, _>(&mut again).await, 3);
}

/// The state is read once the number of the topic is known.
#[tokio::test]
async fn a_state_comes_before_its_changes() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    publish(&one, "a", 1..=3).await;
    let hub = two.clone();
    let mut watch = two.watch("a").from(async move { ("state", hub.number("a")) });
    let state = watch.next().await.unwrap().packet().unwrap();
    assert!(state.fields().id.as_ref().is_some_and(|id| id.ends_with("-3")), "{state:?}");
    publish(&one, "a", [4]).await;
    assert_eq!(watch.next().await.unwrap().packet().unwrap().json::<u32>().unwrap(), 4);
}

/// The state may come from a database in which another node has just written something.
#[tokio::test]
async fn a_state_may_be_newer_than_what_its_node_has_heard() {
    let redis = Server::start();
    let proxy = Proxy::to(redis.port).await;
    let (one, two) = (node::<u32>(&redis.url()).await, node::<u32>(&proxy.url()).await);
    publish(&one, "a", 1..=3).await;
    proxy.drop_hints(1);
    let hub = one.clone();
    let mut watch = two.watch("a").from(async move { ("state", hub.publish("a", &4).await.unwrap().number()) });
    let state = soon("the state", watch.next()).await.unwrap().packet().unwrap();
    assert!(state.fields().id.as_ref().is_some_and(|id| id.ends_with("-4")), "{state:?}");
    proxy.drop_hints(0);
    publish(&one, "a", [5]).await;
    let change = soon("the change", watch.next()).await.unwrap();
    let change = change.packet().unwrap_or_else(|| panic!("{change:?}"));
    assert_eq!(change.json::<u32>().unwrap(), 5);
}

#[tokio::test]
async fn everything_in_redis_has_an_expiry() {
    let redis = Server::start();
    let (one, _) = two(&redis).await;
    let mut watch = one.watch("a").as_member("ada", &());
    settled(&one, &mut watch, 1).await;
    until("the member", async || one.members("a").await.unwrap().len() == 1).await;
    one.revoke("a", "bob").await.unwrap();
    let rows: Hub<u32> = one.clone().lag(Lag::Latest(u32::to_string));
    publish(&rows, "b", [1]).await;
    let keys = redis.ask(&["KEYS", "*"]);
    assert!(keys.lines().count() >= 10, "{keys}");
    for key in keys.lines() {
        let ttl: i64 = redis.ask(&["PTTL", key]).parse().unwrap();
        assert!(ttl > 0, "{key} {ttl}");
    }
}
