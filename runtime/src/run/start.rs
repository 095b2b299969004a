//! The request that starts a run, or finds the one that it has started before.

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};
use futures_core::future::BoxFuture;

use super::{
    followers::Followers,
    id::{Hash, RunId, random_name},
    log::{Claim, Meta, OpenError, RunLog, Seq, Unavailable},
    problem,
    request::RunRequest,
    subscription::Subscription,
    writer::{Records, Work, write},
};
use crate::{
    account::{Account, Labels},
    drain::Drain,
    failure::Problem,
    format::Representation,
    options::{KeyIn, Options},
    outcome::Outcome,
    outlet::Channel,
    remains::Remains,
    supervise::{Admission, Limits},
};

/// A run in the making: its action has not started.
pub(crate) struct Start {
    pub(crate) request: RunRequest,
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) followers: Followers,
    pub(crate) options: &'static Options,
    pub(crate) format: Representation,
    pub(crate) labels: Labels,
    pub(crate) admission: Admission,
    pub(crate) channel: Arc<Channel<Records>>,
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
            return Problem::told(StatusCode::BAD_REQUEST, "the request broke off").to_response();
        }
        let detached = self.admission.drain.as_ref().map(Drain::detached);
        // In a task of its own: the client may leave at any moment, and a run that is open needs its writer.
        let begun = tokio::spawn(async move {
            let _detached = detached;
            self.begin(body).await
        });
        match begun.await {
            Ok(Ok(begun)) => begun.subscription.first(begun.segment, begun.key, begun.cursor).await,
            Ok(Err(early)) => early,
            Err(error) => problem::unavailable(&Unavailable(error.to_string())),
        }
    }

    async fn begin(self, body: BoxFuture<'static, Outcome>) -> Result<Begun, Response> {
        let cursor = self.request.cursor()?;
        let owner = self.request.owner()?;
        let given = self.request.key()?.map(str::to_owned);
        let made = if given.is_none() && owner.is_none() { Some(random_name()) } else { None };
        let key = given.as_deref().or(made.as_deref());

        let claim = given.as_deref().map(|key| self.request.claim(key));
        let mut run = RunId::random();
        let mut is_opened = false;
        if let Some(claim) = claim {
            let wish = Claim { run, fingerprint: self.request.fingerprint() };
            let claimed = self.log.claim(claim, wish).await.map_err(problem::not_bound)?;
            (run, is_opened) = (claimed.run, claimed.opened);
        }
        let meta = Meta {
            action: self.request.action.clone(),
            key: key.filter(|_| self.request.resumable.key != KeyIn::Off).map(|key| Hash::of([key.as_bytes()])),
            owner,
            claim,
            keep: self.request.resumable.keep,
        };
        let segment = self.request.action.rsplit('/').next().unwrap_or_default().to_owned();
        let abandon_after = self.request.resumable.abandon_after;
        let Self { log, followers, options, format, labels, admission: Admission { drain, permit }, channel, .. } =
            self;
        let opened = if is_opened { Err(OpenError::Exists) } else { log.open(&run, meta).await };
        let following = followers.enter(&run);
        let labels_of_run = Labels { format: "run", ..labels.clone() };
        let subscription =
            Subscription { log: log.clone(), run, following, options, format, labels, drain: drain.clone() };
        match opened {
            Ok(writer) => {
                let limits = Limits::of_run(options, drain.as_ref());
                let account = Account::open(labels_of_run);
                let work = Work { log, writer, channel, body, limits, abandon_after, account };
                let detached = drain.as_ref().map(Drain::detached);
                tokio::spawn(async move {
                    let _detached = detached;
                    // Its place among the streams that may be open.
                    let _permit = permit;
                    write(work).await;
                });
                Ok(Begun { subscription, cursor: 0, segment, key: made })
            }
            // Never a second execution: who has the key follows what it has started.
            Err(OpenError::Exists) => {
                let known = log.meta(&subscription.run).await.map_err(|why| problem::unavailable(&why))?;
                let Some(known) = known else { return Err(problem::gone(None).to_response()) };
                match subscription.refusal(&known, cursor) {
                    Some(answer) => Err(answer),
                    None => Ok(Begun { subscription, cursor, segment, key: made }),
                }
            }
            Err(OpenError::Full) => Err(Problem::unavailable("there is no room for another run").to_response()),
            Err(OpenError::Unavailable(why)) => Err(problem::unavailable(&why)),
        }
    }
}
