//! The request that starts a run, or finds the one that it has started before.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::sync::Arc;

use axum::response::Response;
use futures_core::future::BoxFuture;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Span;

use super::{
    followers::Followers,
    id::{Digest, RunId, random_name},
    log::{Claim, Claimed, Meta, OpenError, RunLog, Seq, Unavailable, Writer},
    problem,
    request::RunRequest,
    subscription::{Subscription, up_to_date},
    writer::{Unlogged, Work, write},
};
use crate::{
    account::{Account, Labels, shed},
    channel::Channel,
    drain::Drain,
    format::Representation,
    options::{KeyIn, Options, Resumable},
    outcome::Outcome,
    problem::Problem,
    remains::Remains,
    supervise::Limits,
    turned::Turned,
};

/// A run in the making: its action has not started.
pub(crate) struct Start {
    pub(crate) request: RunRequest,
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) followers: Followers,
    pub(crate) options: &'static Options,
    pub(crate) format: Representation,
    pub(crate) labels: Labels,
    pub(crate) drain: Option<Drain>,
    /// Its place among the streams that may be open, or why there is none: only a new run needs one.
    pub(crate) place: Result<Option<OwnedSemaphorePermit>, &'static str>,
    pub(crate) turned: Turned,
    pub(crate) channel: Arc<Channel<Unlogged>>,
}

/// A run that is there, and what the answer to the request that starts it says beside the packets.
struct Begun {
    subscription: Subscription,
    cursor: Seq,
    /// The last segment of the action's path.
    segment: String,
    /// A key that the server made.
    key: Option<String>,
}

impl Start {
    /// Starts the run, or finds the one that the key has started before, and follows it.
    pub(crate) async fn run(self, body: BoxFuture<'static, Outcome>, mut remains: Remains) -> Response {
        if !remains.read_on().await {
            return Problem::of_broken_request().to_response();
        }
        let detached = self.drain.as_ref().map(Drain::detached);
        // In a task of its own: the client may leave at any moment, and a run that is open needs its writer.
        let request = Span::current();
        let begun = tokio::spawn(async move {
            let _detached = detached;
            self.begin(body, &request).await
        });
        match begun.await {
            Ok(Ok(begun)) => begun.subscription.first(begun.segment, begun.key, begun.cursor).await,
            Ok(Err(early)) => early,
            Err(error) => problem::unavailable(&Unavailable(error.to_string())),
        }
    }

    async fn begin(self, body: BoxFuture<'static, Outcome>, request: &Span) -> Result<Begun, Response> {
        let cursor = self.request.cursor()?;
        let owner = self.request.owner()?;
        let given = self.request.key()?.map(str::to_owned);
        let is_needed = self.request.resumable.key != KeyIn::Off;
        let made = (given.is_none() && is_needed).then(random_name);
        let claim = given.as_deref().map(|key| self.request.claim(key));
        let Claimed { run, opened: is_opened } = self.claim(claim).await?;
        let refused = match &self.place {
            _ if is_opened || cursor > 0 => problem::gone().to_response(),
            Err(why) => {
                shed(&self.labels);
                self.turned.away(why)
            }
            Ok(_) => {
                let key = given.or_else(|| made.clone()).filter(|_| is_needed);
                let meta = Meta {
                    action: self.request.action.clone(),
                    key: key.map(|key| Digest::of([key.as_bytes()])),
                    owner,
                    claim,
                    keep: self.request.resumable.keep,
                };
                match self.log.open(&run, meta).await {
                    Ok(writer) => {
                        let begun = self.begun(run, 0, made);
                        self.spawn(writer, body, request);
                        return begun;
                    }
                    Err(OpenError::Exists) => problem::gone().to_response(),
                    Err(OpenError::Full) => Problem::unavailable("there is no room for another run").to_response(),
                    Err(OpenError::TooMany) => problem::too_many_runs(),
                    Err(OpenError::Unavailable(why)) => return Err(problem::unavailable(&why)),
                }
            }
        };
        // Never a second execution: who has the key follows what it has started, also where no new run is let in.
        let known = match claim {
            Some(_) => self.log.meta(&run).await.map_err(|why| problem::unavailable(&why))?,
            None => None,
        };
        let known = up_to_date(&*self.log, &run, known.ok_or(refused)?).await?;
        let begun = self.begun(run, cursor, made)?;
        match begun.subscription.refusal(&known, cursor).await {
            Some(answer) => Err(begun.subscription.located(&begun.segment, answer)),
            None => Ok(begun),
        }
    }

    /// The run that the request is about: that of its key, or a new one.
    async fn claim(&self, claim: Option<Digest>) -> Result<Claimed, Response> {
        let run = RunId::random();
        match claim {
            Some(claim) => {
                let wanted = Claim { run, fingerprint: self.request.fingerprint() };
                self.log.claim(claim, wanted).await.map_err(problem::not_bound)
            }
            None => Ok(Claimed { run, opened: false }),
        }
    }

    fn begun(&self, run: RunId, cursor: Seq, key: Option<String>) -> Result<Begun, Response> {
        let Resumable { max_followers, abandon_after, .. } = *self.request.resumable;
        let following = self.followers.enter(&self.log, &run, max_followers, abandon_after.is_some());
        let subscription = Subscription {
            following: following.ok_or_else(problem::too_many_followers)?,
            log: self.log.clone(),
            run,
            options: self.options,
            format: self.format,
            labels: self.labels.clone(),
            drain: self.drain.clone(),
        };
        let segment = self.request.action.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Begun { subscription, cursor, segment, key })
    }

    /// Lets the action go.
    fn spawn(self, writer: Writer, body: BoxFuture<'static, Outcome>, started_by: &Span) {
        let Self { request, log, options, labels, drain, place, channel, .. } = self;
        let limits = Limits::of_run(options, drain.as_ref());
        let account = Account::open(Labels { format: "run", ..labels });
        // The run outlives the request, so it is not within its span.
        account.span().follows_from(started_by);
        let Resumable { abandon_after, keep, .. } = *request.resumable;
        let work = Work { log, writer, channel, body, limits, most: keep.bytes, abandon_after, account };
        let detached = drain.as_ref().map(Drain::detached);
        tokio::spawn(async move {
            let _detached = detached;
            // Its place among the streams that may be open.
            let _place = place;
            write(work).await;
        });
    }
}
