//! A watcher that falls behind is told so, and holds nobody up.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::StreamExt as _;
use outflow::{Hub, Lag, LastSeen, action, controller, test::Client};

use super::{Numbers, publish, watched};

struct Closing {
    hub: Hub<u32>,
}

#[controller]
impl Closing {
    #[action]
    async fn watch(&self) {
        self.stream_all(self.hub.watch("a").lag(Lag::Close));
    }

    /// Three items, of which one may be a gap.
    #[action]
    async fn three(&self) {
        self.stream_all(self.hub.watch("a").take(3));
    }

    #[action]
    async fn wrong(&self, seen: LastSeen) {
        self.stream_all(self.hub.watch("a").after(seen).lag(Lag::Latest(u32::to_string)));
    }
}

fn short() -> Hub<u32> {
    Hub::new().keep(4, Duration::from_secs(60))
}

#[tokio::test(start_paused = true)]
async fn the_gap_says_how_many_were_missed_and_where_it_goes_on() {
    let hub = short();
    let client = Client::new(Numbers { hub: hub.clone() });
    let mut answer = client.get("/numbers/a").start();
    watched(&hub, "a", 1).await;
    publish(&hub, "a", [0]).await;
    assert_eq!(answer.packet::<u32>().await, 0);
    // Nothing else runs meanwhile.
    publish(&hub, "a", 1..=9).await;
    let gap = answer.gap().await;
    assert_eq!((gap.missed(), gap.first()), (Some(5), 7));
    assert_eq!(answer.packets::<u32, 4>().await, [6, 7, 8, 9]);
    answer.leave();
}

#[tokio::test(start_paused = true)]
async fn the_event_on_the_wire_is_a_gap_with_an_id_to_go_on_from() {
    let hub = short();
    let client = Client::new(Closing { hub: hub.clone() });
    let mut answer = client.get("/closing/three").start();
    watched(&hub, "a", 1).await;
    publish(&hub, "a", 1..=6).await;
    let text = answer.text().await;
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let epoch = id.strip_suffix("-2").expect("the gap ends at the second packet");
    let expected = format!(
        "event: gap\nid: {epoch}-2\ndata: {{\"missed\":2,\"first\":3}}\n\nid: {epoch}-3\ndata: 3\n\nid: {epoch}-4\ndata: 4\n\n"
    );
    assert!(text.starts_with(&expected), "{text}");
}

#[tokio::test(start_paused = true)]
async fn formats_without_room_for_it_fail() {
    for (format, is_cut) in
        [("application/x-ndjson", true), ("text/csv", true), ("text/plain", true), ("application/json", false)]
    {
        let hub = short();
        let client = Client::new(Numbers { hub: hub.clone() });
        let mut answer = client.get("/numbers/a").accept(format).start();
        watched(&hub, "a", 1).await;
        publish(&hub, "a", [0]).await;
        answer.head().await;
        publish(&hub, "a", 1..=9).await;
        if is_cut {
            answer.cut().await;
        } else {
            let failed = answer.failed().await;
            assert_eq!((failed.status(), &failed.problem()["missed"]), (StatusCode::GONE, &5.into()));
        }
        let before: Vec<u32> = if format == "text/plain" { vec![0] } else { answer.unread() };
        assert_eq!(before, [0], "{format}");
        watched(&hub, "a", 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_may_ask_to_be_closed_instead() {
    let hub = short();
    let client = Client::new(Closing { hub: hub.clone() });
    let mut answer = client.get("/closing/watch").start();
    watched(&hub, "a", 1).await;
    publish(&hub, "a", [0]).await;
    assert_eq!(answer.packet::<u32>().await, 0);
    publish(&hub, "a", 1..=9).await;
    let failed = answer.failed().await;
    assert_eq!((failed.status(), failed.problem()["type"].as_str()), (StatusCode::GONE, Some("urn:outflow:gap")));
}

#[tokio::test(start_paused = true)]
async fn the_newest_of_each_key_is_for_a_whole_hub() {
    let client = Client::new(Closing { hub: short() });
    let failed = client.get("/closing/wrong").start().failed().await;
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls_holds_up_neither_the_source_nor_the_others() {
    let hub = Hub::new().keep(100, Duration::from_secs(60));
    let client = Client::new(Numbers { hub: hub.clone() });
    let mut stalled: Vec<_> = (0..10).map(|_| client.get("/numbers/a").start()).collect();
    let mut others: Vec<_> = (0..20).map(|_| client.get("/numbers/a").start()).collect();
    watched(&hub, "a", 30).await;
    stalled.iter_mut().for_each(outflow::test::Answer::stall);
    // Far more than a stalled client's buffers take.
    for from in (0..12_000).step_by(50) {
        publish(&hub, "a", from..from + 50).await;
        for answer in &mut others {
            let packets: [u32; 50] = answer.packets().await;
            assert!(packets.into_iter().eq(from..from + 50));
        }
    }
    for answer in &mut stalled {
        answer.read_on();
        let (mut next, mut missed) = (0, 0);
        while next < 12_000 {
            match answer.packet_or_gap::<u32>().await {
                Ok(number) => {
                    assert_eq!(number, next);
                    next += 1;
                }
                Err(gap) => {
                    missed += gap.missed().unwrap();
                    next = u32::try_from(gap.first()).unwrap() - 1;
                }
            }
        }
        assert!(missed > 2_000, "{missed}");
        answer.leave();
    }
    others.iter_mut().for_each(outflow::test::Answer::leave);
    watched(&hub, "a", 0).await;
}
