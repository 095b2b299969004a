//! The description of a controller, as the macro's output writes it.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value, json};

use super::{
    answer::AnswerWriter,
    argument::RequestWriter,
    content::{content, ends},
    document::Document,
    events::split,
    gap::Gap,
    operation::{self, Operation},
    probe::{Described, OfAnswer, OfArgument},
    runs,
    schemas::{Schemas, Way},
};
use crate::options::Options;

/// A controller that describes itself. Implemented by [`#[controller]`](macro@crate::controller).
pub trait Describe {
    /// Writes the description of each action.
    #[doc(hidden)]
    fn describe(&self, to: &mut Writer);
}

/// The document in the making.
#[doc(hidden)]
pub struct Writer {
    pub(super) schemas: Schemas,
    pub(super) gaps: Vec<Gap>,
    info: Option<(&'static str, &'static str)>,
    /// Each tag with its description.
    tags: BTreeMap<String, String>,
    paths: Map<String, Value>,
}

/// A place in the user's source.
pub(crate) type Place = (&'static str, u32);

/// An action, as its attribute and its signature have it.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// The name of its controller's type, and its own.
    pub name: (&'static str, &'static str),
    /// The start of its `operationId`s.
    pub id: &'static str,
    /// Its doc comment, line by line.
    pub docs: &'static [&'static str],
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Its methods, in lower case.
    pub methods: &'static [&'static str],
    /// The whole path, prefix included.
    pub path: &'static str,
    /// The options of its `#[action(…)]`.
    pub options: &'static Options,
    /// The place of its name.
    pub place: Place,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { schemas: Schemas::new(), gaps: Vec::new(), info: None, tags: BTreeMap::new(), paths: Map::new() }
    }

    /// Begins a controller.
    pub fn controller(
        &mut self,
        name: &'static str,
        docs: &[&'static str],
        package: (Option<&'static str>, Option<&'static str>),
    ) {
        if let (None, (Some(name), Some(version))) = (self.info, package) {
            self.info = Some((name, version));
        }
        self.tags.insert(name.to_owned(), text(docs));
    }

    /// Begins an action. `streams` says whether it does.
    pub fn action(&mut self, action: Action, streams: bool) -> ActionWriter<'_> {
        let stream = streams.then(Stream::default);
        ActionWriter { writer: self, action, stream, operation: Operation::default() }
    }

    pub(super) fn finish(mut self) -> Document {
        let (title, version) = self.info.unwrap_or(("API", "0.0.0"));
        let tags = self.tags.iter().map(|(name, docs)| match docs.is_empty() {
            true => json!({ "name": name }),
            false => json!({ "name": name, "description": docs }),
        });
        let mut document = json!({
            "openapi": "3.2.0",
            "info": { "title": title, "version": version },
            "servers": [{ "url": "/" }],
            "security": [],
            "tags": tags.collect::<Vec<_>>(),
            "paths": std::mem::take(&mut self.paths),
        });
        let schemas = self.schemas.finish(&mut document, operation::own_schemas());
        document["components"] = json!({ "schemas": schemas });
        // The same text whether or not another crate has `serde_json` keep the order of members.
        document.sort_all_objects();
        Document::new(document, self.gaps)
    }

    /// Adds an operation to a path.
    pub(super) fn add(&mut self, path: &str, method: &str, operation: Value) {
        self.paths.entry(plain_path(path)).or_insert_with(|| json!({}))[method] = operation;
    }
}

/// The path as OpenAPI has it: a parameter that takes the rest of the path is written like any other.
pub(super) fn plain_path(path: &str) -> String {
    path.replace("{*", "{").replace("{{", "{").replace("}}", "}")
}

/// One action in the making.
#[doc(hidden)]
pub struct ActionWriter<'w> {
    pub(super) writer: &'w mut Writer,
    pub(super) action: Action,
    /// What it streams, unless it never does.
    pub(super) stream: Option<Stream>,
    pub(super) operation: Operation,
}

/// What an action streams.
#[derive(Default)]
pub(super) struct Stream {
    /// The schema of a packet; `{}` if that is not known.
    pub(super) packet: Value,
    /// The schema of each event's data, where the variants of an enum name their events. Together they are the packet's.
    pub(super) events: Option<Map<String, Value>>,
    /// The schema of the result, if there is one.
    pub(super) result: Option<Value>,
}

