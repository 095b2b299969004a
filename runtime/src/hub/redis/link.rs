//! The task that keeps a copy of a topic up to date while it is watched: it listens on the topic's channel, and reads what
//! has been published before, or while Redis was away.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, time::sleep};

use super::{RedisStore, message::Message, page};
use crate::{
    hub::{copying::News, error::HubUnavailable, settings::Settings, topic::Topic},
    log_gate::LogGate,
    redis::subscription::Listener,
};

/// The bytes of one reading.
const PAGE: usize = 1024 * 1024;

/// The time between two readings, which find what a lost message has hidden, and keep the topic in Redis.
const LOOK: Duration = Duration::from_secs(10);

/// The same while the subscription is broken.
const LOOK_SOON: Duration = Duration::from_secs(1);

/// Starts the task, unless there is one.
pub(super) fn start(store: &RedisStore, topic: &Arc<Topic>, settings: &Settings) {
    let Ok(runtime) = Handle::try_current() else { return };
    if topic.begin_link() {
        let name = topic.name.clone();
        let link =
            Link { store: store.clone(), topic: Arc::downgrade(topic), name, settings: *settings, is_over: false };
        runtime.spawn(link.run());
    }
}

struct Link {
    store: RedisStore,
    topic: Weak<Topic>,
    name: Arc<str>,
    settings: Settings,
    /// Whether the topic knows that it has ended.
    is_over: bool,
}

impl Link {
    async fn run(mut self) {
        let ear = Arc::new(Ear { topic: self.topic.clone(), settings: self.settings });
        let _listening = self.store.redis.subscription().listen(self.store.channel(&self.name), ear);
        // Members of a node that has died are to leave in time.
        let look = if self.store.is_news { LOOK.min(self.settings.lease / 3) } else { LOOK };
        loop {
            let Some(topic) = self.topic.upgrade() else { return };
            let Some(question) = topic.next_question() else {
                self.is_over = true;
                return;
            };
            let read = self.read(&topic).await;
            if let Err(why) = &read {
                static GATE: LogGate = LogGate::new();
                if let Some(suppressed) = GATE.pass() {
                    tracing::warn!(topic = &*self.name, %why, suppressed, "a topic could not be read from Redis: trying again");
                }
            }
            let is_current = topic.close_questions(question, read.is_ok());
            let Some(questions) = topic.questions() else { return };
            // The task must not keep the topic.
            drop(topic);
            tokio::select! {
                () = questions.notified() => {}
                () = sleep(if is_current { look } else { LOOK_SOON.min(look) }) => {}
            }
        }
    }

    /// Reads everything that is new.
    async fn read(&self, topic: &Topic) -> Result<(), HubUnavailable> {
        if self.store.is_news {
            self.store.tell(&self.name, &[], &self.settings).await?;
        }
        loop {
            let known = topic.known();
            let mut call = self.store.on(&self.store.scripts.read, &self.name, &self.settings);
            call.arg(known.epoch.as_str()).arg(known.tail).arg(PAGE).arg(known.newest);
            let reading = page::read(self.store.redis.call(call.arg(known.revoked)).await?)?;
            if topic.take_over(reading, &self.settings) {
                return Ok(());
            }
        }
    }
}

/// A task whose runtime has ended makes room for another one.
impl Drop for Link {
    fn drop(&mut self) {
        if let (Some(topic), false) = (self.topic.upgrade(), self.is_over) {
            topic.end_link();
        }
    }
}

/// The listener on the channel of a topic.
struct Ear {
    topic: Weak<Topic>,
    settings: Settings,
}

impl Listener for Ear {
    fn message(&self, message: &[u8]) {
        let Some(topic) = self.topic.upgrade() else { return };
        match Message::read(message) {
            Some(Message::Packet { epoch, number, key, record }) => {
                topic.hear(&News { epoch, number, key, record }, &self.settings);
            }
            Some(Message::Revoked { at, member }) => topic.hear_revoked(at, member),
            None => {}
        }
    }

    fn joined(&self) {
        if let Some(topic) = self.topic.upgrade() {
            topic.joined(true);
        }
    }

    fn lost(&self) {
        if let Some(topic) = self.topic.upgrade() {
            topic.joined(false);
        }
    }
}
