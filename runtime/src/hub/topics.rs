//! The topics of a hub: made when they are first named, and gone when they have been idle.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    settings::Settings,
    store::Store,
    sync::{Mutex, MutexGuard, has_runtime, sleep, spawn},
    topic::Topic,
};

/// The longest and the shortest time between two looks for what has grown old.
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(100);

/// All topics of a hub.
pub(super) struct Topics {
    pub(super) settings: Settings,
    /// The store that they are copied from, if there is one.
    pub(super) store: Option<Arc<dyn Store>>,
    all: Mutex<AllTopics>,
}

#[derive(Default)]
struct AllTopics {
    topics: HashMap<Arc<str>, Arc<Topic>>,
    /// Whether a task is running that drops what has grown old.
    is_swept: bool,
}

/// The hub has as many topics as it may.
#[derive(Debug)]
pub(super) struct TooMany;

impl Topics {
    pub(super) fn new(settings: Settings, store: Option<Arc<dyn Store>>) -> Arc<Self> {
        Arc::new(Self { settings, store, all: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, AllTopics> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many topics there are.
    pub(super) fn len(&self) -> usize {
        self.lock().topics.len()
    }

    /// The topic of this name, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Topic>> {
        self.lock().topics.get(name).cloned()
    }

    /// The topic of this name, which is made if there is none.
    pub(super) fn get(self: &Arc<Self>, name: &str) -> Result<Arc<Topic>, TooMany> {
        let mut all = self.lock();
        if let (Some(topic), true) = (all.topics.get(name), all.is_swept) {
            return Ok(topic.clone());
        }
        let starts_sweeper = !all.is_swept && has_runtime();
        all.is_swept |= starts_sweeper;
        let topic = match all.topics.get(name) {
            Some(topic) => Ok(topic.clone()),
            None if all.topics.len() >= self.settings.topics => Err(TooMany),
            None => {
                let topic = Topic::new(name.into(), self.store.is_some());
                all.topics.insert(topic.name.clone(), topic.clone());
                Ok(topic)
            }
        };
        drop(all);
        if starts_sweeper {
            spawn(sweep(Sweeper(Arc::downgrade(self))));
        }
        topic
    }

    /// Drops what has grown old. Returns whether there is anything left that may.
    pub(super) fn sweep(&self) -> bool {
        let now = Instant::now();
        let mut all = self.lock();
        all.topics.retain(|_, topic| {
            let mut state = topic.lock();
            state.ring.mark(now);
            state.ring.expire(&self.settings, now);
            state.is_gone = state.seats.len() == 0 && state.ring.is_empty() && state.last + self.settings.age <= now;
            !state.is_gone
        });
        if all.topics.capacity() > 4 * all.topics.len() {
            all.topics.shrink_to_fit();
        }
        all.is_swept = !all.topics.is_empty();
        all.is_swept
    }
}

/// The task that drops what has grown old, for as long as there are topics.
async fn sweep(mut sweeper: Sweeper) {
    loop {
        let Some(topics) = sweeper.0.upgrade() else { return };
        let pause = (topics.settings.age / 8).clamp(SHORTEST, LONGEST);
        drop(topics);
        sleep(pause).await;
        let Some(topics) = sweeper.0.upgrade() else { return };
        if !topics.sweep() {
            // From here on there may be another one.
            sweeper.0 = Weak::new();
            return;
        }
    }
}

/// The hub of a sweeper, which does not keep it.
struct Sweeper(Weak<Topics>);

/// A sweeper whose runtime has ended makes room for another one.
impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(topics) = self.0.upgrade() {
            topics.lock().is_swept = false;
        }
    }
}
