//! The part of a request that concerns runs: its owner, its key, and the last packet that its client has.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use axum::{
    http::{HeaderMap, StatusCode, Uri, header::CONTENT_TYPE, request::Parts},
    response::Response,
};

use super::{
    body_digest::BodyDigest,
    log::{Meta, Seq, id::Digest},
    path,
};
use crate::{
    format::{problem::Problem, query},
    options::{KeyIn, Resumable},
};

/// The shortest key, in characters: shorter ones may be guessed.
const SHORTEST_KEY: usize = 22;

/// The longest key. None needs more characters, and one that has is a mistake.
const LONGEST_KEY: usize = 255;

/// The largest cursor. Browsers can't count beyond it.
const LARGEST: Seq = 1 << 53;

/// The part of a request that concerns runs, kept because extractors take the request apart.
#[derive(Debug)]
pub(crate) struct RunRequest {
    pub(crate) resumable: &'static Resumable,
    /// The path of the action, in its normal form.
    pub(crate) action: String,
    /// The last segment of the path, as the client spells it.
    pub(crate) segment: String,
    is_repeated: bool,
    key: Result<Option<String>, Problem>,
    owner: Option<Digest>,
    cursor: Result<Seq, Problem>,
    /// The digest of the method, the path, the query and the content type.
    head: Digest,
    /// The digest of the body, as far as it has been read.
    pub(crate) body: BodyDigest,
}

impl RunRequest {
    /// A request to the action. `format` is the parameter that names the format of the response.
    pub(crate) fn new(resumable: &'static Resumable, format: Option<&str>, parts: &Parts, action: &str) -> Self {
        let owner = resumable.owner.and_then(|owner| owner(parts));
        let segment = action.rsplit('/').next().unwrap_or_default().to_owned();
        let action = path::normal(action);
        let content_type = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        Self {
            resumable,
            segment,
            is_repeated: ["idempotency-key", "run-key", "last-event-id"]
                .iter()
                .any(|name| parts.headers.get_all(*name).iter().nth(1).is_some()),
            key: key(resumable.key, &parts.headers, &parts.uri),
            owner: owner.map(|owner| Digest::of([owner.as_bytes()])),
            cursor: cursor(&parts.headers, &parts.uri),
            head: Digest::of([
                parts.method.as_str().as_bytes(),
                action.as_bytes(),
                meaning(resumable.key, format, &parts.uri).as_bytes(),
                content_type,
            ]),
            body: BodyDigest::default(),
            action,
        }
    }

    /// The part of a request about one run, whose id is the end of the path; or about the run that is open under a name,
    /// where the path ends in `/stream`.
    pub(crate) fn following(resumable: &'static Resumable, parts: &Parts, path: &str, run: Option<&str>) -> Self {
        let path = path::normal(path);
        let action = match run {
            Some(run) => path.strip_suffix(run).and_then(|path| path.strip_suffix("/runs/")),
            None => path.strip_suffix("/stream"),
        };
        Self::new(resumable, None, parts, action.unwrap_or(&path))
    }

    /// Refuses a request with two lines of a header that has one value: which one counts would be a guess.
    pub(crate) fn unambiguous(&self) -> Result<(), Response> {
        let detail =
            "`Idempotency-Key`, `Run-Key` and `Last-Event-ID` may each be sent once: one of them is there twice";
        match self.is_repeated {
            true => Err(Problem::new(StatusCode::BAD_REQUEST).with_detail(detail).to_response()),
            false => Ok(()),
        }
    }

    /// The key that the client chose, if it sent one.
    pub(crate) fn key(&self) -> Result<Option<&str>, Response> {
        match &self.key {
            Ok(key) => Ok(key.as_deref()),
            Err(problem) => Err(problem.to_response()),
        }
    }

    /// The last packet that the client has.
    pub(crate) fn cursor(&self) -> Result<Seq, Response> {
        self.cursor.as_ref().copied().map_err(Problem::to_response)
    }

    /// The owner of the request, if the action asks for one.
    ///
    /// # Errors
    /// 401 if there is no owner and no key that could tell callers apart.
    pub(crate) fn owner(&self) -> Result<Option<Digest>, Response> {
        if self.resumable.key == KeyIn::Off && self.owner.is_none() {
            return Err(Problem::new(StatusCode::UNAUTHORIZED)
                .with_detail("authentication required: runs of this action have an owner")
                .to_response());
        }
        Ok(self.owner)
    }

