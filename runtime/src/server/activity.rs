//! Which requests of a connection are open: the drain's layer tells the connection.
//!
//! hyper does not say which connection a request came from. But over HTTP/1 it reads the connection and polls the
//! service in the same task, so connections register under the id of their task, and the layer looks them up by it.
//! (Over HTTP/2 the frames themselves tell.) Of several connections that one task polls, the last one gets all
//! requests. That shows, and nothing is expected of such connections any more.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::task;

/// The requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// How many there have been.
    begun: AtomicUsize,
    /// The length of the last one's body. [`u64::MAX`] if it is not known.
    length: AtomicU64,
    /// How many handlers and bodies there are.
    open: AtomicUsize,
    /// How many of them are bodies of requests.
    uploads: AtomicUsize,
    /// Whether the system should hold as little as possible of what is written.
    at_once: AtomicBool,
}

impl Activity {
    /// Whether the system should hold as little as possible from now on: true once.
    pub(super) fn take_at_once(&self) -> bool {
        self.at_once.load(Ordering::Acquire) && self.at_once.swap(false, Ordering::AcqRel)
    }

    pub(super) fn send_at_once(&self) {
        self.at_once.store(true, Ordering::Release);
    }

    pub(super) fn begun(&self) -> usize {
        self.begun.load(Ordering::Acquire)
    }

    pub(super) fn length(&self) -> Option<u64> {
        Some(self.length.load(Ordering::Acquire)).filter(|length| *length != u64::MAX)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire) > 0
    }

    pub(super) fn has_upload(&self) -> bool {
        self.uploads.load(Ordering::Acquire) > 0
    }
}

/// A part of a request that has not ended: its handler or one of its bodies.
#[derive(Debug)]
pub(super) struct Open {
    activity: Arc<Activity>,
    is_upload: bool,
}

impl Open {
    /// Begins a request whose body has this length.
    pub(super) fn begin(activity: Arc<Activity>, length: Option<u64>) -> Self {
        activity.length.store(length.unwrap_or(u64::MAX), Ordering::Release);
        activity.open.fetch_add(1, Ordering::AcqRel);
        activity.begun.fetch_add(1, Ordering::AcqRel);
        Self { activity, is_upload: false }
    }

    /// The body of the same request.
    pub(super) fn upload(&self) -> Self {
        self.activity.open.fetch_add(1, Ordering::AcqRel);
        self.activity.uploads.fetch_add(1, Ordering::AcqRel);
        Self { activity: self.activity.clone(), is_upload: true }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.is_upload {
            self.activity.uploads.fetch_sub(1, Ordering::AcqRel);
        }
        self.activity.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The connections of a drain, by the tasks that serve them.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<ByTask>);

type ByTask = HashMap<task::Id, Arc<Activity>, BuildHasherDefault<IdHasher>>;

/// A hash of one multiplication, because each request looks its connection up. No client chooses the ids of tasks.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, id: u64) {
        // By 2^64 divided by the golden ratio, which spreads numbers that follow each other.
        self.0 = (self.0 ^ id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Connections {
    pub(super) fn enter(&self, task: task::Id, activity: &Arc<Activity>) {
        self.lock().insert(task, activity.clone());
    }

    pub(super) fn leave(&self, task: task::Id, activity: &Arc<Activity>) {
        let mut connections = self.lock();
        if connections.get(&task).is_some_and(|entered| Arc::ptr_eq(entered, activity)) {
            connections.remove(&task);
        }
    }

    /// The connection that the running task serves.
    pub(super) fn current(&self) -> Option<Arc<Activity>> {
        self.lock().get(&task::try_id()?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, ByTask> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
