//! How long a connection may keep its server waiting: for the end of a head, and for the next request.
//!
//! hyper's own limit for heads needs a timer that `axum::serve` does not set. A healthy connection must never be cut, so
//! a limit holds only while it is certain what the connection waits for. Otherwise it is left alone from then on: after
//! bytes that are not HTTP/1 (TLS, for example), a request that the drain's layer does not see, bytes behind a request
//! (perhaps the next one), and a body whose end is not known from its head.

use std::{io, sync::Arc, task::Context, time::Duration};

use tokio::time::Instant;

use super::{
    activity::Activity,
    alarm::Alarm,
    http2::Http2,
    scan::{HeadScan, Preface},
};
use crate::log_gate::LogGate;

/// How long a connection may be kept alive without a request. Longer than load balancers keep theirs, which would
/// otherwise send requests into a connection that is being closed: 60 s is common, and the longest is 10 minutes.
pub(super) const IDLE: Duration = Duration::from_secs(11 * 60);

/// How long a head may take, and an HTTP/2 connection be idle, once the server has begun to stop.
pub(super) const LAST_HEAD: Duration = Duration::from_secs(1);

/// The wait of one connection for its client.
pub(super) struct Watch {
    activity: Arc<Activity>,
    head_timeout: Duration,
    stall_timeout: Duration,
    preface: Preface,
    head: HeadScan,
    awaited: Awaited,
    /// How many requests there have been.
    begun: usize,
    /// How many bytes have been read behind the last head.
    behind: u64,
    /// Boxed, because most connections do not speak HTTP/2.
    http_2: Option<Box<Http2>>,
    has_written: bool,
    stopping_since: Option<Instant>,
    alarm: Alarm,
}

/// The wait of an HTTP/1 connection.
#[derive(Clone, Copy)]
enum Awaited {
    /// The end of a head, since this time.
    Head(Instant),
    /// The call of the layer, after a head.
    Call,
    /// The end of a request that the layer has seen.
    Answer,
    /// The next head, since this time.
    Next(Instant),
    /// Nothing that is certain.
    Unknown,
}

/// The fate of a connection whose client has kept it waiting for too long.
pub(super) enum Verdict {
    /// It is over, as if its client had closed it.
    End,
    Cut(io::Error),
}

impl Watch {
    pub(super) fn new(activity: Arc<Activity>, head_timeout: Duration, stall_timeout: Duration) -> Self {
        Self {
            activity,
            head_timeout,
            stall_timeout,
            preface: Preface::Part(0),
            head: HeadScan::default(),
            awaited: Awaited::Head(Instant::now()),
            begun: 0,
            behind: 0,
            http_2: None,
            has_written: false,
            stopping_since: None,
            alarm: Alarm::default(),
        }
    }

    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    pub(super) fn is_http_2(&self) -> bool {
        self.preface == Preface::Http2
    }

