//! What an action has set, and its place in a response.

use axum::{
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_DISPOSITION, VARY},
    },
    response::Response,
};

use super::file_name::FileName;
use crate::format::{
    Format,
    representation::{HAZAAR, Representation},
};

/// What an action has set of its response's head: see [`Head::parts`](super::argument::Head::parts).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeadParts {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those that Outflow sets.
    pub headers: HeaderMap,
    /// The name of the download, as it was given.
    pub download: Option<String>,
}

impl HeadParts {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Puts the parts into a response that has the headers of a stream. Those stay as they are, but `Vary` may grow.
    pub(crate) fn put(self, saved: SavedAs, response: &mut Response) {
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let mut own = std::mem::replace(headers, self.headers);
        let others: Vec<_> = headers.get_all(VARY).iter().cloned().collect();
        headers.extend(std::mem::take(&mut own));
        for name in others {
            headers.append(VARY, name);
        }
        if let Some(name) = self.download.and_then(|name| saved.file_name(&name)) {
            headers.entry(CONTENT_DISPOSITION).or_insert_with(|| name.disposition());
        }
    }
}

/// How a response in some format is saved as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SavedAs {
    /// It is not: programs read it.
    Nothing,
    /// Under the name as it was given, or with this extension.
    File(Option<&'static str>),
}

impl SavedAs {
    pub(crate) fn of(representation: &Representation, format: &dyn Format) -> Self {
        match representation.is_event_stream() || representation.name == HAZAAR.name {
            true => Self::Nothing,
            false => Self::File(format.extension()),
        }
    }

    fn file_name(self, name: &str) -> Option<FileName> {
        match self {
            Self::Nothing => None,
            Self::File(extension) => Some(FileName::new(name, extension)),
        }
    }
}
