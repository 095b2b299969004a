//! The schemas of a document: what is sent, and what is received, under names of their own.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::probe::Shape;

/// The direction of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The server writes it.
    Sent,
    /// The server reads it.
    Received,
}

const SENT: &str = "/sent";
const RECEIVED: &str = "/received";

/// The place of schemas in a document.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

#[derive(Debug)]
pub(super) struct Schemas {
    sent: SchemaGenerator,
    received: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = |path: &'static str| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.meta_schema = None;
                settings.definitions_path = path.into();
            })
        };
        Self {
            sent: settings(SENT).for_serialize().into_generator(),
            received: settings(RECEIVED).for_deserialize().into_generator(),
        }
    }
}

impl Schemas {
    /// The schema of a type, with a reference for each type that has a name.
    pub(super) fn of(&mut self, shape: &Shape, direction: Direction) -> Option<Value> {
        shape.schema.map(|schema| self.make(shape, schema, direction))
    }

    /// The same with the outermost type written out.
    pub(super) fn inline(&mut self, shape: &Shape, direction: Direction) -> Option<Value> {
        shape.inline.map(|schema| self.make(shape, schema, direction))
    }

    fn make(&mut self, shape: &Shape, schema: fn(&mut SchemaGenerator) -> Schema, direction: Direction) -> Value {
        let generator = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        match catch_unwind(AssertUnwindSafe(|| schema(generator))) {
            Ok(schema) => schema.to_value(),
            Err(payload) => panic!("the schema of `{}` could not be made: {}", (shape.name)(), message(&*payload)),
        }
    }

    /// Gives every schema its name in the document, and returns them all. References in `document` are changed to those
    /// names. `own` are the schemas of Outflow, whose names are taken.
    pub(super) fn finish(mut self, own: Map<String, Value>, document: &mut [&mut Value]) -> Map<String, Value> {
        let sent = self.sent.take_definitions(true);
        let received = self.received.take_definitions(true);
        let differ = differing(&sent, &received);
        let mut taken: BTreeSet<String> = own.keys().cloned().collect();
        let mut names = BTreeMap::new();
        for name in sent.keys() {
            names.insert(format!("#{SENT}/{name}"), free(name, "", &mut taken));
        }
        for name in received.keys() {
            let shared = sent.contains_key(name) && !differ.contains(name);
            let given = match names.get(&format!("#{SENT}/{name}")) {
                Some(given) if shared => given.clone(),
                Some(_) => free(name, "Input", &mut taken),
                None => free(name, "", &mut taken),
            };
            names.insert(format!("#{RECEIVED}/{name}"), given);
        }
        let mut schemas = own;
        for (prefix, definitions) in [(SENT, sent), (RECEIVED, received)] {
            for (name, mut schema) in definitions {
                rename(&mut schema, &names);
                schemas.insert(names[&format!("#{prefix}/{name}")].clone(), schema);
            }
        }
        document.iter_mut().for_each(|value| rename(value, &names));
        schemas
    }
}

/// The text of a panic.
fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("its `JsonSchema` panicked")
}

/// The names whose schemas are others in each direction, themselves or through a schema that they refer to.
fn differing(sent: &Map<String, Value>, received: &Map<String, Value>) -> BTreeSet<String> {
    let common: Vec<_> = sent.iter().filter_map(|(name, schema)| Some((name, schema, received.get(name)?))).collect();
    let neutral = |schema: &Value, prefix: &str| {
        let mut schema = schema.clone();
        each_reference(&mut schema, &mut |reference| {
            if let Some(name) = reference.strip_prefix(prefix) {
                *reference = name.to_owned();
            }
        });
        schema
    };
    let mut differ = BTreeSet::new();
    for (name, sent, received) in &common {
        if neutral(sent, &format!("#{SENT}/")) != neutral(received, &format!("#{RECEIVED}/")) {
            differ.insert((*name).clone());
        }
    }
    loop {
        let known = differ.len();
        for (name, schema, _) in &common {
            let mut refers = false;
            each_reference(&mut (*schema).clone(), &mut |reference| {
                refers |= reference.rsplit('/').next().is_some_and(|name| differ.contains(&decoded(name)));
            });
            if refers {
                differ.insert((*name).clone());
            }
        }
        if differ.len() == known {
            return differ;
        }
    }
}

/// A name that is not taken yet, of the characters that a document allows (OpenAPI 3.2.0, Components Object).
fn free(name: &str, suffix: &str, taken: &mut BTreeSet<String>) -> String {
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    let name: String = name.chars().map(|char| if is_allowed(char) { char } else { '_' }).collect();
    let name = format!("{name}{suffix}");
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    each_reference(value, &mut |reference| {
        if let Some(name) = names.get(&decoded(reference)) {
            *reference = format!("{SCHEMAS}{name}");
        }
    });
}

/// A reference without its escapes (RFC 6901, section 3, and RFC 3986, section 2.1). The first `/` are of the path.
fn decoded(reference: &str) -> String {
    let mut bytes = Vec::with_capacity(reference.len());
    let mut rest = reference.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~")
}

/// Visits every `$ref`. A property of that name is a schema and no text.
pub(super) fn each_reference(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" => visit(reference),
                    value if !matches!(&**key, "const" | "enum" | "default" | "example" | "examples") => {
                        each_reference(value, visit);
                    }
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, visit)),
        _ => {}
    }
}
