//! Hubs: one source, many clients.

mod bounds;
mod comes_back;
mod counts;
mod formats;
mod lag;
mod latest_of_each;
mod many;
mod named;
mod newest;
mod nodes;
mod oracle;
mod presence;
mod rights;
mod snapshot;
mod stalled;
mod threads;
mod watching;

use outflow::{Hub, LastSeen, action, controller, test::Answer};

use crate::support::until;

/// A controller with one hub of numbers.
struct Numbers {
    hub: Hub<u32>,
}

#[controller("/numbers")]
impl Numbers {
    /// What the client has missed, and then what is published.
    #[action(path = "/{topic}", item = u32)]
    async fn watch(&self, topic: String, seen: LastSeen) {
        self.stream_all(self.hub.watch(&topic).after(seen));
    }

    /// The last packets first.
    #[action(path = "/{topic}/last/{n}")]
    async fn last(&self, topic: String, n: usize, seen: LastSeen) {
        self.stream_all(self.hub.watch(&topic).last(n).after(seen));
    }

    #[action(path = "/{topic}/latest")]
    async fn last_one(&self, topic: String) {
        self.stream_all(self.hub.watch(&topic).latest());
    }
}

/// Waits until a topic has this many watchers.
async fn watched<T>(hub: &Hub<T>, topic: &str, watchers: usize) {
    until(format!("{watchers} watchers of {topic}"), async || hub.count(topic) == watchers).await;
}

async fn publish(hub: &Hub<u32>, topic: &str, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        hub.publish(topic, &number).await.unwrap();
    }
}

/// The id of the next packet, which must be this one.
async fn id_of(answer: &mut Answer, number: u32) -> String {
    let received = answer.received().await;
    assert_eq!(received.value(), Ok(number));
    received.id().expect("an id").to_owned()
}
