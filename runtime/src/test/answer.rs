//! The answer to a request, as the test reads it.

use std::{array, fmt, future::Future, iter, panic::Location, sync::Arc, time::Duration};

use axum::http::{Response, StatusCode, header::CONTENT_LENGTH};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::{task::AbortHandle, time::Instant};

use super::{
    decode::End,
    journal::{Journal, Pages},
    reading::{MISSED, next, result, take},
    received::{Failed, Received},
    run::Run,
    wait::{Look, Wait},
    whole::whole,
};
use crate::{engine::generator::Whole, packet::gap::Gap};

/// The answer to a request: what has come, and what is awaited. It reads on by itself, so the server never waits for
/// the test unless it calls [`stall`](Self::stall).
///
/// Each wait has a limit ([`Client::limit`](super::Client::limit)) in the time of tokio's clock. A wait that fails
/// panics with the call, its place in the test, and everything that had come.
///
/// A stream has exactly one end: [`done`](Self::done), [`failed`](Self::failed) or [`cut`](Self::cut). One that comes
/// must be looked at by one of these, or by [`all`](super::Request::all), [`text`](Self::text) or
/// [`wire`](Self::wire), unless the test [leaves](Self::leave) before; otherwise the [`Client`](super::Client) panics
/// when it is dropped.
pub struct Answer {
    pub(super) journal: Arc<Journal>,
    /// The key that the request carried, if it was about a run.
    pub(super) key: Option<String>,
    pub(super) limit: Duration,
    pub(super) exchange: AbortHandle,
}

impl Answer {
    /// The status line and the headers, as soon as they come.
    #[track_caller]
    pub fn head(&mut self) -> impl Future<Output = Response<()>> + Send {
        let is_head = self.journal.request.starts_with("HEAD ");
        self.wait("head()", move |pages| {
            let Some(head) = &pages.head else { return pages.not_yet() };
            let mut copy = Response::new(());
            (*copy.status_mut(), *copy.version_mut()) = (head.status(), head.version());
            *copy.headers_mut() = head.headers().clone();
            // Such a head is the whole answer.
            let status = head.status();
            let is_empty = head.headers().get(CONTENT_LENGTH).is_some_and(|length| length == "0");
            pages.is_settled |= is_head || is_empty || status == StatusCode::NO_CONTENT || !status.is_success();
            Look::Ready(copy)
        })
    }

    /// The run that the request has started, whose head must have come.
    ///
    /// # Panics
    /// If the head has not come, or names no run.
    #[track_caller]
    pub fn run(&self) -> Run {
        let pages = self.journal.pages();
        let Some(head) = &pages.head else { panic!("`run()` before the head has come: await `head()`") };
        let Some(run) = Run::of(head.headers(), &self.journal.uri, self.key.as_deref()) else {
            panic!("{} started no run. What came:\n{pages}", self.journal.request)
        };
        run
    }

