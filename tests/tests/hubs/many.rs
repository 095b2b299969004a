//! Several topics in one response, and packets that are left out.

use std::time::Duration;

use outflow::{Hub, LastSeen, action, controller, test::Client};

use super::{publish, watched};

struct Pages {
    hub: Hub<u32>,
}

#[controller]
impl Pages {
    #[action(item = u32)]
    async fn all(&self, seen: LastSeen) {
        self.stream_all(self.hub.watch_all(["scores", "news"]).after(seen));
    }

    #[action(item = u32)]
    async fn even(&self) {
        self.stream_all(self.hub.watch("scores").filter(|number| number % 2 == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn each_packet_names_its_topic_and_a_client_goes_on_in_each_of_them() {
    let hub = Hub::new().keep(3, Duration::from_secs(60));
    let client = Client::new(Pages { hub: hub.clone() });
    let mut answer = client.get("/pages/all").start();
    watched(&hub, "news", 1).await;
    publish(&hub, "scores", [1]).await;
    publish(&hub, "news", [10]).await;
    let mut id = String::new();
    for _ in 0..2 {
        let packet = answer.received().await;
        assert_eq!(packet.name(), Some(if packet.value() == Ok(1) { "scores" } else { "news" }));
        packet.id().unwrap().clone_into(&mut id);
    }
    answer.leave();
    publish(&hub, "news", 11..=15).await;
    publish(&hub, "scores", [2]).await;
    let mut again = client.get("/pages/all").header("last-event-id", &id).start();
    let (mut scores, mut news) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        match again.packet_or_gap::<u32>().await {
            Ok(number) => if number < 10 { &mut scores } else { &mut news }.push(number),
            Err(gap) => {
                assert_eq!((gap.topic(), gap.missed(), gap.first()), (Some("news"), Some(2), 4));
                assert!(news.is_empty());
            }
        }
    }
    assert_eq!((scores, news), (vec![2], vec![13, 14, 15]));
    again.leave();
}

#[tokio::test(start_paused = true)]
async fn a_filter_leaves_packets_out_and_keeps_their_numbers() {
    let hub = Hub::new();
    let client = Client::new(Pages { hub: hub.clone() });
    let mut answer = client.get("/pages/even").start();
    watched(&hub, "scores", 1).await;
    publish(&hub, "scores", 1..=4).await;
    for number in [2, 4] {
        let packet = answer.received().await;
        assert_eq!(packet.value(), Ok(number));
        assert!(packet.id().is_some_and(|id| id.ends_with(&format!("-{number}"))));
    }
    answer.leave();
}
