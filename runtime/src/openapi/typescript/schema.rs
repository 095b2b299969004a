//! JSON Schemas as TypeScript types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    doc, names,
    ty::{Branch, Member, Object, Ty},
};

/// The longest array of a fixed length that becomes a tuple.
const LONGEST_TUPLE: u64 = 16;

/// Turns schemas into types, and remembers which others they refer to.
pub(super) struct Schemas<'d> {
    schemas: Option<&'d Map<String, Value>>,
    names: BTreeMap<&'d str, String>,
    needed: BTreeSet<&'d str>,
}

impl<'d> Schemas<'d> {
    /// The schemas of an OpenAPI document.
    pub(super) fn of(document: &'d Value) -> Self {
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        let names = names::declarations(schemas.into_iter().flat_map(Map::keys).map(String::as_str));
        Self { schemas, names, needed: BTreeSet::new() }
    }

    /// The declarations of all that was referred to so far, and of all that these refer to.
    pub(super) fn declarations(mut self) -> BTreeMap<String, (Ty, Vec<String>)> {
        let mut declarations = BTreeMap::new();
        let mut done = BTreeSet::new();
        while let Some(schema) = self.needed.iter().find(|schema| !done.contains(*schema)).copied() {
            done.insert(schema);
            if let Some(value) = self.schemas.and_then(|schemas| schemas.get(schema)) {
                let ty = self.ty(value);
                declarations.insert(self.names[schema].clone(), (ty, doc::of(value)));
            }
        }
        declarations
    }

