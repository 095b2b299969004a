//! The records in a log: one for each packet, and one for the end.
//!
//! The first byte of a record says what it is.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use memchr::memchr;
use serde::{Deserialize, Serialize};

use crate::{
    format::{
        error_response::{FailureParts, failing_early},
        problem::{EndedBy, Problem},
    },
    head::parts::HeadParts,
    log_gate::LogGate,
    packet::{gap::Gap, packet::Packet},
    records::packet::{self, PLAIN, Rules, WITH_FIELDS},
};

/// A record as a follower reads it.
pub(crate) enum Record {
    Packet(Packet),
    Gap(Gap),
    End(End),
}

/// The end of a run.
#[derive(Debug)]
pub(crate) enum End {
    /// The result as JSON, if there is one.
    Done(Option<Bytes>),
    /// The failure, and the response of a run that failed before its first packet.
    Failed(Problem, Option<EarlyResponse>),
}

/// The response of a run that failed before its first packet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EarlyResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Serialize, Deserialize)]
struct FailedRecord {
    problem: serde_json::Value,
    #[serde(default, skip_serializing_if = "is_failure")]
    ended_by: EndedBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    early: Option<EarlyResponse>,
}

fn is_failure(side: &EndedBy) -> bool {
    *side == EndedBy::Failure
}

const DONE: u8 = b'd';
const FAILED: u8 = b'f';
/// Packets that the action could not send.
const GAP: u8 = b'g';
/// The head that the action has set, as JSON on a line of its own. The first record follows.
const HEAD: u8 = b'h';

/// The head that an action has set, as a log keeps it.
#[derive(Serialize, Deserialize)]
struct HeadRecord {
    status: u16,
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    download: Option<String>,
}

/// Appends the head of the run, in front of its first record. Cookies are left out: they are for the client that started
/// the run, and not for everyone who may see it. A head that has nothing else to say leaves the record alone.
pub(crate) fn head(mut parts: HeadParts, out: &mut Vec<u8>) {
    parts.headers.remove(SET_COOKIE);
    if parts.is_default() {
        return;
    }
    let HeadParts { status, headers, download } = parts;
    let head = HeadRecord { status: status.as_u16(), headers: texts(&headers), download };
    out.extend_from_slice(&tagged(HEAD, &head));
    out.push(b'\n');
}

/// The head of the run, if this first record has it.
pub(crate) fn read_head(first: &[u8]) -> Option<HeadParts> {
    let (head, _) = split_head(first)?;
    let HeadRecord { status, headers, download } = serde_json::from_slice(head).ok()?;
    let mut parts = HeadParts { status: StatusCode::from_u16(status).ok()?, download, ..HeadParts::default() };
    append(headers, &mut parts.headers);
    Some(parts)
}

/// The JSON of the head, and the record behind it.
fn split_head(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = record.strip_prefix(&[HEAD])?;
    let end = memchr(b'\n', rest)?;
    Some((&rest[..end], &rest[end + 1..]))
}

/// What the packets of a run may not have.
pub(crate) const fn rules(end_event: Option<&'static str>) -> Rules {
    Rules {
        no_ids: "in a resumable action the ids are the packets' numbers: leave `.id(..)` out",
        no_bytes: "a resumable action keeps JSON and text, and `Packet::bytes` is neither",
        end_event,
    }
}

/// Appends the record of packets that the action could not send, because its own source had dropped them.
pub(crate) fn gap(gap: &Gap, out: &mut Vec<u8>) {
    out.push(GAP);
    out.extend_from_slice(gap.to_json().as_bytes());
}

/// The record of a run that returned, behind its head if no packet was sent before it.
pub(crate) fn done(result: Option<Vec<u8>>, head: Option<HeadParts>) -> Bytes {
    let mut record = Vec::new();
    if let Some(parts) = head {
        self::head(parts, &mut record);
    }
    record.push(DONE);
    record.extend(result.unwrap_or_default());
    record.into()
}

/// The record of a run that failed. The error's own response is kept if nothing was sent before it.
pub(crate) fn failed(failure: FailureParts, is_early: bool) -> Bytes {
    let problem = serde_json::from_str(&failure.problem.to_json()).unwrap_or_default();
    let early = failure.response.filter(|_| is_early).map(|(head, body)| EarlyResponse {
        status: failing_early(head.status).as_u16(),
        headers: texts(&head.headers),
        body: BASE64.encode(body),
    });
    let ended_by = failure.problem.ended_by();
    tagged(FAILED, &FailedRecord { problem, ended_by, early })
}

/// The headers as text. A value that is not text is left out.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    headers.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect()
}

/// Adds headers that were kept as text.
fn append(texts: Vec<(String, String)>, headers: &mut HeaderMap) {
    for (name, value) in texts {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
}

fn tagged(tag: u8, value: &impl Serialize) -> Bytes {
    let mut record = vec![tag];
    // Strings, numbers and JSON values can always be written.
    if let Err(error) = serde_json::to_writer(&mut record, value) {
        tracing::error!(%error, "a record of a run could not be written");
    }
    record.into()
}

/// Reads a record. One that can't be read is a failure of the run, never a packet.
pub(crate) fn read(record: &[u8]) -> Record {
    let record = split_head(record).map_or(record, |(_, record)| record);
    let Some((tag, payload)) = record.split_first() else { return unreadable() };
    match *tag {
        PLAIN | WITH_FIELDS => packet::read(record).map_or_else(unreadable, Record::Packet),
        GAP => Gap::of_json(payload).map_or_else(unreadable, Record::Gap),
        DONE => Record::End(End::Done((!payload.is_empty()).then(|| Bytes::copy_from_slice(payload)))),
        FAILED => match serde_json::from_slice::<FailedRecord>(payload) {
            Ok(FailedRecord { problem, ended_by, early }) => {
                Record::End(End::Failed(Problem::of_json(problem).ended_by_side(ended_by), early))
            }
            Err(_) => unreadable(),
        },
        _ => unreadable(),
    }
}

fn unreadable() -> Record {
    static GATE: LogGate = LogGate::new();
    if let Some(suppressed) = GATE.pass() {
        tracing::error!(suppressed, "the log of runs holds a record that this version can't read");
    }
    let problem = Problem::run("lost", StatusCode::INTERNAL_SERVER_ERROR, "the run can't be read");
    Record::End(End::Failed(problem, None))
}

impl EarlyResponse {
    /// The answer to the request that started the run.
    pub(crate) fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = BASE64.decode(self.body).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        response.headers_mut().clear();
        append(self.headers, response.headers_mut());
        response
    }
}
