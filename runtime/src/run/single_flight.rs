//! One call to a shared log for all followers that want the same at the same moment.
//!
//! A follower that comes during a call waits for the next one, because the current call may have read already. So every
//! answer is newer than its question, and there are at most two calls at a time, however many ask.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_core::future::BoxFuture;
use futures_util::{FutureExt as _, future::Shared};

/// Calls that are shared, by their key. Clones share them too.
pub(super) struct SingleFlight<K, T>(Arc<Mutex<HashMap<K, Calls<T>>>>);

/// The calls with one key.
struct Calls<T> {
    /// Held by the call that is on its way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The call that waits for its turn, and may be joined until then.
    next: Option<Shared<BoxFuture<'static, T>>>,
}

impl<K, T> Clone for SingleFlight<K, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, T> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, T> SingleFlight<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Calls<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> SingleFlight<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// The answer of the call, made here or by another follower that joins it.
    pub(super) async fn call(&self, key: K, make: impl Future<Output = T> + Send + 'static) -> T {
        let call = {
            let mut all = self.lock();
            let calls = all.entry(key.clone()).or_insert_with(|| Calls { turn: Arc::default(), next: None });
            let turn = calls.turn.clone();
            calls
                .next
                .get_or_insert_with(|| {
                    let call = self.clone().in_turn(key, turn, make).boxed().shared();
                    // It goes on even if the followers that wait for it leave, or are not polled.
                    tokio::spawn(call.clone());
                    call
                })
                .clone()
        };
        call.await
    }

    async fn in_turn(self, key: K, turn: Arc<tokio::sync::Mutex<()>>, make: impl Future<Output = T> + Send) -> T {
        let _turn = turn.lock().await;
        if let Some(calls) = self.lock().get_mut(&key) {
            calls.next = None;
        }
        let _done = Done { all: &self, key };
        make.await
    }
}

/// Cleans up, even if all followers that waited have left.
struct Done<'a, K: Eq + Hash, T> {
    all: &'a SingleFlight<K, T>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for Done<'_, K, T> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if all.get(&self.key).is_some_and(|calls| calls.next.is_none()) {
            all.remove(&self.key);
        }
    }
}
