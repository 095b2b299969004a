//! HTTP/2 connections: heads that do not end, clients that give no window, and connections without a request.
//!
//! All of that shows in the frames. The requests run in tasks of their own, and do not know their connection.

use std::{mem, task::Context, time::Duration};

use tokio::time::Instant;

use super::{
    alarm::Alarm,
    scan::{ACK, END_HEADERS, END_STREAM, Edge, FrameHead, FrameScan, kind},
    stall::stalled,
    watch::{IDLE, LAST_HEAD, Verdict},
    windows::Windows,
};

/// The wait of one HTTP/2 connection for its client.
pub(super) struct Http2 {
    head_timeout: Duration,
    stall_timeout: Duration,
    incoming: FrameScan,
    outgoing: FrameScan,
    windows: Windows,
    /// Whether a header section has begun that has not ended, and since when.
    is_in_head: bool,
    head_since: Option<Instant>,
    /// Since when no frame has come and no stream was open.
    idle_since: Option<Instant>,
    /// Whether bytes of a body have left since the last look.
    has_sent: bool,
    stalled_since: Option<Instant>,
}

impl Http2 {
    pub(super) fn new(head_timeout: Duration, stall_timeout: Duration) -> Self {
        Self {
            head_timeout,
            stall_timeout,
            incoming: FrameScan::default(),
            outgoing: FrameScan::default(),
            windows: Windows::default(),
            is_in_head: false,
            head_since: None,
            idle_since: None,
            has_sent: false,
            stalled_since: None,
        }
    }

    /// Notes bytes that the server has read.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let Some(edge) = self.incoming.next(&mut bytes) {
            let (Edge::Begin(frame) | Edge::End(frame)) = &edge;
            // The answer to a ping of the server's says only that the client is there.
            if frame.kind != kind::PING || frame.flags & ACK == 0 {
                self.idle_since = None;
            }
            let windows = &mut self.windows;
            match edge {
                Edge::Begin(FrameHead { kind: kind::HEADERS, stream, .. }) => {
                    self.is_in_head = true;
                    windows.open(stream);
                }
                Edge::End(FrameHead { kind: kind::HEADERS | kind::CONTINUATION, flags, .. })
                    if flags & END_HEADERS != 0 =>
                {
                    (self.is_in_head, self.head_since) = (false, None);
                }
                Edge::End(FrameHead { kind: kind::RST_STREAM, stream, .. }) => windows.close(stream),
                Edge::End(FrameHead { kind: kind::SETTINGS, .. }) => windows.settings(self.incoming.payload()),
                Edge::End(FrameHead { kind: kind::WINDOW_UPDATE, stream, .. }) => {
                    windows.update(stream, self.incoming.payload());
                }
                _ => {}
            }
        }
    }

    /// Notes bytes that the server has written.
    pub(super) fn written(&mut self, mut bytes: &[u8]) {
        while let Some(edge) = self.outgoing.next(&mut bytes) {
            match edge {
                Edge::Begin(FrameHead { kind: kind::DATA, length, stream, .. }) => {
                    self.has_sent |= length > 0;
                    self.windows.sent(stream, length);
                }
                Edge::Begin(FrameHead { kind: kind::HEADERS, stream, .. }) => self.windows.answer(stream),
                _ => {}
            }
            match edge {
                Edge::End(FrameHead { kind: kind::RST_STREAM, stream, .. }) => self.windows.close(stream),
                Edge::End(FrameHead { kind: kind::DATA | kind::HEADERS, flags, stream, .. })
                    if flags & END_STREAM != 0 =>
                {
                    self.windows.close(stream);
                }
                _ => {}
            }
        }
    }

    /// See [`Watch::poll`](super::watch::Watch::poll).
    pub(super) fn poll(
        &mut self,
        stopping_since: Option<Instant>,
        alarm: &mut Alarm,
        cx: &mut Context<'_>,
    ) -> Option<Verdict> {
        let (is_starved, is_idle) = (self.windows.is_starved(), self.windows.is_idle());
        if mem::take(&mut self.has_sent) || !is_starved {
            self.stalled_since = None;
        }
        if !is_idle {
            self.idle_since = None;
        }
        if !is_starved && !is_idle && !self.is_in_head {
            return None;
        }
        let now = Instant::now();
        for (waits, since) in [
            (is_starved, &mut self.stalled_since),
            (is_idle, &mut self.idle_since),
            (self.is_in_head, &mut self.head_since),
        ] {
            if waits {
                since.get_or_insert(now);
            }
        }
        // A timeout beyond the reach of any clock means never.
        let after = |since: Option<Instant>, timeout| since.and_then(|since| since.checked_add(timeout));
        let head = after(self.head_since, self.head_timeout);
        let stall = after(self.stalled_since, self.stall_timeout);
        // hyper waits for the answer to a PING before it closes.
        let idle = match stopping_since {
            Some(stopping) => after(self.idle_since.max(is_idle.then_some(stopping)), LAST_HEAD),
            None => after(self.idle_since, IDLE),
        };
        let due = [head, stall, idle].into_iter().flatten().min()?;
        if alarm.poll_at(due, cx).is_pending() {
            return None;
        }
        Some(if head == Some(due) {
            Verdict::slow_head(self.head_timeout)
        } else if stall == Some(due) {
            Verdict::Cut(stalled(self.stall_timeout))
        } else {
            Verdict::End
        })
    }
}
