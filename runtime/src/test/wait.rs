//! Waits with a limit. What never comes fails the test with all that had come instead of hanging it.

use std::{panic::Location, pin::pin, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// The longest wait of a client that sets no other: longer than the default heartbeat, and free on a paused clock.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// One wait of a test.
pub(super) struct Wait {
    /// The call, such as `packet()`.
    pub(super) call: String,
    /// The place in the test that waits.
    pub(super) place: &'static Location<'static>,
    pub(super) limit: Duration,
}

/// The result of a look at what a test waits for.
pub(super) enum Look<T> {
    Ready(T),
    NotYet,
    /// It can't come any more, and why.
    Never(String),
}

impl<T> Look<T> {
    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> Look<U> {
        match self {
            Self::Ready(value) => Look::Ready(map(value)),
            Self::NotYet => Look::NotYet,
            Self::Never(why) => Look::Never(why),
        }
    }
}

impl Wait {
    /// Looks again at each change, until there is what the test waits for.
    ///
    /// # Panics
    /// If it can't come, or has not come within the limit. The message ends with the story.
    pub(super) async fn until<T>(
        self,
        changed: &Notify,
        mut look: impl FnMut() -> Look<T>,
        story: impl Fn() -> String,
    ) -> T {
        let deadline = Instant::now() + self.limit;
        loop {
            let mut change = pin!(changed.notified());
            change.as_mut().enable();
            match look() {
                Look::Ready(value) => return value,
                Look::Never(why) => self.fail(&why, &story()),
                Look::NotYet => {}
            }
            if timeout_at(deadline, change).await.is_err() {
                self.fail(&format!("it did not come within {:?}", self.limit), &story());
            }
        }
    }

    pub(super) fn fail(&self, why: &str, story: &str) -> ! {
        panic!("`{}` at {}: {why}\n{story}", self.call, self.place)
    }
}
