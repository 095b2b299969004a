//! Rights that are taken away.

use axum::http::StatusCode;
use outflow::{Hub, action, controller, test::Client};

use super::{publish, watched};

struct Room {
    hub: Hub<u32>,
}

#[controller]
impl Room {
    /// It would send a farewell, if it were not dropped.
    #[action(path = "/{topic}/{member}")]
    async fn watch(&self, topic: String, member: String) -> &'static str {
        self.stream_all(self.hub.watch(&topic).as_member(member, &()));
        self.stream("farewell");
        "over"
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_right_is_taken_away_gets_a_403_at_once_and_nobody_else() {
    let hub = Hub::new();
    let client = Client::new(Room { hub: hub.clone() });
    let mut ada: Vec<_> = (0..2).map(|_| client.get("/room/a/ada").start()).collect();
    let mut bob = client.get("/room/a/bob").start();
    let mut elsewhere = client.get("/room/b/ada").start();
    watched(&hub, "a", 3).await;
    watched(&hub, "b", 1).await;
    publish(&hub, "a", [1]).await;
    for answer in &mut ada {
        assert_eq!(answer.packet::<u32>().await, 1);
    }
    let revoked = hub.revoke("a", "ada").await.unwrap();
    publish(&hub, "a", [2]).await;
    publish(&hub, "b", [3]).await;
    assert_eq!(revoked, 2);
    for answer in &mut ada {
        assert_eq!(answer.failed().await.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.unread::<u32>(), [0; 0]);
    }
    assert_eq!(bob.packets::<u32, 2>().await, [1, 2]);
    assert_eq!(elsewhere.packet::<u32>().await, 3);
    bob.leave();
    elsewhere.leave();
    watched(&hub, "a", 0).await;
}

#[tokio::test(start_paused = true)]
async fn before_its_first_packet_the_answer_is_a_403() {
    let hub = Hub::<u32>::new();
    let client = Client::new(Room { hub: hub.clone() });
    let mut answer = client.get("/room/a/ada").start();
    watched(&hub, "a", 1).await;
    assert_eq!(hub.revoke("a", "ada").await.unwrap(), 1);
    assert_eq!(answer.head().await.status(), StatusCode::FORBIDDEN);
    assert_eq!((hub.revoke("a", "ada").await.unwrap(), hub.revoke("nowhere", "ada").await.unwrap()), (0, 0));
}
