//! The places of the tool calls of a stream: the action's packets, its own chunks and those of several upstream answers count
//! their calls each for themselves, and a client puts deltas together by their index.

use serde_json::Value;

/// The tool calls of a stream.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    choice: u64,
    index: u64,
    /// The call as own chunks name it.
    own: Option<OwnCall>,
}

#[derive(Debug)]
struct OwnCall {
    index: Option<u64>,
    id: Option<String>,
}

impl Calls {
    /// Adds a call of the action's packets. Returns its index.
    pub(super) fn add(&mut self) -> u64 {
        self.push(0, None, None)
    }

    /// The index of the call that a delta of an own chunk belongs to: the last one that came with the same index, unless
    /// the delta has another id. Some servers repeat the id in each delta.
    pub(super) fn place(&mut self, choice: u64, delta: &Value) -> u64 {
        let index = delta["index"].as_u64();
        let id = delta["id"].as_str().filter(|id| !id.is_empty());
        let mut own = self
            .0
            .iter()
            .rev()
            .filter(|call| call.choice == choice)
            .filter_map(|call| call.own.as_ref().zip(Some(call.index)));
        let last = own.find(|(own, _)| index.is_none() || own.index == index);
        match last.filter(|(own, _)| id.is_none() || own.id.is_none() || own.id.as_deref() == id) {
            Some((_, index)) => index,
            None => self.push(choice, index, Some(OwnCall { index, id: id.map(str::to_owned) })),
        }
    }

    /// Adds a call, with the index that it has if that is free.
    fn push(&mut self, choice: u64, index: Option<u64>, own: Option<OwnCall>) -> u64 {
        let taken = || self.0.iter().filter(|call| call.choice == choice).map(|call| call.index);
        let index = index.filter(|index| taken().all(|taken| taken != *index));
        let index = index.unwrap_or_else(|| taken().max().map_or(0, |last| last.saturating_add(1)));
        self.0.push(Call { choice, index, own });
        index
    }
}
