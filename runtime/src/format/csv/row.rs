//! The fields of one packet, read from its JSON.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::options::Formulas;
use crate::packet::content::Unwritable;

/// The fields of one packet, each with its name.
pub(super) struct Row<'a> {
    pub(super) fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Whether the fields have names. Those of a list have none, and neither has a value that is alone.
    pub(super) is_named: bool,
}

impl<'a> Row<'a> {
    /// Reads a packet.
    pub(super) fn read(json: &'a [u8], formulas: Formulas) -> Result<Self, Unwritable> {
        let text = |value| text(value, formulas);
        let value: &RawValue = serde_json::from_slice(json).map_err(unreadable)?;
        let json = value.get();
        let unnamed = |value: &'a RawValue| Ok((Cow::default(), text(value)?));
        let (fields, is_named): (Result<_, _>, bool) = match json.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(json).map_err(unreadable)?;
                (members.into_iter().map(|(Text(name), value)| Ok((name, text(value)?))).collect(), true)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json).map_err(unreadable)?;
                (items.into_iter().map(unnamed).collect(), false)
            }
            _ => (unnamed(value).map(|field| vec![field]), false),
        };
        Ok(Self { fields: fields?, is_named })
    }
}

/// A value as the text of a field. A number stays as it is written, so that it loses no digit.
fn text(value: &RawValue, formulas: Formulas) -> Result<Cow<'_, str>, Unwritable> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map(|Text(text)| formulas.text(text)).map_err(unreadable),
        Some(b'{' | b'[') => Err(Unwritable::new("a field of `csv` is one value, not a list, a struct or a map")),
        _ if json == "null" => Ok(Cow::default()),
        _ => Ok(json.into()),
    }
}

fn unreadable(error: impl fmt::Display) -> Unwritable {
    Unwritable::new(format!("its JSON can't be read: {error}"))
}

/// A string that is copied only if it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object, in their order.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A custom log may return anything.
    #[test]
    fn what_is_not_json_is_refused_without_a_panic() {
        for json in ["", " ", "{", "[1", "{\"a\":", "{\"a\" 1}", "[1 2]", "\"", "\"\\q\"", "]", "[,]"] {
            assert!(Row::read(json.as_bytes(), Formulas::Keep).is_err(), "{json}");
        }
        assert!(Row::read(b"\"\\\xff\"", Formulas::Keep).is_err());
    }
}
