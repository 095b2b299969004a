//! What a client that comes back has seen.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use super::epoch::Epoch;
use crate::records::Seq;

/// The last packet of a [`Hub`](super::Hub) that a client has seen: an extractor of the header `Last-Event-ID`, which an
/// `EventSource` sends when it reconnects (WHATWG HTML, section 9.2.3). See [`Watch::after`](super::Watch::after).
///
/// It never rejects a request: without the header it says that the client has seen nothing. An id that no hub has made is
/// that of packets that are gone, so its client is told of a gap.
///
/// It can also be made from the text of an id, or from a number that [`Hub::publish`](super::Hub::publish) has returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastSeen(Option<Seen>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// An id: `epoch-number`, or several of them with commas between, one of each topic.
    Id(String),
    /// A number of the topic as it is.
    Number(Seq),
}

/// The place of a client in one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has seen nothing.
    New,
    /// It has seen everything up to this number.
    After(Seq),
    /// It has seen packets of another epoch.
    Foreign,
}

impl LastSeen {
    /// A client that has seen nothing.
    pub const NOTHING: Self = Self(None);

    /// The id as the client sent it.
    pub fn id(&self) -> Option<&str> {
        match &self.0 {
            Some(Seen::Id(id)) => Some(id),
            Some(Seen::Number(_)) | None => None,
        }
    }

    pub(super) fn place(&self, epoch: &Epoch) -> Place {
        match &self.0 {
            None => Place::New,
            Some(Seen::Number(number)) => Place::After(*number),
            Some(Seen::Id(id)) => {
                let mut places = id.split(',').filter_map(|part| part.trim().rsplit_once('-'));
                let number = places.find(|(of, _)| *of == epoch.as_str()).and_then(|(_, number)| number.parse().ok());
                number.map_or(Place::Foreign, Place::After)
            }
        }
    }
}

impl From<u64> for LastSeen {
    fn from(number: u64) -> Self {
        Self(Some(Seen::Number(number)))
    }
}

impl From<&str> for LastSeen {
    fn from(id: &str) -> Self {
        Self((!id.is_empty()).then(|| Seen::Id(id.to_owned())))
    }
}

impl From<String> for LastSeen {
    fn from(id: String) -> Self {
        id.as_str().into()
    }
}

impl<T: Into<Self>> From<Option<T>> for LastSeen {
    fn from(seen: Option<T>) -> Self {
        seen.map_or(Self::NOTHING, T::into)
    }
}

impl LastSeen {
    fn of(parts: &Parts) -> Self {
        let id = parts.headers.get("last-event-id");
        // An id that is not text was made by nobody here.
        id.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()).into()
    }
}

impl<S: Sync> FromRequestParts<S> for LastSeen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for LastSeen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self::of(parts)).filter(|seen| *seen != Self::NOTHING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_by_its_epoch() {
        let epoch = Epoch::random();
        let name = epoch.as_str();
        for (id, expected) in [
            (String::new(), Place::New),
            (format!("{name}-7"), Place::After(7)),
            (format!("other-1,{name}-9"), Place::After(9)),
            (format!("{name}-"), Place::Foreign),
            (format!("{name}-99999999999999999999"), Place::Foreign),
            (format!("x{name}-7"), Place::Foreign),
            ("7".to_owned(), Place::Foreign),
            ("-".to_owned(), Place::Foreign),
        ] {
            assert_eq!(LastSeen::from(id.clone()).place(&epoch), expected, "{id}");
        }
        assert_eq!(LastSeen::from(3).place(&epoch), Place::After(3));
        assert_eq!(LastSeen::from(None::<u64>).place(&epoch), Place::New);
    }
}
