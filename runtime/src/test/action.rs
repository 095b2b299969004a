//! What the actions on the server do, as a test asks for it by the path of their request.

use std::{future::Future, panic::Location, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    client::Client,
    journal::Journal,
    wait::{Look, Wait},
};
use crate::engine::witness::FateState;

impl Client {
    /// Waits until the action of a request to this path has been dropped at one of its await points, as happens when its
    /// client [leaves](super::Answer::leave), and returns how long after the leaving that was. A path with a query means
    /// the requests with that query; one without means all.
    ///
    /// # Panics
    /// If there is no such request, or its action has ended by itself.
    #[track_caller]
    pub fn dropped(&self, path: &str) -> impl Future<Output = Duration> + Send {
        let path = path.to_owned();
        let wait = Wait { call: format!("dropped({path:?})"), place: Location::caller(), limit: self.settings.limit };
        async move { wait.until(&self.fates.changed, || self.look_for_drop(&path), || self.stories()).await }
    }

    /// Waits until the action of a request to this path has sent nothing for a second, as when its client
    /// [stalls](super::Answer::stall), and returns how many packets it has sent. An action that waits for something else
    /// than its client looks the same.
    ///
    /// # Panics
    /// If there is no such request, or its action has ended.
    #[track_caller]
    pub fn held(&self, path: &str) -> impl Future<Output = u64> + Send {
        let path = path.to_owned();
        let limit = self.settings.limit;
        let wait = Wait { call: format!("held({path:?})"), place: Location::caller(), limit };
        async move {
            let deadline = Instant::now() + limit;
            let mut before = None;
            while Instant::now() < deadline {
                before = match self.packets_of(&path) {
                    Look::Ready(sent) if before == Some(sent) => return sent,
                    Look::Ready(sent) => Some(sent),
                    Look::NotYet => None,
                    Look::Never(why) => wait.fail(&why, &self.stories()),
                };
                sleep(Duration::from_secs(1)).await;
            }
            wait.fail(&format!("the action still sends after {limit:?}"), &self.stories())
        }
    }

    fn packets_of(&self, path: &str) -> Look<u64> {
        let journals = self.journals().clone();
        let fates = self.fates.list();
        let mut fates = fates.iter().filter(|fate| journals[fate.request].is_to(path)).peekable();
        if fates.peek().is_none() {
            return missing(&journals, path);
        }
        match fates.find(|fate| fate.is_running()) {
            Some(fate) => Look::Ready(fate.sender.packets()),
            None => Look::Never("the action had ended".to_owned()),
        }
    }

    fn look_for_drop(&self, path: &str) -> Look<Duration> {
        let journals = self.journals().clone();
        let mut fates = self.fates.list();
        let (mut is_running, mut has_ended) = (false, false);
        for fate in fates.iter_mut().filter(|fate| journals[fate.request].is_to(path)) {
            match fate.state {
                FateState::Dropped(at) if !fate.is_told => {
                    fate.is_told = true;
                    let left = journals[fate.request].pages().left;
                    return Look::Ready(left.map_or(Duration::ZERO, |left| at.saturating_duration_since(left)));
                }
                FateState::Dropped(_) => {}
                FateState::Running => is_running = true,
                FateState::Ended => has_ended = true,
            }
        }
        match has_ended && !is_running {
            true => Look::Never("the action had ended by itself".to_owned()),
            false => missing(&journals, path),
        }
    }
}

/// What may still come if no action does what the test waits for.
fn missing<T>(journals: &[Arc<Journal>], path: &str) -> Look<T> {
    match journals.iter().any(|journal| journal.is_to(path)) {
        true => Look::NotYet,
        false => Look::Never("there was no request to this path".to_owned()),
    }
}
