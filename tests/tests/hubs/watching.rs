//! What is published reaches everybody who watches.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{FutureExt as _, StreamExt as _};
use outflow::{Event, Hub, LastSeen, Packet, action, controller, test::Client};
use serde::{Serialize, Serializer};

use super::{Numbers, publish, watched};

/// A value that counts how often it is serialized.
struct Counted(Arc<AtomicUsize>);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        serializer.serialize_str("counted")
    }
}

struct Once {
    hub: Hub<Counted>,
}

#[controller]
impl Once {
    #[action(item = Counted)]
    async fn watch(&self) {
        self.stream_all(self.hub.watch("all"));
    }
}

#[tokio::test(start_paused = true)]
async fn each_packet_reaches_each_watcher_of_its_topic_in_order() {
    let hub = Hub::new();
    let client = Client::new(Numbers { hub: hub.clone() });
    let mut a: Vec<_> = (0..3).map(|_| client.get("/numbers/a").start()).collect();
    let mut b = client.get("/numbers/b").start();
    watched(&hub, "a", 3).await;
    watched(&hub, "b", 1).await;
    publish(&hub, "a", [1, 2]).await;
    publish(&hub, "b", [10]).await;
    publish(&hub, "a", [3]).await;
    for answer in &mut a {
        assert_eq!(answer.packets::<u32, 3>().await, [1, 2, 3]);
        answer.leave();
    }
    assert_eq!(b.packet::<u32>().await, 10);
    b.leave();
    watched(&hub, "a", 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_packet_is_serialized_once_for_all_watchers_and_formats() {
    let hub = Hub::new();
    let client = Client::new(Once { hub: hub.clone() });
    let formats = ["text/event-stream", "application/x-ndjson", "text/plain", "application/json"];
    let mut answers: Vec<_> = formats.map(|format| client.get("/once/watch").accept(format).start()).into();
    watched(&hub, "all", formats.len()).await;
    let count = Arc::new(AtomicUsize::new(0));
    hub.publish("all", &Counted(count.clone())).await.unwrap();
    for answer in &mut answers {
        assert_eq!(answer.packet::<String>().await, "counted");
        answer.leave();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_packet_made_by_hand_keeps_its_event_and_its_text() {
    struct Rows {
        hub: Hub<Packet>,
    }

    #[controller]
    impl Rows {
        #[action]
        async fn all(&self, seen: LastSeen) {
            self.stream_all(self.hub.watch("rows").last(10).after(seen));
        }
    }

    let hub = Hub::new();
    hub.publish("rows", &Packet::raw("<tr>\n</tr>").event("row")).await.unwrap();
    assert!(hub.publish("rows", &Packet::raw("x").id("mine")).await.unwrap_err().to_string().contains(".id("));
    assert!(hub.publish("rows", &Packet::bytes("x")).await.is_err());
    let client = Client::new(Rows { hub: hub.clone() });
    let mut answer = client.get("/rows/all").start();
    let row = answer.received().await;
    assert_eq!((row.name(), &*row.text()), (Some("row"), "<tr>\n</tr>"));
    assert!(row.id().is_some_and(|id| id.ends_with("-1")), "{row:?}");
    answer.leave();
}

#[tokio::test]
async fn rust_code_reads_packets_and_gaps_from_the_generator() {
    let hub = Hub::new().keep(2, std::time::Duration::from_secs(60));
    let numbers = Numbers { hub: hub.clone() };
    let mut events = numbers.watch("a".to_owned(), LastSeen::NOTHING);
    assert!(events.next().now_or_never().is_none());
    publish(&hub, "a", 1..=5).await;
    let Some(Event::Gap(gap)) = events.next().await else { panic!("no gap") };
    assert_eq!((gap.missed(), gap.first()), (Some(3), 4));
    let Some(Event::Packet(packet)) = events.next().await else { panic!("no packet") };
    assert_eq!(packet.json::<u32>().unwrap(), 4);
    assert!(packet.fields().id.as_ref().is_some_and(|id| id.ends_with("-4")));
}