    /// Notes bytes that the server has read.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let (before, rest) = self.preface.take(bytes);
        match self.preface {
            Preface::Part(_) => {}
            Preface::Http1 => {
                self.settle(false);
                self.read_http_1(before);
                self.read_http_1(rest);
            }
            // The frames must have been seen from the first.
            Preface::Http2 if self.http_2.is_none() && self.has_written => self.awaited = Awaited::Unknown,
            Preface::Http2 => self.speak_http_2().read(rest),
        }
    }

    /// Notes that the client speaks HTTP/2, before the server writes: it need not have read anything by then.
    pub(super) fn speak_http_2(&mut self) -> &mut Http2 {
        let http_2 = || Box::new(Http2::new(self.head_timeout, self.stall_timeout));
        self.http_2.get_or_insert_with(http_2)
    }

    fn read_http_1(&mut self, bytes: &[u8]) {
        match self.awaited {
            Awaited::Unknown => return,
            Awaited::Call | Awaited::Answer => {
                self.behind += bytes.len() as u64;
                return;
            }
            Awaited::Next(_) => self.head = HeadScan::default(),
            Awaited::Head(_) => {}
        }
        if let Some(behind) = self.head.end(bytes) {
            self.behind = behind.len() as u64;
            self.awaited = Awaited::Call;
        } else if matches!(self.awaited, Awaited::Next(_)) && self.head.has_begun() {
            self.awaited = Awaited::Head(Instant::now());
        }
    }

    /// Notes bytes that the server has written.
    pub(super) fn written<'a>(&mut self, bytes: impl Iterator<Item = &'a [u8]>) {
        self.has_written = true;
        if let Some(http_2) = &mut self.http_2 {
            return bytes.for_each(|bytes| http_2.written(bytes));
        }
        match self.awaited {
            // A TLS handshake, for example, or the rest of an answer. It may take its time.
            Awaited::Head(_) => self.awaited = Awaited::Unknown,
            Awaited::Next(_) => self.awaited = Awaited::Next(Instant::now()),
            _ => {}
        }
    }

    /// Notes that the server has flushed, which hyper does whenever it is polled, after it has called its service. It may
    /// have written the end of an answer, or the last bytes for which there is a window, without another read.
    pub(super) fn flushed(&mut self, is_stopping: bool, cx: &mut Context<'_>) -> Option<Verdict> {
        self.settle(true);
        self.poll(is_stopping, cx)
    }

    /// Whether the client can't have sent the whole body of the open request, even if these bytes are a part of it.
    pub(super) fn lacks_bytes(&self, ahead: usize) -> bool {
        let is_known = matches!(self.awaited, Awaited::Answer) && self.begun == self.activity.begun();
        is_known && self.activity.length().is_some_and(|length| self.behind.saturating_add(ahead as u64) < length)
    }

    /// Follows the requests that the layer has seen. A call is due once the server has had the time for it.
    fn settle(&mut self, is_call_due: bool) {
        let new = self.activity.begun().wrapping_sub(self.begun);
        self.awaited = match self.awaited {
            Awaited::Call if new == 0 && !is_call_due => return,
            Awaited::Call if new == 1 => {
                self.begun = self.begun.wrapping_add(1);
                Awaited::Answer
            }
            Awaited::Head(_) | Awaited::Answer | Awaited::Next(_) if new == 0 => self.awaited,
            _ => Awaited::Unknown,
        };
        if matches!(self.awaited, Awaited::Answer) && !self.activity.is_open() {
            let is_next = self.activity.length().is_some_and(|length| self.behind <= length);
            self.awaited = if is_next { Awaited::Next(Instant::now()) } else { Awaited::Unknown };
        }
    }

    /// The verdict when the client has kept the server waiting for too long. Until then the task is woken in time.
    pub(super) fn poll(&mut self, is_stopping: bool, cx: &mut Context<'_>) -> Option<Verdict> {
        if is_stopping {
            self.stopping_since.get_or_insert_with(Instant::now);
        }
        if let Some(http_2) = &mut self.http_2 {
            return http_2.poll(self.stopping_since, &mut self.alarm, cx);
        }
        self.settle(false);
        let (due, verdict): (_, fn(Duration) -> Verdict) = match self.awaited {
            Awaited::Head(since) => (since.checked_add(self.head_timeout), Verdict::slow_head),
            Awaited::Next(since) => (since.checked_add(IDLE), |_| Verdict::End),
            _ => return None,
        };
        let last = self.stopping_since.map(|since| since + LAST_HEAD);
        if last.is_some_and(|last| due.is_none_or(|due| last < due)) {
            return self.alarm.poll_at(last?, cx).is_ready().then_some(Verdict::End);
        }
        // A timeout beyond the reach of any clock means never.
        (self.alarm.poll_at(due?, cx).is_ready()).then(|| verdict(self.head_timeout))
    }
}

impl Verdict {
    /// What a read says.
    pub(super) fn into_result(self) -> io::Result<()> {
        match self {
            Self::End => Ok(()),
            Self::Cut(error) => Err(error),
        }
    }

    pub(super) fn slow_head(timeout: Duration) -> Self {
        static GATE: LogGate = LogGate::new();
        if let Some(suppressed) = GATE.pass() {
            tracing::info!(?timeout, suppressed, "the head of a request does not end: its connection is cut");
        }
        Self::Cut(io::Error::new(io::ErrorKind::TimedOut, "the head of the request does not end"))
    }
}
