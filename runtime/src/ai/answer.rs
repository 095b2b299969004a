//! The state of an answer, which all protocols share: what each packet means, and which part is open.
//!
//! At most one part is open. It closes when the next one begins or the action ends, so no order of packets can leave a
//! stream that its protocol forbids. A packet is checked before anything changes: a refusal leaves the answer as it was.

use std::{collections::HashMap, mem, sync::Arc};

use axum::http::{HeaderMap, request::Parts};
use serde_json::{Map, Value};

use super::{
    asked::Asked,
    packet::{Data, Finish, Part, Step, ToolCall, ToolInput, Usage},
    protocol::{Closing, End, Kind, Marks, OpenPart, Own, Passing, Protocol, State},
    wire::{quote, quoted},
};
use crate::format::{Ending, Format, problem::Problem};
use crate::packet::content::{Content, Unwritable};

/// The room that is kept for the next packet. One that needed more gives it back.
const KEPT: usize = 64 * 1024;

/// One answer in the words of the protocol `P`.
pub(super) struct Answer<P> {
    protocol: P,
    state: State,
    open: Option<OpenPart>,
    /// The index of the next part.
    next: u64,
    usage: Option<Usage>,
    /// The JSON of the packet that is being written.
    json: Vec<u8>,
}

impl<P: Protocol + 'static> Answer<P> {
    /// A writer for the request with this head.
    pub(super) fn writer(request: &Parts, protocol: impl FnOnce(&Arc<Asked>) -> P) -> Box<dyn Format> {
        let asked = Asked::of(request);
        let protocol = protocol(&asked);
        Self::boxed(protocol, asked)
    }

    pub(super) fn boxed(protocol: P, asked: Arc<Asked>) -> Box<dyn Format> {
        Box::new(Self {
            protocol,
            state: State { asked, calls: HashMap::new(), finish: None, is_resumed: false },
            open: None,
            next: 0,
            usage: None,
            json: Vec::new(),
        })
    }
}

impl<P: Protocol> Answer<P> {
    fn close(&mut self, why: Closing, out: &mut Vec<u8>) {
        if let Some(part) = self.open.take() {
            self.protocol.close(&part, why, out);
        }
    }

    fn next_part(&mut self, kind: Kind) -> OpenPart {
        self.next += 1;
        OpenPart { index: self.next - 1, kind }
    }

    /// Writes a delta of text or reasoning, in a part of its own unless one of the kind is open.
    fn delta(&mut self, kind: Kind, json: &[u8], out: &mut Vec<u8>) {
        if json == b"\"\"" {
            return;
        }
        let same = |part: &OpenPart| mem::discriminant(&part.kind) == mem::discriminant(&kind);
        if !self.open.as_ref().is_some_and(same) {
            self.close(Closing::Next, out);
            let part = self.next_part(kind);
            self.protocol.open(&part, out);
            self.open = Some(part);
        }
        if let Some(part) = &self.open {
            self.protocol.delta(part, json, out);
        }
    }

    /// Makes room for something that has a place among the parts, if the protocol sees it so.
    fn beside(&mut self, out: &mut Vec<u8>) {
        if P::DATA_IS_A_PART {
            self.close(Closing::Next, out);
        }
    }

    fn write(&mut self, event: Option<&str>, json: &[u8], out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if json.first() == Some(&b'"') {
            self.delta(Kind::Text, json, out);
            return Ok(());
        }
        if json.first() == Some(&b'{') && event.is_none() {
            let marks: Marks = serde_json::from_slice(json).unwrap_or_default();
            if let Some(mark) = marks.ai.as_ref().and_then(Value::as_str) {
                if let Some(part) = Part::read(mark, json) {
                    let part = part.map_err(|error| {
                        Unwritable::new(format!(
                            "`\"ai\": \"{mark}\"` is not a packet of `outflow::ai`: {error}: correct it, or name the packet \
                             by `.event(..)` to send it as data"
                        ))
                    })?;
                    return self.part(part, out);
                }
            }
            if self.protocol.is_own(&marks) {
                return self.own(&marks, json, out);
            }
            if let (Some(kind), Some(own)) = (marks.kind(), P::OWN) {
                return Err(Unwritable::new(format!(
                    "`\"type\": \"{kind}\"` is not {own}: correct it, or name the packet by `.event(..)` to send it as data"
                )));
            }
        }
        self.beside(out);
        self.protocol.data(event.unwrap_or("packet"), None, json, out);
        Ok(())
    }

