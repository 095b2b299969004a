//! A follower: a response that reads a run, from any number on, and then what is still to come. The response to the
//! request that started the run is one too.

use std::{sync::Arc, time::Duration};

use async_stream::stream;
use axum::http::StatusCode;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _, future::OptionFuture};
use tokio::time::{Instant, sleep_until};

use super::{
    followers::Following,
    id::RunId,
    log::{ReadError, RunLog, RunState, Seq},
    problem,
    record::{self, End, Record},
    records::Records,
};
use crate::{
    account::Account,
    body::Cut,
    content::{Content, Unwritable},
    departures::Departures,
    drain::{Drain, come_back_after},
    format::{Ending, Format},
    phase::Phase,
    problem::Problem,
};

/// How much is read at once.
const PAGE: usize = 16 * 1024;

/// What a format writes beside a packet, about: the number and the names of fields.
const BESIDE: usize = 24;

/// How often a follower looks by itself: a lost hint costs no more than this, and so does a writer that vanished.
const TICK: Duration = Duration::from_secs(1);

/// What a follower needs.
pub(crate) struct Follower {
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) run: RunId,
    /// The last record that its client has.
    pub(crate) last: Seq,
    pub(crate) format: Box<dyn Format>,
    pub(crate) heartbeat: Duration,
    pub(crate) drain: Option<Drain>,
    pub(crate) following: Following,
    pub(crate) account: Account,
}

/// What is written for one record.
enum Wrote {
    Packet,
    End(Ending),
}

impl Follower {
    /// The body of the response.
    pub(crate) fn into_stream(mut self) -> impl Stream<Item = Result<Bytes, Cut>> + Send {
        stream! {
            let departures = Arc::<Departures>::default();
            let mut changes = self.log.changes(&self.run);
            // Followers of a log that others reach as well are served there.
            let moves = self.drain.take().filter(|_| self.log.is_shared());
            let mut moves = OptionFuture::from(moves.map(|drain| Box::pin(drain.reached(Phase::Draining))));
            let mut out = Vec::new();
            self.format.begin(self.last, &mut out);
            if self.last > 0 && self.format.needs_first() {
                if let Some(Record::Packet(first)) = self.first().await.as_deref().map(record::read) {
                    self.format.first(&Content::of(&first));
                }
            }
            let mut beat = Instant::now() + self.heartbeat;
            let mut tick = Instant::now() + TICK;
            let ending = loop {
                // Also where there is much to read still.
                if let Some(Some(())) = (&mut moves).now_or_never() {
                    break self.format.come_back(come_back_after(), &mut out);
                }
                if let Some(ending) = self.read(&mut out).await {
                    break ending;
                }
                if out.is_empty() {
                    tokio::select! {
                        _ = changes.next() => {}
                        () = sleep_until(beat), if !self.heartbeat.is_zero() => {}
                        // Hints that bring nothing must not put it off for ever.
                        () = sleep_until(tick) => {
                            tick = Instant::now() + TICK;
                            self.following.reap(&self.log).await;
                        }
                        Some(()) = &mut moves => break self.format.come_back(come_back_after(), &mut out),
                    }
                    if Instant::now() < beat || self.heartbeat.is_zero() {
                        continue;
                    }
                    self.format.heartbeat(&mut out);
                } else {
                    tick = Instant::now() + TICK;
                }
                beat = Instant::now() + self.heartbeat;
                self.account.sent(out.len());
                yield Ok(departures.frame(std::mem::take(&mut out)));
            };
            if !out.is_empty() {
                self.account.sent(out.len());
                yield Ok(departures.frame(out));
            }
            if ending == Ending::Cut {
                // A layer that compresses keeps the last frame until the next one comes.
                yield Ok(Bytes::new());
                departures.all_left().await;
                yield Err(Cut);
            }
        }
    }

    /// The first record of the run, for a response that begins behind it.
    async fn first(&mut self) -> Option<Bytes> {
        match self.log.read(&self.run, 0, 1).await {
            Ok(page) => page.records.iter().next().map(Bytes::copy_from_slice),
            Err(_) => self.log.meta(&self.run).await.ok().flatten().and_then(|known| known.first_record),
        }
    }

    /// Reads what there is, and says how the body ends if it does.
    async fn read(&mut self, out: &mut Vec<u8>) -> Option<Ending> {
        match self.following.read(&self.log, self.last, PAGE).await {
            Ok(page) if !page.records.is_empty() => self.write(&page.records, out),
            // Where there is no end to read, the log has lost its tail, and the end took its place.
            Ok(page) => (page.state != RunState::Open).then(|| self.lost(out)),
            Err(ReadError::Gone { first }) => Some(self.gone(first, out).await),
            Err(ReadError::Unknown) => Some(self.lost(out)),
            // The client comes back with what it has.
            Err(ReadError::Unavailable(_)) => Some(Ending::Cut),
        }
    }

    /// Writes records, up to the end if it is among them.
    fn write(&mut self, records: &Records, out: &mut Vec<u8>) -> Option<Ending> {
        // A frame that grows is moved each time.
        out.reserve(records.bytes() + records.len() * BESIDE);
        for record in records {
            self.last += 1;
            self.format.number(self.last);
            if let Wrote::End(ending) = self.write_one(record, out) {
                return Some(ending);
            }
        }
        None
    }

    #[inline]
    fn write_one(&mut self, record: &[u8], out: &mut Vec<u8>) -> Wrote {
        match record::as_json(record) {
            Some(json) => self.write_packet(&Content::of_json(json), out),
            None => self.write_other(record, out),
        }
    }

    #[inline]
    fn write_packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Wrote {
        let start = out.len();
        self.account.packet();
        self.account.packets += 1;
        match self.format.packet(content, out) {
            Ok(()) => Wrote::Packet,
            Err(why) => {
                out.truncate(start);
                Wrote::End(self.refused(&why, out))
            }
        }
    }

    /// The format can't carry a packet.
    #[cold]
    fn refused(&mut self, why: &Unwritable, out: &mut Vec<u8>) -> Ending {
        self.account.span().in_scope(|| tracing::error!(%why, "a follower can't go on in its format"));
        let detail = "a packet of the run can't be written in this format";
        self.format.failed(&Problem::run("format", StatusCode::INTERNAL_SERVER_ERROR, detail), out)
    }

    fn write_other(&mut self, record: &[u8], out: &mut Vec<u8>) -> Wrote {
        match record::read(record) {
            Record::Packet(packet) => self.write_packet(&Content::of(&packet), out),
            Record::End(End::Done(result)) => {
                self.format.done(result.as_deref(), out);
                self.account.finished();
                Wrote::End(Ending::Clean)
            }
            Record::End(End::Failed(problem, _)) => {
                self.account.failed();
                Wrote::End(self.format.failed(&problem, out))
            }
        }
    }

    /// Packets that the client has not seen are kept no more.
    async fn gone(&mut self, first: Seq, out: &mut Vec<u8>) -> Ending {
        self.account.failed();
        self.format.number(self.last);
        let problem = problem::gone_but(&*self.log, &self.run, first).await;
        self.format.failed(&problem, out)
    }

    /// The run itself is gone.
    fn lost(&mut self, out: &mut Vec<u8>) -> Ending {
        self.account.failed();
        self.format.number(self.last);
        self.format.failed(&problem::lost("the log has lost the run"), out)
    }
}