    /// The next packet's value. In `csv`, a struct or a map takes the first record as the names of its columns, and a
    /// tuple or a single value does not. In `text` and `bytes`, where nothing separates packets, it is what has come
    /// since the last call. In the protocols of AI front ends it is the next event, whichever it is, up to the end.
    #[track_caller]
    pub fn packet<T: DeserializeOwned>(&mut self) -> impl Future<Output = T> + Send + use<'_, T> {
        self.wait("packet()", |pages| next(pages))
    }

    /// The values of the next `N` packets.
    #[track_caller]
    pub fn packets<T: DeserializeOwned + Send, const N: usize>(
        &mut self,
    ) -> impl Future<Output = [T; N]> + Send + use<'_, T, N> {
        let mut packets = Vec::with_capacity(N);
        self.wait(format!("packets::<_, {N}>()"), move |pages| {
            while packets.len() < N {
                match next(pages) {
                    Look::Ready(packet) => packets.push(packet),
                    Look::NotYet => return Look::NotYet,
                    Look::Never(why) => {
                        return Look::Never(format!("only {} of {N} packets came, and then {why}", packets.len()));
                    }
                }
            }
            let mut packets = std::mem::take(&mut packets).into_iter();
            Look::Ready(array::from_fn(|_| packets.next().expect("there are N")))
        })
    }

    /// The packets that the test has not read, and the result: the stream is read to its end, which must be that of an
    /// action that returned.
    ///
    /// # Panics
    /// If the action fails, the stream is cut, or a packet is no `P` or the result no `R`.
    #[track_caller]
    pub fn rest<P, R>(&mut self) -> impl Future<Output = Whole<P, R>> + Send + use<'_, P, R>
    where
        P: DeserializeOwned + Send,
        R: DeserializeOwned + Send,
    {
        self.wait("rest()", whole())
    }

    /// The packets that have come and that the test has not read, without a wait. After [`failed`](Self::failed) or
    /// [`cut`](Self::cut) these are all before the end, as [`rest`](Self::rest) gives them of an action that returned.
    ///
    /// # Panics
    /// If a packet is no `P`.
    #[track_caller]
    pub fn unread<P: DeserializeOwned>(&mut self) -> Vec<P> {
        let packets: Result<Vec<P>, String> = {
            let mut pages = self.journal.pages();
            iter::from_fn(|| take(&mut pages)).collect()
        };
        match packets {
            Ok(packets) => packets,
            Err(why) => self.wait_for("unread()".to_owned(), self.limit).fail(&why, &story(&self.journal)),
        }
    }

    /// The next packet as it came, with the fields of its event.
    #[track_caller]
    pub fn received(&mut self) -> impl Future<Output = Received> + Send {
        self.wait("received()", |pages| {
            if pages.is_gap_next() {
                return Look::Never(MISSED.to_owned());
            }
            match pages.next_packet() {
                Some(packet) => Look::Ready(packet),
                None => pages.not_yet(),
            }
        })
    }

    /// The gap before the next packet: how many packets of a [`Hub`](crate::Hub) this client has missed there, and where it
    /// goes on. Only `sse` tells it. Until it is read, no packet behind it can be.
    ///
    /// # Panics
    /// If a packet comes next.
    #[track_caller]
    pub fn gap(&mut self) -> impl Future<Output = Gap> + Send {
        self.wait("gap()", |pages| match pages.next_gap() {
            Some(gap) => Look::Ready(gap),
            None if pages.packets.len() > pages.packets_read => Look::Never("a packet came next".to_owned()),
            None => pages.not_yet(),
        })
    }

    /// The next packet's value, or the gap in front of it, for tests that read through any number of gaps.
    #[track_caller]
    pub fn packet_or_gap<T: DeserializeOwned>(&mut self) -> impl Future<Output = Result<T, Gap>> + Send + use<'_, T> {
        self.wait("packet_or_gap()", |pages| match pages.next_gap() {
            Some(gap) => Look::Ready(Err(gap)),
            None => next(pages).map(Ok),
        })
    }

    /// Waits for this long, in which no packet and no end may come. Heartbeats may.
    #[track_caller]
    pub fn quiet(&mut self, duration: Duration) -> impl Future<Output = ()> + Send {
        let end = Instant::now() + duration;
        let wait = self.wait_for(format!("quiet({duration:?})"), duration + self.limit);
        let journal = &self.journal;
        async move {
            let stirs = |pages: &Pages| pages.packets.len() > pages.packets_read || pages.end.is_some();
            if tokio::time::timeout_at(end, journal.once(stirs)).await.is_ok() {
                wait.fail("something came", &story(journal));
            }
        }
    }

    /// Waits for a heartbeat that the test has not seen.
    #[track_caller]
    pub fn heartbeat(&mut self) -> impl Future<Output = ()> + Send {
        self.wait("heartbeat()", |pages| {
            if pages.heartbeats > pages.heartbeats_read {
                pages.heartbeats_read += 1;
                return Look::Ready(());
            }
            pages.not_yet()
        })
    }

    /// The result of an action that has returned. Formats that send none give `()`, or `None`. In the protocols of AI
    /// front ends it is what their end carries of it, such as `messageMetadata` or `RUN_FINISHED.result`.
    ///
    /// # Panics
    /// If the action failed, with the failure's status and detail, if the stream was cut, or if the result is no `R`.
    #[track_caller]
    pub fn done<R: DeserializeOwned>(&mut self) -> impl Future<Output = R> + Send + use<'_, R> {
        self.end("done()", result)
    }

    /// The failure of the action: in an answer of its own if it failed before its first packet, or in the stream. Where
    /// the error of a protocol has no status, it is the one that fits its type; that of a run that was cancelled is 410.
    ///
    /// # Panics
    /// If the action returned, or the stream was cut: formats such as `ndjson` and `csv` have no other way to fail.
    #[track_caller]
    pub fn failed(&mut self) -> impl Future<Output = Failed> + Send {
        self.end("failed()", |end| match end {
            End::Failed(failed) => Ok(failed.clone()),
            other => Err(format!("the stream did not fail, but {other}")),
        })
    }

    /// Waits for a stream that breaks off, or ends without an end of its own, and returns the reason.
    ///
    /// # Panics
    /// If the stream has an end.
    #[track_caller]
    pub fn cut(&mut self) -> impl Future<Output = String> + Send {
        self.end("cut()", |end| match end {
            End::Cut(why) => Ok(why.clone()),
            other => Err(format!("the stream was not cut, but {other}")),
        })
    }

    /// The text of the whole body, after its clean end: a table in `csv`, for example.
    ///
    /// # Panics
    /// If the action failed, or the stream was cut.
    #[track_caller]
    pub fn text(&mut self) -> impl Future<Output = String> + Send {
        self.wait("text()", |pages| match pages.settle_over() {
            None => pages.not_over(),
            Some(End::Done(_)) => Look::Ready(String::from_utf8_lossy(&pages.body).into_owned()),
            Some(other) => Look::Never(format!("the stream did not end by `done`, but {other}")),
        })
    }

    /// The exact bytes of the whole body, once it has ended in any way.
    #[track_caller]
    pub fn wire(&mut self) -> impl Future<Output = Bytes> + Send {
        self.wait("wire()", |pages| match pages.settle_over() {
            None => pages.not_over(),
            Some(_) => Look::Ready(Bytes::copy_from_slice(&pages.body)),
        })
    }

    /// When each packet came, counted from [`start`](super::Request::start).
    pub fn arrivals(&self) -> Vec<Duration> {
        self.journal.pages().packets.iter().map(|(at, _)| *at).collect()
    }

    /// The client leaves: its connection is closed. See [`Client::dropped`](super::Client::dropped).
    pub fn leave(&mut self) {
        self.exchange.abort();
        self.journal.write(|pages| {
            pages.leave();
            pages.is_settled = true;
        });
    }

    /// The client stops reading. Up to some 200 kB fit into the pipe and its ends before the action feels it.
    pub fn stall(&mut self) {
        self.journal.write(|pages| pages.is_stalled = true);
    }

    /// The client reads on.
    pub fn read_on(&mut self) {
        self.journal.write(|pages| pages.is_stalled = false);
    }

    #[track_caller]
    fn end<T>(&mut self, call: &str, of: impl Fn(&End) -> Result<T, String> + Send) -> impl Future<Output = T> + Send {
        self.wait(call, move |pages| match pages.settle().map(&of) {
            None => pages.not_yet(),
            Some(Ok(value)) => Look::Ready(value),
            Some(Err(why)) => Look::Never(why),
        })
    }

    #[track_caller]
    fn wait<T>(
        &mut self,
        call: impl Into<String>,
        look: impl FnMut(&mut Pages) -> Look<T> + Send,
    ) -> impl Future<Output = T> + Send {
        let wait = self.wait_for(call.into(), self.limit);
        self.until(wait, look)
    }

    pub(super) async fn until<T>(&self, wait: Wait, mut look: impl FnMut(&mut Pages) -> Look<T> + Send) -> T {
        let journal = &*self.journal;
        wait.until(&journal.changed, || look(&mut journal.pages()), || story(journal)).await
    }

    #[track_caller]
    pub(super) fn wait_for(&self, call: String, limit: Duration) -> Wait {
        Wait { call, place: Location::caller(), limit }
    }
}

/// All that has come, for messages.
fn story(journal: &Journal) -> String {
    let pages = journal.pages();
    let stalled = if pages.is_stalled { "\n  (the client is stalled: call `read_on()`)" } else { "" };
    format!("what came of {}:\n{pages}{stalled}", journal.request)
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.exchange.abort();
        self.journal.pages().leave();
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&story(&self.journal))
    }
}
