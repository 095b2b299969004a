//! How long a connection may keep its server waiting: for the end of a head, and for the next request.
//!
//! hyper's own limit for heads needs a timer that `axum::serve` does not set. Nothing here may cut an HTTP/1 connection
//! whose requests the drain's layer does not see, except before the end of its first head.

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

/// The wait of one connection for its client.
pub(super) struct Watch {
    activity: Arc<Activity>,
    head_timeout: Duration,
    stall_timeout: Duration,
    preface: Preface,
    head: HeadScan,
    awaited: Awaited,
    /// Boxed, because most connections do not speak HTTP/2.
    http_2: Option<Box<Http2>>,
    has_written: bool,
    alarm: Alarm,
}

/// What a connection of HTTP/1 waits for.
enum Awaited {
    /// The end of a head, since this time.
    Head { since: Instant, begun: usize },
    /// A request after its head, or its end. `begun` counts the requests before it. It is due once the server has had
    /// the time to call its service.
    Request { begun: usize, is_due: bool },
    /// The next head, since this time.
    Next { since: Instant },
    /// Nothing that is known: the drain's layer does not see the requests.
    Unknown,
}

/// What becomes of a connection whose client has kept it waiting for too long.
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
            awaited: Awaited::Head { since: Instant::now(), begun: 0 },
            http_2: None,
            has_written: false,
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
                self.read_http_1(before);
                self.read_http_1(rest);
            }
            // The frames must have been seen from the first.
            Preface::Http2 if self.http_2.is_none() && self.has_written => self.awaited = Awaited::Unknown,
            Preface::Http2 => {
                let Self { head_timeout, stall_timeout, .. } = *self;
                let http_2 = || Box::new(Http2::new(head_timeout, stall_timeout));
                self.http_2.get_or_insert_with(http_2).read(rest);
            }
        }
    }

    fn read_http_1(&mut self, bytes: &[u8]) {
        let begun = self.activity.begun();
        match self.awaited {
            Awaited::Unknown => return,
            _ if bytes.is_empty() => return,
            // A part of its body, or bytes behind it.
            _ if self.activity.is_open() => {
                self.awaited = Awaited::Request { begun: begun.wrapping_sub(1), is_due: true };
                return;
            }
            Awaited::Request { begun: before, is_due } if before == begun => {
                if is_due {
                    self.awaited = Awaited::Unknown;
                }
                return;
            }
            Awaited::Head { begun: before, .. } if before == begun => {}
            _ => {
                self.head = HeadScan::default();
                self.awaited = Awaited::Head { since: Instant::now(), begun };
            }
        }
        if self.head.ends_in(bytes) {
            self.awaited = Awaited::Request { begun, is_due: false };
        }
    }

    /// Notes bytes that the server has written.
    pub(super) fn written<'a>(&mut self, bytes: impl Iterator<Item = &'a [u8]>) {
        self.has_written = true;
        if let Some(http_2) = &mut self.http_2 {
            bytes.for_each(|bytes| http_2.written(bytes));
        }
    }

    /// Notes that the server has flushed, which hyper does whenever it is polled, after it has called its service. It may
    /// have written the end of an answer, or the last bytes for which there is a window, without another read.
    pub(super) fn flushed(&mut self, cx: &mut Context<'_>) -> Option<Verdict> {
        if let Awaited::Request { is_due, .. } = &mut self.awaited {
            *is_due = true;
        }
        self.poll(cx)
    }

    /// The verdict when the client has kept the server waiting for too long. Until then the task is woken in time.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<Verdict> {
        if let Some(http_2) = &mut self.http_2 {
            return http_2.poll(&mut self.alarm, cx);
        }
        let begun = self.activity.begun();
        let (due, verdict): (_, fn(Duration) -> Verdict) = match self.awaited {
            Awaited::Unknown => return None,
            _ if self.activity.is_open() => {
                self.awaited = Awaited::Request { begun: begun.wrapping_sub(1), is_due: true };
                return None;
            }
            Awaited::Request { begun: before, is_due } if before == begun => {
                if is_due {
                    self.awaited = Awaited::Unknown;
                }
                return None;
            }
            Awaited::Head { since, begun: before } if before == begun => {
                (since.checked_add(self.head_timeout), Verdict::slow_head)
            }
            Awaited::Next { since } => (since.checked_add(IDLE), |_| Verdict::End),
            Awaited::Head { .. } | Awaited::Request { .. } => {
                let since = Instant::now();
                self.awaited = Awaited::Next { since };
                (since.checked_add(IDLE), |_| Verdict::End)
            }
        };
        // A timeout beyond the reach of any clock means never.
        (self.alarm.poll_at(due?, cx).is_ready()).then(|| verdict(self.head_timeout))
    }
}

impl Verdict {
    pub(super) fn slow_head(timeout: Duration) -> Self {
        static GATE: LogGate = LogGate::new();
        if let Some(suppressed) = GATE.pass() {
            tracing::info!(?timeout, suppressed, "the head of a request does not end: its connection is cut");
        }
        Self::Cut(io::Error::new(io::ErrorKind::TimedOut, "the head of the request does not end"))
    }
}