    /// The claim that a key makes. The same key makes a different claim for each owner and each action.
    pub(crate) fn claim(&self, key: &str) -> Digest {
        let owner = self.owner.map_or_else(Vec::new, |owner| owner.0.to_vec());
        Digest::of([self.action.as_bytes(), &owner, key.as_bytes()])
    }

    /// The name of the run, if the action names its runs: the path, which holds the name, for each owner.
    pub(crate) fn name(&self) -> Option<Digest> {
        let owner = self.owner.map_or_else(Vec::new, |owner| owner.0.to_vec());
        self.resumable.name.map(|_| Digest::of([self.action.as_bytes(), &owner]))
    }

    /// The fingerprint of the request, once its body has been read.
    pub(crate) fn fingerprint(&self) -> Digest {
        Digest::of([&self.head.0[..], &self.body.so_far()])
    }

    /// Whether the client may see this run.
    pub(crate) fn may_see(&self, meta: &Meta) -> bool {
        let key = self.key.as_ref().ok().and_then(Option::as_deref).map(|key| Digest::of([key.as_bytes()]));
        let same = |wanted: &Option<Digest>, given: &Option<Digest>| match (wanted, given) {
            (None, _) => true,
            (Some(wanted), Some(given)) => wanted.ct_eq(given),
            (Some(_), None) => false,
        };
        let is_of_action = meta.action == self.action;
        // All three are compared, so that the time taken reveals nothing.
        is_of_action & same(&meta.key, &key) & same(&meta.owner, &self.owner)
    }
}

/// The key of a request: one that starts a run names it `Idempotency-Key`, one that follows it `Run-Key`.
fn key(key: KeyIn, headers: &HeaderMap, uri: &Uri) -> Result<Option<String>, Problem> {
    let in_url = match key {
        KeyIn::Url => query::values(uri, "key").next(),
        // With `Off`, the key is not needed to see the run, but it still keeps a request from starting it twice.
        KeyIn::Off | KeyIn::Header => None,
    };
    let given = match in_url {
        Some(key) => key,
        None => match headers.get("run-key").or_else(|| headers.get("idempotency-key")) {
            // A key that can't be read must not count as no key, or the action could run twice.
            Some(key) => match key.to_str() {
                Ok(key) => key.to_owned(),
                Err(_) => {
                    return Err(Problem::new(StatusCode::BAD_REQUEST)
                        .with_detail("the key of a run may hold printable ASCII only"));
                }
            },
            None => return Ok(None),
        },
    };
    let key = given.trim().trim_matches('"');
    if key.len() < SHORTEST_KEY {
        let detail = "the key of a run needs at least 22 characters, made from 128 random bits";
        return Err(Problem::new(StatusCode::BAD_REQUEST).with_detail(detail));
    }
    if key.len() > LONGEST_KEY {
        let detail = "the key of a run may have at most 255 characters; 22 are enough";
        return Err(Problem::new(StatusCode::BAD_REQUEST).with_detail(detail));
    }
    Ok(Some(key.to_owned()))
}

/// The cursor: `Last-Event-ID`, or else `?after=`.
fn cursor(headers: &HeaderMap, uri: &Uri) -> Result<Seq, Problem> {
    let unreadable =
        || Problem::new(StatusCode::BAD_REQUEST).with_detail("the number of the last packet is not a number");
    let ids: Vec<_> = headers.get_all("last-event-id").iter().collect();
    let after: Vec<_> = query::values(uri, "after").collect();
    if ids.len() > 1 || after.len() > 1 {
        return Err(Problem::new(StatusCode::BAD_REQUEST).with_detail("the number of the last packet is given twice"));
    }
    let text = match ids.first() {
        Some(id) => Some(id.to_str().map_err(|_| unreadable())?.to_owned()),
        None => after.into_iter().next(),
    };
    let Some(text) = text else { return Ok(0) };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unreadable());
    }
    text.parse().ok().filter(|number| *number <= LARGEST).ok_or_else(unreadable)
}

/// The query without the parameters that only concern following: `after`, `key` if it is the key of the run, and the
/// one that names the format of the response.
fn meaning(key: KeyIn, format: Option<&str>, uri: &Uri) -> String {
    let pairs = uri.query().unwrap_or_default().split('&');
    let means = |pair: &&str| match pair.split('=').next() {
        Some("after") => false,
        Some("key") => key != KeyIn::Url,
        name => name != format,
    };
    pairs.filter(means).collect::<Vec<_>>().join("&")
}
