//! A follower: the frames of a response that reads a run. The response to the request that started the run is one too.

use std::{
    iter,
    task::{Context, Poll, ready},
};

use axum::http::StatusCode;
use futures_core::stream::BoxStream;
use futures_util::StreamExt as _;

use super::reader::{Read, Reader};
use crate::{
    engine::{channel::Batch as _, telemetry::StreamSpan},
    format::{Ending, Format, problem::Problem},
    log_gate::LogGate,
    packet::{
        content::{Content, Unwritable},
        gap::Gap,
    },
    records::{
        packet,
        piece::{Records, RecordsIter},
    },
    response::{
        body::{Frames, Output},
        frame::Frame,
    },
    run::log::{
        Seq,
        record::{self, End, Record},
    },
};

/// The bytes that a format writes besides a packet: the names of fields, and a number of six digits. What is reserved
/// without need makes the allocator give memory back to the system, and fetch it again.
const BESIDE: usize = 18;

/// A follower of one run.
pub(crate) struct Follower {
    reads: BoxStream<'static, Read>,
    /// The number of the last record that was written.
    last: Seq,
    frame: Frame,
    /// How many packets it has written.
    packets: u64,
    span: StreamSpan,
}

impl Follower {
    /// A follower that writes what the reader reads in this format.
    pub(crate) fn new(reader: Reader, format: Box<dyn Format>, span: StreamSpan) -> Self {
        let last = reader.last;
        let frame = Frame::resumed(format, last);
        Self { reads: Box::pin(reader.into_stream()), last, frame, packets: 0, span }
    }

    /// Writes records, up to the end if it is among them.
    fn write(&mut self, records: &Records) -> Output {
        let output = self.write_records(records);
        self.span.packets(self.packets);
        output
    }

    fn write_records(&mut self, records: &Records) -> Output {
        self.frame.reserve(records.bytes() + records.len() * BESIDE);
        let mut rest = records.iter();
        loop {
            if let Err(why) = self.write_plain(&mut rest) {
                return self.refused(&why);
            }
            let Some(record) = rest.next() else { break };
            self.last += 1;
            if let Err(last) = self.write_other(record) {
                return last;
            }
        }
        self.frame.take().into()
    }

    /// Writes the packets without fields that come first.
    fn write_plain(&mut self, records: &mut RecordsIter<'_>) -> Result<(), Unwritable> {
        let first = self.last + 1;
        let mut packets = iter::from_fn(|| {
            let mut rest = records.clone();
            let json = packet::as_json(rest.next()?)?;
            *records = rest;
            self.last += 1;
            Some(json)
        });
        let written = self.frame.put_json(first, &mut packets);
        self.packets += self.last + 1 - first;
        written
    }

    fn write_packet(&mut self, mut content: Content<'_>) -> Result<(), Output> {
        self.packets += 1;
        content.set_number(self.last);
        self.frame.put(&content).map_err(|why| self.refused(&why))
    }

    #[cold]
    fn refused(&mut self, why: &Unwritable) -> Output {
        static GATE: LogGate = LogGate::new();
        if let Some(suppressed) = GATE.pass() {
            let line = || tracing::error!(%why, suppressed, "a follower can't go on in its format");
            self.span.span().in_scope(line);
        }
        let detail = "a packet of the run can't be written in this format";
        self.span.failed();
        self.write_failure(&Problem::run("format", StatusCode::INTERNAL_SERVER_ERROR, detail))
    }

    /// Writes a record that is not a plain packet. An end is the error: it stops the loop over records.
    fn write_other(&mut self, record: &[u8]) -> Result<(), Output> {
        match record::read(record) {
            Record::Packet(packet) => self.write_packet(Content::of(&packet)),
            Record::Gap(gap) => self.write_gap(&gap),
            Record::End(End::Done(result)) => {
                self.span.finished();
                self.frame.format().resume_from(self.last);
                Err(Output::Last(self.frame.done(result.as_deref()), Ending::Clean))
            }
            Record::End(End::Failed(problem, _)) => Err(self.failed(&problem)),
        }
    }

    fn write_gap(&mut self, gap: &Gap) -> Result<(), Output> {
        self.frame.format().resume_from(self.last);
        if self.frame.gap(gap) { Ok(()) } else { Err(self.failed(&Problem::of_gap(gap))) }
    }

    fn failed(&mut self, problem: &Problem) -> Output {
        self.span.ended_by(problem.ended_by());
        self.write_failure(problem)
    }

    fn write_failure(&mut self, problem: &Problem) -> Output {
        self.frame.format().resume_from(self.last);
        self.frame.failed(problem).into()
    }
}

impl Frames for Follower {
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Output>> {
        loop {
            let output = match ready!(self.reads.poll_next_unpin(cx)) {
                Some(Read::First(record)) => {
                    if let Record::Packet(first) = record::read(&record) {
                        self.frame.format().resume_first(&Content::of(&first));
                    }
                    continue;
                }
                Some(Read::Records(records)) => self.write(&records),
                Some(Read::ComeBack) => self.frame.come_back().into(),
                Some(Read::Aged) => {
                    self.span.aged();
                    self.frame.come_back().into()
                }
                Some(Read::Failed(problem)) => self.failed(&problem),
                Some(Read::Unavailable) => Output::Last(self.frame.take(), Ending::Cut),
                None => unreachable!("a reader is not asked for more after its end"),
            };
            return Poll::Ready(Some(output));
        }
    }

    /// The prologue, as long as nothing has been read.
    fn pending(&mut self) -> Vec<u8> {
        self.frame.take()
    }

    fn sent(&mut self, bytes: usize) {
        self.span.sent(bytes);
    }
}
