//! Several nodes that share a hub in one Redis.

mod one_order;
mod outage;
mod who;

use futures_util::StreamExt as _;
use outflow::{Gap, Hub, Redis, Watch};
use serde::de::DeserializeOwned;

use crate::support::{redis::server::Redis as Server, soon};

/// A node's hub, over connections of its own.
async fn node<T>(url: &str) -> Hub<T> {
    Hub::redis(&soon("the connection to Redis", Redis::connect(url)).await.unwrap(), "numbers")
}

/// The hubs of two nodes.
async fn two(redis: &Server) -> (Hub<u32>, Hub<u32>) {
    (node(&redis.url()).await, node(&redis.url()).await)
}

/// The next packet.
async fn next<T: DeserializeOwned, P>(watch: &mut Watch<P>) -> T {
    let item = soon("a packet", watch.next()).await.expect("a watcher has no end");
    item.packet().unwrap_or_else(|| panic!("{item:?}")).json().unwrap()
}

/// The next item, which must be a gap.
async fn gap<P>(watch: &mut Watch<P>) -> Gap {
    let item = soon("a gap", watch.next()).await.expect("a watcher has no end");
    item.gap().unwrap_or_else(|| panic!("{item:?}")).clone()
}

/// Waits until a watcher knows where it begins: the packet that is published for that is its first one.
async fn settled(hub: &Hub<u32>, watch: &mut Watch<u32>, first: u32) {
    soon("a publication", hub.publish("a", &first)).await.unwrap();
    assert_eq!(next::<u32, _>(watch).await, first);
}