    fn own(&mut self, marks: &Marks, json: &[u8], out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let members: Map<String, Value> =
            serde_json::from_slice(json).map_err(|error| Unwritable::new(error.to_string()))?;
        let own = Own { kind: marks.kind().unwrap_or_default(), members: &members };
        match self.protocol.own(&own, &mut self.state)? {
            Passing::Closing => self.close(Closing::Next, out),
            Passing::Beside => {}
            Passing::Kept => return Ok(()),
        }
        self.protocol.pass(&own, json, out);
        Ok(())
    }

    fn part(&mut self, part: Part, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let mut json = Vec::new();
        match part {
            Part::Text(text) => {
                quote(&text.delta, &mut json);
                self.delta(Kind::Text, &json, out);
            }
            Part::Reasoning(reasoning) => {
                quote(&reasoning.delta, &mut json);
                self.delta(Kind::Reasoning, &json, out);
            }
            Part::ToolCall(call) => self.call(call, out)?,
            Part::ToolInput(input) => self.input(&input, out)?,
            Part::ToolResult(result) => {
                self.state.known("the result", &result.id)?;
                self.close(Closing::Next, out);
                self.protocol.tool_result(&result, out);
                self.state.calls.insert(result.id, true);
            }
            Part::ApprovalRequest(request) => {
                self.state.known("the approval request", &request.id)?;
                self.close(Closing::Next, out);
                self.protocol.approval_request(request, out);
            }
            Part::Source(source) => {
                self.beside(out);
                self.protocol.source(&source, out);
            }
            Part::File(file) => {
                self.beside(out);
                self.protocol.file(&file, out);
            }
            Part::Data(Data { name, value, id, .. }) => {
                self.beside(out);
                self.protocol.data(&name, id.as_deref(), value.to_string().as_bytes(), out);
            }
            Part::Step(Step { name, .. }) => {
                self.close(Closing::Next, out);
                self.protocol.step(name.as_deref(), out);
            }
            Part::Usage(usage) => self.usage.get_or_insert_default().add(&usage),
            Part::Finish(Finish { reason, .. }) => self.state.finish = Some(reason),
        }
        Ok(())
    }

    fn call(&mut self, call: ToolCall, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let ToolCall { id, name, input, .. } = call;
        self.state.is_new(&id)?;
        self.close(Closing::Next, out);
        self.state.calls.insert(id.clone(), false);
        let input = input.map(|input| input.to_string());
        let part = self.next_part(Kind::Tool { id, name, input: input.clone().unwrap_or_default() });
        match input {
            Some(input) => self.protocol.call(&part, &input, out),
            None => {
                self.protocol.open(&part, out);
                self.open = Some(part);
            }
        }
        Ok(())
    }

    fn input(&mut self, delta: &ToolInput, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if let Some(part) = &mut self.open {
            if let Kind::Tool { id, input, .. } = &mut part.kind {
                if *id == delta.id {
                    if !delta.delta.is_empty() {
                        input.push_str(&delta.delta);
                        self.protocol.delta(part, &quoted(&delta.delta), out);
                    }
                    return Ok(());
                }
            }
        }
        self.state.known("the input", &delta.id)?;
        Err(Unwritable::new(format!(
            "the input of the tool call `{}` has ended already, where another part began: stream it whole before that",
            delta.id
        )))
    }
}

impl<P: Protocol> Format for Answer<P> {
    fn headers(&self, headers: &mut HeaderMap) {
        self.protocol.headers(headers);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        self.protocol.begin(out);
    }

    fn resume(&mut self, _after: u64, out: &mut Vec<u8>) {
        // The request that started the run has its messages, and is no `GET`.
        self.state.is_resumed = self.state.asked.has_no_messages();
        self.begin(out);
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if content.is_bytes() {
            return Err(Unwritable::new(
                "an answer is text and JSON, and `Packet::bytes` is neither: decode it, with care for characters that \
                 are split across reads",
            ));
        }
        let mut json = mem::take(&mut self.json);
        json.clear();
        content.write_json(&mut json)?;
        let event = content.fields().and_then(|fields| fields.event.as_deref());
        let written = self.write(event, &json, out);
        if json.capacity() <= KEPT {
            self.json = json;
        }
        written
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        self.close(Closing::Next, out);
        let result = result.filter(|json| *json != b"null");
        let end = End { result, usage: self.usage.as_ref(), finish: self.state.finish(), calls: &self.state.calls };
        self.protocol.done(&end, out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        self.close(Closing::Failed, out);
        self.protocol.failed(problem, self.usage.as_ref(), out)
    }

    fn heartbeat(&self) -> &'static [u8] {
        self.protocol.heartbeat()
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        self.protocol.early_failure()
    }

    fn is_document(&self) -> bool {
        self.protocol.is_document()
    }
}
