//! Who is there, and who may be, over several nodes.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures_util::StreamExt as _;
use outflow::{Hub, Presence, action, controller, test::Client};
use serde_json::json;
use tokio::time::timeout;

use super::{next, node, settled, two};
use crate::{
    hubs::{publish, watched},
    support::{
        redis::{follower::ask, node::Node, proxy::Proxy, server::Redis as Server},
        soon, until,
    },
};

struct Room {
    hub: Hub<u32>,
}

#[controller]
impl Room {
    #[action(path = "/{topic}/{member}")]
    async fn enter(&self, topic: String, member: String) {
        self.stream_all(self.hub.watch(&topic).as_member(member, &json!({ "is": "here" })));
    }
}

/// The names of the members of a topic.
async fn names(hub: &Hub<u32>) -> Vec<String> {
    hub.members("a").await.unwrap().into_iter().map(|member| member.id).collect()
}

#[tokio::test]
async fn a_member_counts_once_over_all_nodes() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let (here, there) = (Client::new(Room { hub: one.clone() }), Client::new(Room { hub: two.clone() }));
    let mut presence = two.presence("a");
    let mut ada = here.get("/room/a/ada").start();
    let Presence::Joined(member) = next(&mut presence).await else { panic!("nobody has left") };
    assert_eq!((&*member.id, &member.card), ("ada", &json!({ "is": "here" })));
    // The same member on another node is no news, and neither is it when it leaves the first one.
    let mut again = there.get("/room/a/ada").start();
    let mut bob = here.get("/room/a/bob").start();
    assert_eq!(next::<Presence, _>(&mut presence).await.member().id, "bob");
    assert_eq!(
        (names(&one).await, names(&two).await),
        (vec!["ada".into(), "bob".into()], vec!["ada".into(), "bob".into()])
    );
    watched(&two, "a", 1).await;
    ada.leave();
    watched(&one, "a", 1).await;
    let held_back = Duration::from_secs(7);
    assert!(timeout(held_back, next::<Presence, _>(&mut presence)).await.is_err(), "a reload is no leave");
    bob.leave();
    let Presence::Left(member) = next(&mut presence).await else { panic!("nobody has joined") };
    assert_eq!(member.id, "bob");
    assert_eq!(names(&one).await, ["ada"]);
    again.leave();
}

#[tokio::test]
async fn the_members_of_a_node_that_is_killed_leave_after_the_lease() {
    let redis = Server::start();
    let mut killed = Node::start(&redis.url(), &[("LEASE", "1500")]).await;
    let connection = outflow::Redis::connect(&redis.url()).await.unwrap();
    let hub = Hub::<u32>::redis(&connection, "room").lease(Duration::from_millis(1500));
    let mut presence = hub.presence("a");
    let _ada = tokio::spawn(ask_forever(killed.addr));
    let Presence::Joined(member) = next(&mut presence).await else { panic!("nobody has left") };
    assert_eq!(member.id, "ada");
    let mut own = hub.watch("a").as_member("bob", &());
    assert_eq!(next::<Presence, _>(&mut presence).await.member().id, "bob");
    // The lease is renewed.
    assert!(timeout(Duration::from_secs(4), next::<Presence, _>(&mut presence)).await.is_err());
    killed.kill().await;
    let Presence::Left(member) = next(&mut presence).await else { panic!("nobody has joined") };
    assert_eq!(member.id, "ada");
    assert_eq!(names(&hub).await, ["bob"]);
    settled(&hub, &mut own, 1).await;
}

/// The last card wins, once: what a node repeats to keep its lease is no news.
#[tokio::test]
async fn a_member_with_another_card_on_each_node_joins_once_with_each() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let lease = Duration::from_secs(3);
    let (one, two) = (one.lease(lease), two.lease(lease));
    let mut presence = two.presence("a");
    let _here = one.watch("a").as_member("ada", &1);
    let Presence::Joined(member) = next(&mut presence).await else { panic!("nobody has left") };
    assert_eq!((&*member.id, &member.card), ("ada", &json!(1)));
    let _there = two.watch("a").as_member("ada", &2);
    let Presence::Joined(member) = next(&mut presence).await else { panic!("nobody has left") };
    assert_eq!((&*member.id, &member.card), ("ada", &json!(2)));
    // Three renewals.
    assert!(timeout(lease, next::<Presence, _>(&mut presence)).await.is_err(), "a renewal is no news");
    for hub in [&one, &two] {
        assert_eq!(hub.members("a").await.unwrap(), std::slice::from_ref(&member));
    }
}

/// A client of the room that stays.
async fn ask_forever(addr: std::net::SocketAddr) {
    let _answer = ask(addr, Method::GET, "/node/room/ada", &[]).await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_right_that_is_taken_away_ends_watchers_on_every_node() {
    let redis = Server::start();
    let (one, two) = two(&redis).await;
    let there = Client::new(Room { hub: two.clone() });
    let (mut ada, mut bob) = (there.get("/room/a/ada").start(), there.get("/room/a/bob").start());
    watched(&two, "a", 2).await;
    publish(&two, "a", [1]).await;
    assert_eq!((ada.packet::<u32>().await, bob.packet::<u32>().await), (1, 1));
    // Nobody watches here.
    assert_eq!(one.revoke("a", "ada").await.unwrap(), 0);
    assert_eq!(soon("the end", ada.failed()).await.status(), StatusCode::FORBIDDEN);
    // It may come back to any node, if it is let in.
    for hub in [&one, &two] {
        comes_back(hub).await;
    }
    publish(&one, "a", [3]).await;
    while bob.packet::<u32>().await != 3 {}
    bob.leave();
}

/// Watches as the member whose right was taken away. While the news is on its way, that may fail again.
async fn comes_back(hub: &Hub<u32>) {
    loop {
        let mut watch = hub.watch("a").as_member("ada", &());
        publish(hub, "a", [2]).await;
        if soon("an item", watch.next()).await.is_some_and(|item| item.packet().is_some()) {
            return;
        }
    }
}

#[tokio::test]
async fn a_node_that_was_cut_off_learns_later_whose_right_was_taken_away() {
    let redis = Server::start();
    let proxy = Proxy::to(redis.port).await;
    let (one, two) = (node::<u32>(&redis.url()).await, node::<u32>(&proxy.url()).await);
    let client = Client::new(Room { hub: two.clone() });
    let mut ada = client.get("/room/a/ada").start();
    watched(&two, "a", 1).await;
    publish(&two, "a", [1]).await;
    assert_eq!(ada.packet::<u32>().await, 1);
    proxy.lead_to(1);
    proxy.cut();
    one.revoke("a", "ada").await.unwrap();
    until("the error", async || two.revoke("a", "bob").await.is_err()).await;
    proxy.lead_to(redis.port);
    assert_eq!(soon("the end", ada.failed()).await.status(), StatusCode::FORBIDDEN);
}
