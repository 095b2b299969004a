//! Calls to a shared log that many followers want at the same moment: one call for all of them.
//!
//! Whoever comes while a call is on its way waits for the next one, because what is on its way may have been read
//! already. So each has an answer from after it has asked, and there are two calls however many ask.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_core::future::BoxFuture;
use futures_util::{FutureExt as _, future::Shared};

pub(super) struct Joined<K, T>(Arc<Mutex<HashMap<K, Calls<T>>>>);

/// Those of one kind.
struct Calls<T> {
    /// Held by the one that is on its way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The one that waits for its turn, and may be joined until then.
    next: Option<Shared<BoxFuture<'static, T>>>,
}

impl<K, T> Clone for Joined<K, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, T> Default for Joined<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, T> Joined<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Calls<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Joined<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// What the call answers, which is made here or by whoever joins as well.
    pub(super) async fn call(&self, key: K, make: impl Future<Output = T> + Send + 'static) -> T {
        let call = {
            let mut all = self.lock();
            let calls = all.entry(key.clone()).or_insert_with(|| Calls { turn: Arc::default(), next: None });
            let turn = calls.turn.clone();
            calls
                .next
                .get_or_insert_with(|| {
                    let call = self.clone().in_turn(key, turn, make).boxed().shared();
                    // It goes on whoever of those who wait leaves, or is not polled.
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

/// Leaves nothing behind, also where all who wait have left.
struct Done<'a, K: Eq + Hash, T> {
    all: &'a Joined<K, T>,
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
