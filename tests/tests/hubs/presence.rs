//! Who is there: a member counts once, and a page that is loaded again is not a leave.

use std::time::Duration;

use outflow::{Hub, Member, Presence, action, controller, test::Client};
use serde_json::json;
use tokio::time::sleep;

use super::watched;

struct Room {
    hub: Hub<u32>,
}

#[controller]
impl Room {
    #[action(path = "/{topic}/{member}")]
    async fn enter(&self, topic: String, member: String) {
        let card = json!({ "name": member.to_uppercase() });
        self.stream_all(self.hub.watch(&topic).as_member(member, &card));
    }

    #[action(path = "/{topic}", item = Presence)]
    async fn presence(&self, topic: String) {
        self.stream_all(self.hub.presence(&topic));
    }
}

fn member(id: &str) -> Member {
    Member { id: id.to_owned(), card: json!({ "name": id.to_uppercase() }) }
}

#[tokio::test(start_paused = true)]
async fn members_come_and_go_and_each_counts_once() {
    let hub = Hub::new();
    let client = Client::new(Room { hub: hub.clone() });
    let mut ada = client.get("/room/a/ada").start();
    watched(&hub, "a", 1).await;
    let mut presence = client.get("/room/a").start();
    assert_eq!(presence.packet::<Presence>().await, Presence::Joined(member("ada")));

    // A second connection is no news.
    let mut second = client.get("/room/a/ada").start();
    watched(&hub, "a", 2).await;
    let mut bob = client.get("/room/a/bob").start();
    assert_eq!(presence.packet::<Presence>().await, Presence::Joined(member("bob")));
    assert_eq!(hub.members("a").await.unwrap(), [member("ada"), member("bob")]);
    second.leave();
    watched(&hub, "a", 2).await;
    presence.quiet(Duration::from_secs(20)).await;

    // A page that is loaded again.
    bob.leave();
    watched(&hub, "a", 1).await;
    sleep(Duration::from_secs(4)).await;
    let mut bob = client.get("/room/a/bob").start();
    watched(&hub, "a", 2).await;
    presence.quiet(Duration::from_secs(20)).await;

    bob.leave();
    watched(&hub, "a", 1).await;
    presence.quiet(Duration::from_secs(4)).await;
    assert_eq!(hub.members("a").await.unwrap().len(), 2);
    assert_eq!(presence.packet::<Presence>().await, Presence::Left(member("bob")));
    assert_eq!(hub.members("a").await.unwrap(), [member("ada")]);
    ada.leave();
    assert_eq!(presence.packet::<Presence>().await, Presence::Left(member("ada")));
    assert_eq!(hub.members("a").await.unwrap(), []);
    presence.leave();
}

#[tokio::test(start_paused = true)]
async fn the_members_of_one_topic_are_not_those_of_another() {
    let hub = Hub::new();
    let client = Client::new(Room { hub: hub.clone() });
    let mut ada = client.get("/room/a/ada").start();
    watched(&hub, "a", 1).await;
    let mut elsewhere = client.get("/room/b").start();
    elsewhere.quiet(Duration::from_secs(1)).await;
    assert_eq!((hub.members("a").await.unwrap().len(), hub.members("b").await.unwrap().len()), (1, 0));
    ada.leave();
    elsewhere.leave();
}
