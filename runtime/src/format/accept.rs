//! The header `Accept`: its media ranges, and how well each covers a format (RFC 9110, section 12.5.1).

use std::iter;

use axum::http::{HeaderMap, header::ACCEPT};
use memchr::memchr2;

/// The rank of a media type for a request, compared by quality first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// The weight `q`, in thousandths.
    pub(super) quality: u16,
    specificity: u8,
}

/// One entry of `Accept`, or a media type that is offered. Both are case-insensitive.
#[derive(Debug)]
pub(super) struct MediaRange<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<Parameter<'a>>,
    quality: u16,
}

type Parameter<'a> = (&'a str, &'a str);

impl<'a> MediaRange<'a> {
    /// `None` if the entry cannot be read.
    pub(super) fn parse(entry: &'a str) -> Option<Self> {
        let (name, parameters) = cut(entry, b';').unwrap_or((entry, ""));
        let (kind, subtype) = cut(name.trim_ascii(), b'/')?;
        let mut range = Self { kind, subtype, parameters: Vec::new(), quality: 1000 };
        for part in split(parameters, b';').map(str::trim_ascii).filter(|part| !part.is_empty()) {
            let (name, value) = cut(part, b'=')?;
            let (name, value) = (name.trim_ascii(), value.trim_ascii().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                range.quality = quality(value)?;
            } else {
                range.parameters.push((name, value));
            }
        }
        Some(range)
    }

    fn has(&self, parameter: &Parameter<'_>) -> bool {
        self.parameters.iter().any(|other| is_same(*parameter, *other))
    }

    pub(super) fn is_any(&self) -> bool {
        self.kind == "*" && self.quality > 0
    }

    /// The closeness with which this range names the media type of a format that sends this `Content-Type`, if it
    /// covers it at all.
    fn specificity(&self, media_type: &MediaRange<'_>, content_type: &str) -> Option<u8> {
        let covers = |range: &str, name: &str| range == "*" || range.eq_ignore_ascii_case(name);
        if !covers(self.kind, media_type.kind) || !covers(self.subtype, media_type.subtype) {
            return None;
        }
        // A parameter narrows the range. `charset=utf-8` excludes nothing: our text is UTF-8 or ASCII. Nor does a
        // parameter that the response has.
        let says = |parameter: &Parameter<'_>| media_type.has(parameter);
        let has = |parameter: &Parameter<'_>| {
            is_same(*parameter, ("charset", "utf-8"))
                || says(parameter)
                || MediaRange::parse(content_type).is_some_and(|sent| sent.has(parameter))
        };
        if !self.parameters.iter().all(has) {
            return None;
        }
        Some(match (self.kind, self.subtype) {
            ("*", _) => 0,
            (_, "*") => 1,
            _ if self.parameters.iter().any(says) => 3,
            _ => 2,
        })
    }
}

/// The parts between separators.
fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let (part, after) = cut(rest?, at).map_or((rest?, None), |(part, after)| (part, Some(after)));
        rest = after;
        Some(part)
    })
}

/// Cuts at the first separator that is not within a quoted string (RFC 9110, section 5.6.4).
fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let found = from + memchr2(at, b'"', &text.as_bytes()[from..])?;
        if text.as_bytes()[found] == at {
            return Some((&text[..found], &text[found + 1..]));
        }
        from = found + 1 + end_of_quoted(&text.as_bytes()[found + 1..])?;
    }
}

/// The place after the quote that ends a quoted string.
fn end_of_quoted(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let found = from + memchr2(b'"', b'\\', &text[from..])?;
        if text[found] == b'"' {
            return Some(found + 1);
        }
        // A backslash escapes the next character.
        from = text.len().min(found + 2);
    }
}

fn is_same((name, value): Parameter<'_>, (other, wanted): Parameter<'_>) -> bool {
    name.eq_ignore_ascii_case(other) && value.eq_ignore_ascii_case(wanted)
}

/// The closest range decides a media type's quality.
pub(super) fn rank(ranges: &[MediaRange<'_>], media_type: &MediaRange<'_>, content_type: &str) -> Option<Rank> {
    ranges
        .iter()
        .filter_map(|range| Some((range.specificity(media_type, content_type)?, range.quality)))
        .max()
        .map(|(specificity, quality)| Rank { quality, specificity })
}

/// Whether the request accepts one of these media types, and nothing else.
pub(super) fn is_only(headers: &HeaderMap, media_types: &[&str]) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    let is_named = values.next().is_some_and(|value| media_types.iter().any(|media_type| value == media_type));
    is_named && values.next().is_none()
}

/// Reads every `Accept` header. An entry that cannot be read is passed over, as if it were not there. So is `*/*` alone,
/// which most clients send: it says no more than no header.
pub(super) fn ranges(headers: &HeaderMap) -> Vec<MediaRange<'_>> {
    let values = headers.get_all(ACCEPT);
    if values.iter().all(|value| value == "*/*") {
        return Vec::new();
    }
    let values = values.into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| split(value, b',')).filter_map(MediaRange::parse).collect()
}

/// `q` in thousandths (RFC 9110, section 12.4.2): 0 or 1, and at most three decimals.
fn quality(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0" | "", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}
