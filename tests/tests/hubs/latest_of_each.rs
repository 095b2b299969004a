//! `Lag::Latest`: the newest packet of each key, and never a gap.

use std::collections::BTreeMap;

use outflow::{Hub, Lag, LastSeen, action, controller, test::Client};
use serde::{Deserialize, Serialize};

use super::watched;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Price {
    symbol: String,
    cents: u32,
}

struct Prices {
    hub: Hub<Price>,
}

#[controller]
impl Prices {
    #[action(item = Price)]
    async fn all(&self, seen: LastSeen) {
        self.stream_all(self.hub.watch("all").latest().after(seen));
    }
}

fn prices() -> Hub<Price> {
    Hub::new().lag(Lag::Latest(|price: &Price| price.symbol.clone()))
}

async fn publish(hub: &Hub<Price>, symbol: usize, cents: u32) {
    hub.publish("all", &Price { symbol: format!("S{symbol}"), cents }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_new_client_gets_the_newest_of_each_key_in_the_order_of_their_changes() {
    let hub = prices();
    let client = Client::new(Prices { hub: hub.clone() });
    for (symbol, cents) in [(1, 10), (2, 20), (1, 11), (3, 30), (2, 21)] {
        publish(&hub, symbol, cents).await;
    }
    let mut answer = client.get("/prices/all").start();
    let packets: [Price; 3] = answer.packets().await;
    assert_eq!(
        packets.map(|price| (price.symbol, price.cents)),
        [("S1".to_owned(), 11), ("S3".to_owned(), 30), ("S2".to_owned(), 21)]
    );
    publish(&hub, 3, 31).await;
    assert_eq!(answer.packet::<Price>().await.cents, 31);
    answer.leave();
}

#[tokio::test(start_paused = true)]
async fn one_that_stalls_gets_the_newest_of_each_key_and_no_gap() {
    let hub = prices();
    let client = Client::new(Prices { hub: hub.clone() });
    let mut answer = client.get("/prices/all").start();
    watched(&hub, "all", 1).await;
    answer.stall();
    for cents in 0..50_000 {
        publish(&hub, cents as usize % 20, cents).await;
        if cents % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    answer.read_on();
    let (mut newest, mut count) = (BTreeMap::new(), 0);
    while newest.len() < 20 || newest.values().any(|cents| *cents < 49_980) {
        let price: Price = answer.packet().await;
        newest.insert(price.symbol, price.cents);
        count += 1;
    }
    assert!(count < 20_000, "{count}");
    answer.leave();
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_back_gets_the_keys_that_have_changed() {
    let hub = prices();
    let client = Client::new(Prices { hub: hub.clone() });
    publish(&hub, 1, 10).await;
    publish(&hub, 2, 20).await;
    let mut answer = client.get("/prices/all").start();
    answer.packet::<Price>().await;
    let id = answer.received().await.id().unwrap().to_owned();
    answer.leave();
    for cents in 0..5_000 {
        publish(&hub, 2, cents).await;
    }
    let mut again = client.get("/prices/all").header("last-event-id", &id).start();
    assert_eq!(again.packet::<Price>().await, Price { symbol: "S2".to_owned(), cents: 4_999 });
    again.leave();
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_dropped_is_a_gap() {
    let hub = prices().keep(2, std::time::Duration::from_secs(60));
    let client = Client::new(Prices { hub: hub.clone() });
    let mut answer = client.get("/prices/all").start();
    watched(&hub, "all", 1).await;
    for symbol in 0..5 {
        publish(&hub, symbol, 1).await;
    }
    let gap = answer.gap().await;
    assert_eq!((gap.missed(), gap.first()), (None, 4));
    assert_eq!(answer.packet::<Price>().await.symbol, "S3");
    assert_eq!(answer.packet::<Price>().await.symbol, "S4");
    answer.leave();
}
