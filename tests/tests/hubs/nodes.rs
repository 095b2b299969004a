//! Several nodes that share a hub in one Redis.

use futures_util::StreamExt as _;
use outflow::{Hub, Redis, Watch};

use super::publish;
use crate::support::{redis::server::Redis as Server, soon};

/// A node's hub, over connections of its own.
async fn node(url: &str) -> Hub<u32> {
    Hub::redis(&Redis::connect(url).await.unwrap(), "numbers")
}

/// The hubs of two nodes.
async fn two(redis: &Server) -> (Hub<u32>, Hub<u32>) {
    (node(&redis.url()).await, node(&redis.url()).await)
}

/// The next packet.
async fn next(watch: &mut Watch<u32>) -> u32 {
    let item = soon("a packet", watch.next()).await.expect("a watcher has no end");
    item.packet().unwrap_or_else(|| panic!("{item:?}")).json().unwrap()
}

#[tokio::test]
async fn what_is_published_on_any_node_comes_to_the_watchers_of_all_in_one_order() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let (mut here, mut there) = (one.watch("a"), two.watch("a"));
    // It is published once the watchers of the same node know where they begin.
    publish(&two, "a", [0]).await;
    publish(&one, "a", [1]).await;
    assert_eq!((next(&mut there).await, next(&mut there).await), (0, 1));
    let first = next(&mut here).await;
    assert!(first == 1 || next(&mut here).await == 1);
    for number in 2..100 {
        let hub = if number % 3 == 0 { &two } else { &one };
        assert_eq!(hub.publish("a", &number).await.unwrap().number(), u64::from(number) + 1);
    }
    for number in 2..100 {
        assert_eq!((next(&mut here).await, next(&mut there).await), (number, number));
    }
}
