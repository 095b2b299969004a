//! From a packet into a topic.

use std::cell::Cell;

use tokio::task::coop::consume_budget;

use super::{
    Hub,
    error::{PublishError, Published},
    settings::Lag,
    store::Store,
};
use crate::{
    packet::content::Streamable,
    records::packet::{self, Rules},
};

/// What a packet of a hub may not have.
const RULES: Rules = Rules {
    no_ids: "in a hub the ids are the packets' numbers: leave `.id(..)` out",
    no_bytes: "a hub keeps JSON and text, and `Packet::bytes` is neither",
    end_event: None,
};

impl<T> Hub<T> {
    /// Publishes a packet to a topic. It is serialized here, once, and never waits for those who watch.
    ///
    /// If the hub is in Redis, this waits for the answer of Redis, and for no reader either.
    ///
    /// # Errors
    /// If the packet can't be written, if there are too many topics, or if Redis can't be reached. A packet that has failed
    /// is not sent later.
    pub async fn publish(&self, topic: &str, packet: &T) -> Result<Published, PublishError>
    where
        T: Streamable,
    {
        if let Some(store) = &self.topics.store {
            return self.store(&**store, topic, packet).await;
        }
        let published = self.put(topic, packet);
        // A loop that publishes lets others run.
        consume_budget().await;
        published
    }

    /// Publishes by the store.
    async fn store(&self, store: &dyn Store, topic: &str, packet: &T) -> Result<Published, PublishError>
    where
        T: Streamable,
    {
        let mut record = Vec::new();
        let key = self.write(packet, &mut record)?;
        if let Some(topic) = self.topics.find(topic) {
            // Those who watch already get this packet, so they must know first where they begin.
            topic.is_known().await;
        }
        let number = store.publish(topic, &record, key.as_deref(), &self.topics.settings).await;
        Ok(Published { number: number.map_err(PublishError::Unavailable)? })
    }

    /// Appends the record of a packet. Returns its key, if the hub keeps the newest packet of each.
    fn write(&self, packet: &T, record: &mut Vec<u8>) -> Result<Option<String>, PublishError>
    where
        T: Streamable,
    {
        packet::write(&packet.content(), &RULES, record).map_err(PublishError::Unwritable)?;
        Ok(match self.lag {
            Lag::Latest(key) => Some(key(packet)),
            Lag::Tell | Lag::Close => None,
        })
    }

    pub(super) fn put(&self, topic: &str, packet: &T) -> Result<Published, PublishError>
    where
        T: Streamable,
    {
        thread_local! {
            /// One buffer for all packets that this thread publishes.
            static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        }
        const LARGE: usize = 64 * 1024;
        // Taken, because a `Serialize` may publish too.
        let mut record = BUFFER.take();
        record.clear();
        let mut key = self.write(packet, &mut record)?;
        let number = loop {
            let topic = self.topics.get(topic).map_err(|_| PublishError::TooManyTopics)?;
            // One that vanishes at this moment is made anew.
            if let Some(number) = topic.publish(&record, &mut key, &self.topics.settings) {
                break number.map_err(PublishError::Unwritable)?;
            }
        };
        if record.capacity() <= LARGE {
            BUFFER.set(record);
        }
        Ok(Published { number })
    }
}
