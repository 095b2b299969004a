//! Reading on while hyper does not, so that a client that leaves is noticed.
//!
//! hyper looks for the end of the input only while its own buffer is empty. A single byte behind a request, such as the
//! line break that old clients send after a body, would hide that the client has left.

use std::{
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{io::ReadBuf, time::Instant};

use super::{alarm::Alarm, socket::Socket};

/// The bytes that are read ahead at most. The rest stays with the client, as it does without this.
const MOST: usize = 64 * 1024;

/// How often the socket is asked about its end while the buffer is full. No waker can be registered for that: the
/// socket is readable all the time.
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
        socket: &mut impl Socket,
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
        let rest = &self.buffer[self.taken..];
        let length = rest.len().min(out.remaining());
        out.put_slice(&rest[..length]);
        self.taken += length;
        if self.taken == self.buffer.len() {
            (self.buffer, self.taken) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads ahead, unless hyper has just tried to read. The task is woken when more arrives.
    ///
    /// # Errors
    /// If the client has left.
    pub(super) fn look(&mut self, socket: &mut impl Socket, cx: &mut Context<'_>) -> io::Result<()> {
        // A read that waits has registered the waker and would have seen the end.
        if mem::take(&mut self.has_read) && self.waits {
            return Ok(());
        }
        match self.poll_ahead(socket, cx) {
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn poll_ahead(&mut self, socket: &mut impl Socket, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.buffer.len() < MOST {
            let mut room = [MaybeUninit::uninit(); 4096];
            let mut read = ReadBuf::uninit(&mut room[..(MOST - self.buffer.len()).min(4096)]);
            ready!(Pin::new(&mut *socket).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Err(left()));
            }
            self.buffer.extend_from_slice(read.filled());
            if mem::take(&mut self.waits) {
                // hyper's waker is used up, and the bytes that it waits for are here.
                cx.waker().wake_by_ref();
            }
        }
        if socket.is_read_closed() {
            return Poll::Ready(Err(left()));
        }
        self.alarm.poll_at(Instant::now() + ASK_EVERY, cx).map(Ok)
    }
}

fn left() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the client has left")
}