    pub(super) fn ty(&mut self, schema: &'d Value) -> Ty {
        let schema = match schema {
            Value::Bool(false) => return Ty::Never,
            Value::Object(schema) => schema,
            _ => return Ty::Unknown,
        };
        let mut parts = Vec::new();
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            parts.push(self.reference(reference));
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branches) = schema.get(keyword).and_then(Value::as_array) {
                let branches: Vec<_> =
                    branches.iter().map(|one| Branch { ty: self.ty(one), doc: doc::of(one) }).collect();
                parts.push(Ty::union(branches));
            }
        }
        for one in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.ty(one));
        }
        // `"type": "object"` says nothing beside a more precise part.
        let own = self.own(schema, parts.iter().any(|part| *part != Ty::Unknown));
        let ty = Ty::intersection(std::iter::once(own).chain(parts));
        match schema.get("nullable") {
            Some(Value::Bool(true)) => Ty::union_of([ty, Ty::word("null")]),
            _ => ty,
        }
    }

    /// The type by all keywords that hold no alternatives.
    fn own(&mut self, schema: &'d Map<String, Value>, has_parts: bool) -> Ty {
        if let Some(value) = schema.get("const") {
            return literal(value);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Ty::union_of(values.iter().map(literal));
        }
        let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
        match schema.get("type") {
            Some(Value::String(name)) => self.named(name, schema, has_parts),
            Some(Value::Array(several)) => {
                let types: Vec<_> =
                    several.iter().filter_map(Value::as_str).map(|name| self.named(name, schema, false)).collect();
                Ty::union_of(types)
            }
            _ if has(&["properties", "additionalProperties", "patternProperties"]) => {
                self.named("object", schema, true)
            }
            _ if has(&["items", "prefixItems"]) => self.named("array", schema, true),
            _ => Ty::Unknown,
        }
    }

    fn named(&mut self, name: &str, schema: &'d Map<String, Value>, has_parts: bool) -> Ty {
        match name {
            "integer" | "number" => Ty::word("number"),
            "string" | "boolean" | "null" => Ty::word(name),
            "array" => self.array(schema),
            "object" => match self.object(schema, has_parts) {
                object if object.members.is_empty() && object.rest.is_none() => Ty::Unknown,
                object => Ty::Object(object),
            },
            _ => Ty::Unknown,
        }
    }

    fn array(&mut self, schema: &'d Map<String, Value>) -> Ty {
        let length = |keyword| schema.get(keyword).and_then(Value::as_u64);
        let items = schema.get("items").map(|items| self.ty(items));
        if let Some(first) = schema.get("prefixItems").and_then(Value::as_array) {
            let elements: Vec<_> = first.iter().map(|one| self.ty(one)).collect();
            let is_whole = length("maxItems").is_some_and(|most| most <= elements.len() as u64);
            let rest = if is_whole { Ty::Never } else { items.unwrap_or(Ty::Unknown) };
            return Ty::Tuple(elements, (rest != Ty::Never).then(|| Box::new(rest)));
        }
        let items = items.unwrap_or(Ty::Unknown);
        match (length("minItems"), length("maxItems")) {
            (Some(least), Some(most)) if least == most && most <= LONGEST_TUPLE => {
                Ty::Tuple((0..most).map(|_| items.clone()).collect(), None)
            }
            _ => Ty::Array(Box::new(items)),
        }
    }

    fn object(&mut self, schema: &'d Map<String, Value>, has_parts: bool) -> Object {
        let required: BTreeSet<_> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut members: Vec<_> = entries(schema.get("properties"))
            .map(|(name, value)| Member {
                name: name.to_owned(),
                is_optional: !required.contains(name),
                ty: self.ty(value),
                doc: doc::of(value),
            })
            .filter(|member| !(member.is_optional && member.ty == Ty::Never))
            .collect();
        // The order of a map of `serde_json` depends on its features, and the file must not.
        members.sort_by(|one, other| one.name.cmp(&other.name));
        let rest = self.rest(schema, &members, has_parts);
        Object { members, rest: rest.map(Box::new) }
    }

    fn rest(&mut self, schema: &'d Map<String, Value>, members: &[Member], has_parts: bool) -> Option<Ty> {
        let patterns: Vec<_> = entries(schema.get("patternProperties")).map(|(_, value)| self.ty(value)).collect();
        let additional = match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => Ty::Never,
            Some(additional) => self.ty(additional),
        };
        let ty = Ty::union_of(patterns.into_iter().chain([additional]));
        match ty {
            Ty::Never if !members.is_empty() || has_parts => None,
            // An object of which nothing is known, or one without members.
            Ty::Never => {
                let is_empty = schema.get("additionalProperties") == Some(&Value::Bool(false));
                Some(if is_empty { Ty::Never } else { Ty::Unknown })
            }
            ty if members.is_empty() => Some(ty),
            // The members must be of the type of the rest.
            _ if has_parts => Some(Ty::Unknown),
            ty => {
                let is_optional = members.iter().any(|member| member.is_optional);
                let absent = is_optional.then(|| Ty::word("undefined"));
                let own = members.iter().map(|member| member.ty.clone());
                Some(Ty::union_of([ty].into_iter().chain(own).chain(absent)))
            }
        }
    }

    fn reference(&mut self, reference: &str) -> Ty {
        let name =
            reference.strip_prefix("#/components/schemas/").map(|name| name.replace("~1", "/").replace("~0", "~"));
        let known = name.and_then(|name| {
            let decoded = percent_decoded(&name);
            let known = self.names.get_key_value(name.as_str()).or_else(|| self.names.get_key_value(decoded.as_str()));
            known.map(|(schema, name)| (*schema, name.clone()))
        });
        match known {
            Some((schema, name)) => {
                self.needed.insert(schema);
                Ty::Word(name)
            }
            None => Ty::Unknown,
        }
    }
}

fn literal(value: &Value) -> Ty {
    match value {
        Value::String(value) => Ty::Word(names::text(value)),
        Value::Array(elements) => Ty::Tuple(elements.iter().map(literal).collect(), None),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| Member {
                name: name.clone(),
                is_optional: false,
                ty: literal(value),
                doc: Vec::new(),
            };
            Ty::Object(Object { members: members.iter().map(member).collect(), rest: None })
        }
        other => Ty::Word(other.to_string()),
    }
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn percent_decoded(text: &str) -> String {
    let plus_kept = text.replace('+', "%2B");
    form_urlencoded::parse(plus_kept.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}
