//! The request that starts a run, or finds the one that it has started before.

use std::sync::Arc;

use axum::response::Response;
use futures_core::future::BoxFuture;
use tracing::Span;

use super::{
    context::RunContext,
    follow::{
        requests::open_under,
        subscription::{Subscription, up_to_date},
    },
    log::{
        Claim, ClaimError, Claimed, Meta, OpenError, Seq, Unavailable, Writer,
        id::{Digest, RunId, random_name},
    },
    problem,
    request::RunRequest,
    write::{
        records::RecordBatch,
        writer::{Work, write},
    },
};
use crate::{
    engine::{
        channel::{Channel, Sender},
        limit::Limits,
        outcome::Outcome,
        supervise::{Admission, Supervised, Supervision},
        unread_body::UnreadBody,
    },
    format::{negotiate::Negotiated, problem::Problem},
    head::held::HeldHead,
    options::{KeyIn, OnDisconnect, Resumable},
    response::refusal::Refusal,
    retry::TurnedAway,
    server::{drain::Drain, places::Place},
};

/// A run in the making: its action has not started.
pub(crate) struct Start {
    context: RunContext,
    request: RunRequest,
    format: Negotiated,
    head: Option<HeldHead>,
    /// Its place among the streams that may be open, or the reason why it has none. Only a new run needs one.
    place: Result<Place, TurnedAway>,
    refusal: Refusal,
    channel: Arc<Channel<RecordBatch>>,
}

/// A run that exists, with everything that the answer to its starting request needs besides the packets.
struct Started {
    subscription: Subscription,
    cursor: Seq,
    /// The last segment of the action's path.
    segment: String,
    /// A key that the server made.
    key: Option<String>,
    /// The head of a run that is new.
    head: Option<HeldHead>,
}

/// The reason why no new run was opened.
enum NotOpened {
    /// The run has been opened before, and may be gone by now.
    Exists,
    /// The server admits no stream.
    NotAdmitted(TurnedAway),
    /// The log has no room for another run.
    Full,
    /// The owner has reached the limit of open runs.
    TooMany,
    /// Another run of the name is open.
    NameTaken,
}

impl Start {
    pub(crate) fn new(
        context: RunContext,
        request: RunRequest,
        format: Negotiated,
        head: Option<HeldHead>,
        place: Result<Place, TurnedAway>,
        refusal: Refusal,
    ) -> Self {
        let channel = Channel::new(RecordBatch::new(head.clone(), context.options.formats.end_event));
        Self { context, request, format, head, place, refusal, channel }
    }

    /// The sender for the action's body.
    pub(crate) fn sender(&self) -> Sender {
        self.channel.sender()
    }

    /// Starts the run, or finds the one that the key has started before, and follows it.
    pub(crate) async fn run(self, body: BoxFuture<'static, Outcome>, mut unread_body: UnreadBody) -> Response {
        if !unread_body.read_on().await {
            return Problem::of_broken_request().to_response();
        }
        let detached = self.context.drain.as_ref().map(Drain::detached);
        let request = Span::current();
        // In a task of its own: the client may leave at any moment, and a run that is open needs its writer.
        let started = tokio::spawn(async move {
            let _detached = detached;
            self.begin(body, &request).await
        });
        match started.await {
            Ok(Ok(Started { subscription, cursor, segment, key, head })) => {
                subscription.start(&segment, key, cursor, head).await
            }
            Ok(Err(early)) => early,
            Err(error) => problem::unavailable(&Unavailable(error.to_string())),
        }
    }

    async fn begin(self, body: BoxFuture<'static, Outcome>, request: &Span) -> Result<Started, Response> {
        self.request.unambiguous()?;
        let cursor = self.request.cursor()?;
        let owner = self.request.owner()?;
        let given = self.request.key()?.map(str::to_owned);
        let is_needed = self.context.resumable.key != KeyIn::Off;
        let made = (given.is_none() && is_needed).then(random_name);
        let claim = given.as_deref().map(|key| self.request.claim(key));
        let key = given.or_else(|| made.clone()).filter(|_| is_needed);
        let segment = self.request.segment.clone();
        let proposed = RunId::random();
        let Claimed { run, opened } = self.claim(claim, &proposed).await?;
        let opened = match opened || cursor > 0 {
            true => Err(NotOpened::Exists),
            false => self.open(&run, owner, key, claim).await?,
        };
        let why = match opened {
            Ok(writer) => {
                let Self { context, format, head, place, channel, .. } = self;
                let subscription = Subscription::new(context.clone(), run, owner, format);
                spawn_writer(context, channel, head.clone(), place.unwrap_or_default(), writer, body, request);
                return Ok(Started { subscription: subscription?, cursor: 0, segment, key: made, head });
            }
            Err(why) => why,
        };
        // Never a second execution: the key leads to the run that it has started, even if no new run would be admitted.
        let log = self.context.runs.log.clone();
        let known = match claim {
            Some(_) => log.meta(&run).await.map_err(|why| problem::unavailable(&why))?,
            None => None,
        };
        let Some(info) = known else {
            if let Some(claim) = claim {
                // Otherwise every refusal would leave something behind. A claim that stays expires by itself.
                let _ = log.unclaim(claim, &proposed).await;
            }
            return Err(self.refuse(&why));
        };
        let info = up_to_date(&*log, &run, info).await?;
        let subscription = Subscription::new(self.context, run, owner, self.format)?;
        match subscription.refusal(&info, cursor).await {
            Some(answer) => Err(subscription.located(&segment, answer)),
            None => Ok(Started { subscription, cursor, segment, key: None, head: None }),
        }
    }