impl ActionWriter<'_> {
    /// The type of its packets: `item = …`.
    pub fn packet(&mut self, item: Option<Described>, place: Place) {
        let mut types = self.types(place);
        let schema = match item {
            Some(item) => types.schema(Way::Sent, item, "a packet"),
            None => {
                types.gap("its packets have no type: say `item = …` in `#[action(…)]`");
                json!({})
            }
        };
        if let Some(stream) = &mut self.stream {
            stream.packet = schema;
        }
    }

    /// `event = tag`: the variants of its packets' type name the events.
    pub fn events(&mut self, place: Place) {
        let Some(stream) = &self.stream else { return };
        // Packets without a schema are a gap already.
        if stream.packet.as_object().is_none_or(Map::is_empty) {
            return;
        }
        match split(self.writer.schemas.resolve(&stream.packet)).and_then(|events| self.free(events)) {
            Ok(events) => {
                if let Some(stream) = &mut self.stream {
                    stream.events = Some(events);
                }
            }
            Err(why) => self.types(place).gap(&format!("`event = tag` can't be described: {why}")),
        }
    }

    /// The events, unless one of them has a name that ends the stream and is refused where it is sent.
    fn free(&self, events: Map<String, Value>) -> Result<Map<String, Value>, String> {
        match ends(self.action.options).find(|end| events.contains_key(*end)) {
            Some(end) => Err(format!("the variant `{end}` has the name of an event that ends the stream: rename it")),
            None => Ok(events),
        }
    }

    /// The type of its result.
    pub fn result(&mut self, ty: Described, place: Place) {
        let schema = (!ty.is_unit).then(|| self.types(place).schema(Way::Sent, ty, "the result"));
        if let Some(stream) = &mut self.stream {
            stream.result = schema;
        }
    }

    /// A result whose type can't be named outside of the signature.
    pub fn unnamed_result(&mut self, place: Place) {
        self.types(place).gap("its result has no name: return a type that implements `JsonSchema`");
        if let Some(stream) = &mut self.stream {
            stream.result = Some(json!({}));
        }
    }

    /// A parameter of the path that it takes by name.
    pub fn param(&mut self, name: &'static str, ty: Described, place: Place) {
        let schema = self.types(place).schema(Way::Read, ty, &format!("the parameter `{name}`"));
        self.operation.path_parameter(name, schema);
    }

    /// An extractor.
    pub fn argument(&mut self, (describe, name): (OfArgument, String), place: Place) {
        let Self { writer: Writer { schemas, gaps, .. }, action, operation, .. } = self;
        let mut types = Types { schemas, gaps, action, place };
        match describe {
            Some(describe) => describe(&mut RequestWriter::new(types, operation)),
            None => types.gap(&format!(
                "the extractor `{name}` says nothing of what it takes: implement `DescribeArgument` for it"
            )),
        }
    }

    /// The response of an action that never streams.
    pub fn answer(&mut self, (describe, name): (OfAnswer, String), place: Place) {
        let Self { writer: Writer { schemas, gaps, .. }, action, operation, .. } = self;
        let mut types = Types { schemas, gaps, action, place };
        match describe {
            Some(describe) => describe(&mut AnswerWriter::new(types, &mut operation.responses)),
            None => types
                .gap(&format!("`{name}` says nothing of the response that it is: implement `DescribeAnswer` for it")),
        }
    }

    /// Writes the action into the document.
    pub fn finish(self) {
        let Self { writer, action, stream, operation } = self;
        let Some(stream) = stream else { return operation.write(writer, &action, None) };
        // Once, for the action and the paths of its runs.
        let content = content(writer, &action, &stream);
        if let Some(resumable) = &action.options.resumable {
            runs::write(writer, &action, resumable, &content, &operation);
        }
        operation.write(writer, &action, Some((&stream, content)));
    }

    fn types(&mut self, place: Place) -> Types<'_> {
        let Writer { schemas, gaps, .. } = &mut *self.writer;
        Types { schemas, gaps, action: &self.action, place }
    }
}

/// The types of an action: their schemas, and the gaps where they have none.
pub(super) struct Types<'w> {
    pub(super) schemas: &'w mut Schemas,
    gaps: &'w mut Vec<Gap>,
    pub(super) action: &'w Action,
    place: Place,
}

impl Types<'_> {
    /// The schema of a type; an open one, and a gap, if it has none.
    pub(super) fn schema(&mut self, way: Way, ty: Described, of: &str) -> Value {
        self.schemas.of(way, ty).unwrap_or_else(|| {
            let name = (ty.name)();
            self.gap(&format!("{of} has the type `{name}`, which has no `JsonSchema`: derive it"));
            json!({})
        })
    }

    pub(super) fn gap(&mut self, what: &str) {
        self.gaps.push(Gap::new(what.to_owned(), self.action, self.place));
    }
}

/// A doc comment as text: rustdoc's blank at the start of each line goes.
pub(super) fn text(docs: &[&str]) -> String {
    let lines = docs.iter().flat_map(|doc| doc.split('\n'));
    let lines: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl fmt::Debug for ActionWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActionWriter")
    }
}
