//! Keys, owners and addresses of runs.

use axum::http::{HeaderMap, request::Parts};
use outflow::run::{Digest, Keep, Meta};

/// A key, long enough for a run.
pub const KEY: &str = "0123456789abcdef012345";

/// Another one.
pub const OTHER_KEY: &str = "another-key-0123456789";

/// The path of the run that `Location` names, relative to the path of the request.
pub fn location(path: &str, headers: &HeaderMap) -> String {
    let (folder, _) = path.rsplit_once('/').unwrap();
    let run = headers["location"].to_str().unwrap();
    format!("{folder}{}", run.strip_prefix('.').unwrap_or_else(|| panic!("{run}")))
}

/// The numbers among the packets of an event stream, or of a part of it.
pub fn numbers(events: &str) -> Vec<u64> {
    events.lines().filter_map(|line| line.strip_prefix("data: ")?.parse().ok()).collect()
}

/// An owner of runs: the user whom an earlier layer has identified.
pub fn user(request: &Parts) -> Option<String> {
    request.headers.get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned)
}

/// The meta of a run that has a key, no owner and no claim.
pub fn meta() -> Meta {
    Meta {
        action: "/a".to_owned(),
        key: Some(digest("key")),
        owner: None,
        name: None,
        claim: None,
        keep: Keep::DEFAULT,
    }
}

pub fn digest(text: &str) -> Digest {
    Digest::of([text.as_bytes()])
}
