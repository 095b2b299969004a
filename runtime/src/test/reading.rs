//! Reads from the journal: the next packet, and the end.

use serde::de::DeserializeOwned;

use super::{columns, decode::End, journal::Pages, received::Data, wait::Look};

/// Why a packet can't be read yet.
pub(super) const MISSED: &str = "packets were missed before the next one: await `gap()`";

/// The result of an action that has returned.
pub(super) fn result<R: DeserializeOwned>(end: &End) -> Result<R, String> {
    let End::Done(result) = end else { return Err(format!("the stream did not end by `done`, but {end}")) };
    match result {
        Some(json) => {
            serde_json::from_str(json).map_err(|error| format!("the result {json} is of another type: {error}"))
        }
        None => serde_json::from_str("null")
            .map_err(|_| "no result came: the action returns none, or its format sends none".to_owned()),
    }
}

/// The value of the next packet, if one has come.
pub(super) fn take<T: DeserializeOwned>(pages: &mut Pages) -> Option<Result<T, String>> {
    let names = columns::names::<T>(pages)?;
    if pages.is_gap_next() {
        return Some(Err(MISSED.to_owned()));
    }
    let packet = pages.next_packet()?;
    let value = match &packet.data {
        Data::Row(record) => record.deserialize(names.as_ref()).map_err(|error| error.to_string()),
        _ => packet.value(),
    };
    Some(value.map_err(|why| format!("the packet {} is of another type: {why}", packet.text())))
}

pub(super) fn next<T: DeserializeOwned>(pages: &mut Pages) -> Look<T> {
    match take(pages) {
        Some(Ok(value)) => Look::Ready(value),
        Some(Err(why)) => Look::Never(why),
        None => pages.not_yet(),
    }
}

impl Pages {
    /// A look for something that has not come: it never will after the end, or after the client has left.
    pub(super) fn not_yet<T>(&self) -> Look<T> {
        match &self.end {
            Some(end) => Look::Never(format!("the stream was over: {end}")),
            None if self.left.is_some() => Look::Never("the client had left".to_owned()),
            None => Look::NotYet,
        }
    }

    /// A look for the last byte.
    pub(super) fn not_over<T>(&self) -> Look<T> {
        match self.left {
            Some(_) => Look::Never("the client had left".to_owned()),
            None => Look::NotYet,
        }
    }

    /// The end, which the test has looked at now, once the last byte has come too.
    pub(super) fn settle_over(&mut self) -> Option<&End> {
        if self.is_over { self.settle() } else { None }
    }

    /// The end, which the test has looked at now.
    pub(super) fn settle(&mut self) -> Option<&End> {
        self.is_settled |= self.end.is_some();
        self.end.as_ref()
    }
}
