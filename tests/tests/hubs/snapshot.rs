//! The state of things, and then its changes: nothing falls between.

use std::sync::{Arc, Mutex};

use outflow::{Hub, action, controller, test::Client};
use tokio::sync::Notify;

use super::watched;

struct Sums {
    hub: Hub<u32>,
    sum: Arc<Mutex<u32>>,
    go_on: Arc<Notify>,
}

#[controller]
impl Sums {
    /// The sum of all numbers, and then the numbers that are added.
    #[action]
    async fn watch(&self) {
        let state = async {
            let number = self.hub.number("a");
            self.go_on.notified().await;
            (*self.sum.lock().unwrap(), number)
        };
        self.stream_all(self.hub.watch("a").from(state));
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_taken_away_shows_while_the_state_is_read() {
    struct Slow {
        hub: Hub<u32>,
    }

    #[controller]
    impl Slow {
        #[action]
        async fn watch(&self) {
            let state = std::future::pending::<((), u64)>();
            self.stream_all(self.hub.watch("a").as_member("ada", &()).from(state));
        }
    }

    let hub = Hub::new();
    let client = Client::new(Slow { hub: hub.clone() });
    let mut answer = client.get("/slow/watch").start();
    watched(&hub, "a", 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    assert_eq!(hub.revoke("a", "ada").await.unwrap(), 1);
    assert_eq!(answer.failed().await.status(), axum::http::StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn the_state_comes_first_and_no_change_is_missing() {
    let (hub, sum, go_on) = (Hub::new(), Arc::default(), Arc::<Notify>::default());
    let client = Client::new(Sums { hub: hub.clone(), sum: Arc::clone(&sum), go_on: go_on.clone() });
    let add = async |number: u32| {
        *sum.lock().unwrap() += number;
        hub.publish("a", &number).await.unwrap();
    };
    add(1).await;
    add(2).await;
    let mut answer = client.get("/sums/watch").start();
    watched(&hub, "a", 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    // The state is being read. It will have this change too, whose number is greater than that of the state.
    add(4).await;
    go_on.notify_one();
    let state = answer.received().await;
    assert_eq!(state.value(), Ok(7));
    assert!(state.id().is_some_and(|id| id.ends_with("-2")), "{state:?}");
    add(8).await;
    assert_eq!(answer.packets::<u32, 2>().await, [4, 8]);
    answer.leave();
}
