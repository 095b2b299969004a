//! The schemas of types, as they are sent and as they are read, and the names under which a document keeps them.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::probe::Described;

const COMPONENTS: &str = "#/components/schemas/";

/// Both directions of serde differ: a field with a default may be missing in what is read, and never is in what is sent.
pub(super) struct Schemas {
    sent: SchemaGenerator,
    read: SchemaGenerator,
}

/// The direction of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Sent,
    Read,
}

/// A field of an object.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) schema: Value,
    pub(super) required: bool,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let read = settings.clone().for_deserialize().into_generator();
        Self { sent: settings.for_serialize().into_generator(), read }
    }

    /// The schema of a type that has one.
    ///
    /// # Panics
    /// If the type's own `JsonSchema` does, with its name.
    pub(super) fn of(&mut self, way: Way, ty: Described) -> Option<Value> {
        let make = ty.schema?;
        let generator = match way {
            Way::Sent => &mut self.sent,
            Way::Read => &mut self.read,
        };
        match catch_unwind(AssertUnwindSafe(|| make(generator))) {
            Ok(schema) => {
                let mut value = schema.to_value();
                if way == Way::Read {
                    mark(&mut value);
                }
                Some(value)
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                panic!("the `JsonSchema` of `{}` panicked: {text}", (ty.name)())
            }
        }
    }

    /// The definition to which a schema refers, or the schema itself.
    pub(super) fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = |prefix: &str| schema.get("$ref")?.as_str()?.strip_prefix(prefix).map(unescape);
        match (name(READ), name(COMPONENTS)) {
            (Some(name), _) => self.read.definitions().get(&name).unwrap_or(schema),
            (_, Some(name)) => self.sent.definitions().get(&name).unwrap_or(schema),
            (None, None) => schema,
        }
    }

    /// The fields of an object that is read.
    pub(super) fn members(&self, schema: &Value) -> Option<Vec<Member>> {
        let schema = self.resolve(schema);
        let properties = schema.get("properties")?.as_object()?;
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &String| required.is_some_and(|names| names.iter().any(|known| known == name));
        let member = |(name, schema): (&String, &Value)| Member {
            name: name.clone(),
            schema: marked(schema),
            required: is_required(name),
        };
        Some(properties.iter().map(member).collect())
    }

    /// The items of a tuple that is read.
    pub(super) fn items(&self, schema: &Value) -> Option<Vec<Value>> {
        Some(self.resolve(schema).get("prefixItems")?.as_array()?.iter().map(marked).collect())
    }

    /// All definitions by their names, and the document's own references put right. A type that is read in another
    /// shape than it is sent has `Input` after its name there.
    pub(super) fn finish(mut self, document: &mut Value, own: Map<String, Value>) -> Map<String, Value> {
        let mut all = own;
        let mut names = Renames::default();
        let sent = self.sent.take_definitions(true);
        let mut read = self.read.take_definitions(true);
        // A type of the user's may have one of our own names.
        for name in sent.keys().filter(|name| all.contains_key(*name)) {
            names.sent.push((name.clone(), free(name, "", |name| all.contains_key(name) || sent.contains_key(name))));
        }
        let differ = differing(&sent, &read);
        for name in &differ {
            let is_taken = |name: &str| all.contains_key(name) || sent.contains_key(name) || read.contains_key(name);
            names.read.push((name.clone(), free(name, "Input", is_taken)));
        }
        for (name, mut schema) in sent {
            names.apply(&mut schema);
            all.insert(names.of_sent(&name), schema);
        }
        for schema in read.values_mut() {
            mark(schema);
        }
        for (name, mut schema) in read {
            names.apply(&mut schema);
            all.entry(names.of_read(&name)).or_insert(schema);
        }
        names.apply(document);
        all
    }
}

/// The prefix of references to what is read, until names are given.
const READ: &str = "#/read/";

/// Marks the references of a schema that is read.
fn mark(schema: &mut Value) {
    each_reference(schema, &mut |reference| {
        if let Some(name) = reference.strip_prefix(COMPONENTS) {
            *reference = format!("{READ}{name}");
        }
    });
}

fn marked(schema: &Value) -> Value {
    let mut schema = schema.clone();
    mark(&mut schema);
    schema
}

/// New names, in pairs of the old and the new one.
#[derive(Default)]
struct Renames {
    sent: Vec<(String, String)>,
    read: Vec<(String, String)>,
}

impl Renames {
    fn of_sent(&self, name: &str) -> String {
        renamed(&self.sent, name)
    }

    fn of_read(&self, name: &str) -> String {
        match self.read.iter().any(|(old, _)| old == name) {
            true => renamed(&self.read, name),
            // The same shape as the one that is sent, so it has the same name.
            false => self.of_sent(name),
        }
    }

    fn apply(&self, value: &mut Value) {
        each_reference(value, &mut |reference| {
            if let Some(name) = reference.strip_prefix(READ) {
                *reference = format!("{COMPONENTS}{}", escape(&self.of_read(&unescape(name))));
            } else if let Some(name) = reference.strip_prefix(COMPONENTS) {
                *reference = format!("{COMPONENTS}{}", escape(&self.of_sent(&unescape(name))));
            }
        });
    }
}

fn renamed(names: &[(String, String)], name: &str) -> String {
    names.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new).to_owned()
}

/// The names whose schemas differ between the two directions, themselves or in something to which they refer.
fn differing(sent: &Map<String, Value>, read: &Map<String, Value>) -> BTreeSet<String> {
    let both = || read.iter().filter_map(|(name, read)| Some((name, sent.get(name)?, read)));
    let mut differ: BTreeSet<_> =
        both().filter(|(_, sent, read)| sent != read).map(|(name, ..)| name.clone()).collect();
    loop {
        let before = differ.len();
        for (name, _, read) in both() {
            let mut refers = false;
            each_reference(&mut read.clone(), &mut |reference| {
                refers |= reference.strip_prefix(COMPONENTS).is_some_and(|name| differ.contains(&unescape(name)));
            });
            if refers {
                differ.insert(name.clone());
            }
        }
        if differ.len() == before {
            return differ;
        }
    }
}

/// The first free name: with the suffix, then with a number.
fn free(name: &str, suffix: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let first = (!suffix.is_empty()).then(|| format!("{name}{suffix}"));
    let numbered = (2..).map(|number| format!("{name}{suffix}{number}"));
    let mut names = first.into_iter().chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// Visits each `$ref` of a schema, or of a document.
fn each_reference(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(reference) if key == "$ref" => visit(reference),
                    value => each_reference(value, visit),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each_reference(value, visit)),
        _ => {}
    }
}

/// A name in a JSON pointer within a URI (RFC 6901, sections 4 and 6), as far as schemars escapes it.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescape(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}
