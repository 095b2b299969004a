//! Reading on while hyper does not, so that a client that leaves is noticed.
//!
//! hyper looks for the end of the input only while its own buffer is empty. A single byte behind a request, such as the
//! line break that old clients send after a body, would hide that the client has left. Nothing is read ahead while no
//! request is open, when hyper reads, nor while a request's body is: hyper takes what has come of it, and then the end.

use std::{
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::Instant,
};

use super::{
    alarm::Alarm,
    socket::{is_read_closed, is_reset},
    watch::Watch,
};

/// The bytes that are read ahead at most. The rest stays with the client, as it does without this.
const MOST: usize = 64 * 1024;

/// How often the socket is asked about its end while its bytes are left there. No waker can be registered for that: it
/// is readable all the time.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Bytes that have arrived before hyper asked for them.
#[derive(Default)]
pub(super) struct ReadAhead {
    buffer: Vec<u8>,
    /// The number of bytes of the buffer that hyper has taken.
    taken: usize,
    /// Whether hyper's last read had to wait.
    waits: bool,
    /// Whether hyper has read since the last look.
    has_read: bool,
    alarm: Alarm,
}

impl ReadAhead {
    /// hyper's own read.
    pub(super) fn poll_read(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin + 'static),
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.has_read = true;
        if self.buffer.is_empty() {
            let polled = Pin::new(socket).poll_read(cx, out);
            self.waits = polled.is_pending();
            return polled;
        }
        self.waits = false;
        let rest = self.bytes();
        let length = rest.len().min(out.remaining());
        out.put_slice(&rest[..length]);
        self.taken += length;
        if self.taken == self.buffer.len() {
            (self.buffer, self.taken) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }

    /// Looks whether the client has left, unless hyper has just tried to read. The task is woken when it leaves.
    ///
    /// # Errors
    /// If the client has left.
    pub(super) fn look(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin + 'static),
        watch: &Watch,
        cx: &mut Context<'_>,
    ) -> io::Result<()> {
        // A read that waits has registered the waker and would have seen the end.
        let has_read = mem::take(&mut self.has_read);
        if has_read && self.waits || !watch.activity().is_open() {
            return Ok(());
        }
        let has_left = if watch.activity().has_upload() {
            is_reset(socket) || !has_read && is_read_closed(socket) && self.lacks_bytes(socket, watch, cx)
        } else {
            self.read_up_to(MOST, socket, cx)? || self.buffer.len() >= MOST && is_read_closed(socket)
        };
        if has_left {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the client has left"));
        }
        if watch.activity().has_upload() || self.buffer.len() >= MOST {
            let _ = self.alarm.poll_at(Instant::now() + ASK_EVERY, cx);
        }
        Ok(())
    }

    /// Whether a client that has closed its side has not sent the whole body. To know that, the rest is read: no more
    /// than the system has received already.
    fn lacks_bytes(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin + 'static),
        watch: &Watch,
        cx: &mut Context<'_>,
    ) -> bool {
        // An error will come again.
        self.read_up_to(usize::MAX, socket, cx).unwrap_or(false) && watch.lacks_bytes(self.bytes().len())
    }

    /// Reads what there is. Returns whether it has come to the end.
    fn read_up_to(
        &mut self,
        most: usize,
        socket: &mut (impl AsyncRead + Unpin + 'static),
        cx: &mut Context<'_>,
    ) -> io::Result<bool> {
        while self.buffer.len() < most {
            match self.poll_more(most - self.buffer.len(), socket, cx) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Ok(0)) => return Ok(true),
                Poll::Ready(result) => result?,
            };
            if mem::take(&mut self.waits) {
                // hyper's waker is used up, and the bytes that it waits for are here.
                cx.waker().wake_by_ref();
            }
        }
        Ok(false)
    }

    /// Reads once. Returns how many bytes have come; without any, the input is at its end.
    pub(super) fn poll_more(
        &mut self,
        most: usize,
        socket: &mut (impl AsyncRead + Unpin + 'static),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut read = ReadBuf::uninit(&mut room[..most.min(4096)]);
        ready!(Pin::new(socket).poll_read(cx, &mut read))?;
        self.buffer.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }

    /// The bytes that hyper has not taken.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }
}