    /// The run that the request is about: the one of its key, or a new one.
    async fn claim(&self, claim: Option<Digest>, proposed: &RunId) -> Result<Claimed, Response> {
        let run = proposed.clone();
        let Some(claim) = claim else { return Ok(Claimed { run, opened: false }) };
        let wanted = Claim { run, fingerprint: self.request.fingerprint() };
        self.context.runs.log.claim(claim, wanted).await.map_err(|error| match error {
            ClaimError::Mismatch => problem::mismatch(),
            ClaimError::Unavailable(why) => problem::unavailable(&why),
        })
    }

    /// Opens a new run, if the server and the log have room for it.
    async fn open(
        &self,
        run: &RunId,
        owner: Option<Digest>,
        key: Option<String>,
        claim: Option<Digest>,
    ) -> Result<Result<Writer, NotOpened>, Response> {
        if let Err(why) = &self.place {
            self.context.shed(self.format.format.name);
            return Ok(Err(NotOpened::NotAdmitted(*why)));
        }
        let meta = Meta {
            action: self.request.action.clone(),
            key: key.map(|key| Digest::of([key.as_bytes()])),
            owner,
            name: self.request.name(),
            claim,
            keep: self.context.resumable.keep,
        };
        let log = &*self.context.runs.log;
        let mut opened = log.open(run, meta.clone()).await;
        if let (Err(OpenError::NameTaken), Some(name)) = (&opened, meta.name) {
            // Unless its writer has vanished.
            if open_under(log, name).await?.is_none() {
                opened = log.open(run, meta).await;
            }
        }
        match opened {
            Ok(writer) => Ok(Ok(writer)),
            Err(OpenError::Exists) => Ok(Err(NotOpened::Exists)),
            Err(OpenError::Full) => Ok(Err(NotOpened::Full)),
            Err(OpenError::TooMany) => Ok(Err(NotOpened::TooMany)),
            Err(OpenError::NameTaken) => Ok(Err(NotOpened::NameTaken)),
            Err(OpenError::Unavailable(why)) => Err(problem::unavailable(&why)),
        }
    }

    /// The answer if no run was opened and there is none to follow.
    fn refuse(&self, why: &NotOpened) -> Response {
        match why {
            NotOpened::Exists => problem::gone().to_response(),
            NotOpened::NotAdmitted(why) => self.refusal.into_response(*why),
            NotOpened::Full => Problem::unavailable("there is no room for another run").to_response(),
            NotOpened::TooMany => problem::too_many_runs(),
            NotOpened::NameTaken => problem::name_taken(),
        }
    }
}

/// Starts the action, and its writer.
fn spawn_writer(
    context: RunContext,
    channel: Arc<Channel<RecordBatch>>,
    head: Option<HeldHead>,
    place: Place,
    writer: Writer,
    body: BoxFuture<'static, Outcome>,
    started_by: &Span,
) {
    let span = context.open_span("run");
    // The run outlives the request, so it is not within its span.
    span.span().follows_from(started_by);
    let RunContext { runs, options, drain, .. } = context;
    let Resumable { abandon_after, keep, .. } = *context.resumable;
    let detached = drain.as_ref().map(Drain::detached);
    let supervision = Supervision {
        limits: Limits::of_run(options, drain.as_ref()),
        on_disconnect: OnDisconnect::Cancel,
        unread_body: UnreadBody::default(),
        admission: Admission { drain, _place: place },
        span,
    };
    let action = Supervised::new(body, channel.clone(), supervision);
    let work = Work { log: runs.log, writer, channel, head, action, max_result: keep.bytes, abandon_after };
    tokio::spawn(async move {
        let _detached = detached;
        write(work).await;
    });
}
