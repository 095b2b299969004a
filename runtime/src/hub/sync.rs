//! The locks of a hub, and the tasks that it starts. In the unit tests both are shuttle's, which tries the orders in which
//! threads may run: a hub works only within a run of shuttle there.

#[cfg(not(test))]
pub(super) use std::sync::{Mutex, MutexGuard};

#[cfg(test)]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
pub(super) use tokio::time::sleep;

#[cfg(test)]
pub(super) use self::model::{has_runtime, sleep, spawn};

/// Whether there is a runtime for [`spawn`].
#[cfg(not(test))]
pub(super) fn has_runtime() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// Starts a task. A runtime that has been shut down drops it here, so no lock may be held that the task takes then.
#[cfg(not(test))]
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// A runtime whose tasks are shuttle's.
#[cfg(test)]
pub(super) mod model {
    use std::{cell::RefCell, time::Duration};

    use shuttle::future::{self, JoinHandle};

    thread_local! {
        /// The tasks of the runtime, if there is one. Shuttle's threads are all in one thread of the system.
        static TASKS: RefCell<Option<Vec<JoinHandle<()>>>> = const { RefCell::new(None) };
    }

    pub(in super::super) fn has_runtime() -> bool {
        TASKS.with_borrow(Option::is_some)
    }

    pub(in super::super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        if !has_runtime() {
            return;
        }
        let mut task = Some(future::spawn(task));
        TASKS.with_borrow_mut(|tasks| tasks.as_mut().map(|tasks| tasks.extend(task.take())));
        // The runtime has ended meanwhile.
        task.inspect(JoinHandle::abort);
    }

    /// Waits until others have run: time is whatever they need.
    pub(in super::super) async fn sleep(_: Duration) {
        future::yield_now().await;
    }

    /// A runtime, until it is dropped, and its tasks with it.
    #[must_use]
    pub(in super::super) struct Runtime(());

    impl Runtime {
        pub(in super::super) fn new() -> Self {
            TASKS.set(Some(Vec::new()));
            Self(())
        }

        /// Waits until each task has ended by itself.
        pub(in super::super) fn join(self) {
            let tasks = TASKS.take();
            tasks.into_iter().flatten().for_each(|task| future::block_on(task).expect("nothing aborts it"));
        }
    }

    impl Drop for Runtime {
        fn drop(&mut self) {
            TASKS.take().into_iter().flatten().for_each(|task| task.abort());
        }
    }
}
