//! The description of a controller, gathered while the macro's code names its types.

use std::fmt;

use heck::ToSnakeCase as _;
use serde_json::{Map, Value, json};

use super::{
    answer::Response,
    document::Document,
    gap::Gap,
    probe::Shape,
    run,
    schemas::{Direction, SCHEMAS, Schemas},
    stream::{self, Packets},
};
use crate::options::Options;

/// A controller that describes itself. Implemented by [`#[controller]`](macro@crate::controller), for
/// [`of`](super::of).
pub trait Describe {
    /// Adds the controller's actions.
    #[doc(hidden)]
    fn describe(&self, description: &mut Description);
}

/// The description of controllers in the making.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Description {
    paths: Map<String, Value>,
    tags: Vec<Value>,
    tag: &'static str,
    ids: Vec<String>,
    pub(super) schemas: Schemas,
    pub(super) gaps: Vec<Gap>,
}

/// One action, as the macro knows it.
#[derive(Debug)]
#[doc(hidden)]
pub struct Action {
    pub name: &'static str,
    pub methods: &'static [&'static str],
    pub path: &'static str,
    pub docs: &'static [&'static str],
    pub deprecated: bool,
    pub options: &'static Options,
    /// Whether its `json` is an array.
    pub array: bool,
    pub file: &'static str,
    pub line: u32,
}

impl Description {
    /// Begins the actions of one controller.
    pub fn controller(&mut self, name: &'static str, docs: &[&str]) {
        self.tag = name;
        if self.tags.iter().any(|tag| tag["name"] == name) {
            return;
        }
        let mut tag = json!({ "name": name });
        let docs = text(docs);
        if !docs.is_empty() {
            tag["description"] = docs.into();
        }
        self.tags.push(tag);
    }

    /// Begins one action.
    pub fn action(&mut self, action: Action) -> ActionDescription<'_> {
        ActionDescription {
            action,
            document: self,
            parameters: Vec::new(),
            body: None,
            packets: None,
            result: None,
            answer: None,
        }
    }

    pub(super) fn finish(self) -> Document {
        let Self { paths, tags, schemas, gaps, .. } = self;
        let mut paths = Value::Object(paths);
        let schemas = schemas.finish(stream::own_schemas(), &mut [&mut paths]);
        let document = json!({
            "openapi": "3.2.0",
            "info": { "title": "API", "version": "0.0.0" },
            "servers": [{ "url": "/" }],
            "security": [],
            "tags": tags,
            "paths": paths,
            "components": { "schemas": schemas },
        });
        Document::new(document, gaps)
    }

    /// An `operationId` that no other operation has.
    fn id(&mut self, id: String) -> String {
        let numbered = (2..).map(|number| format!("{id}_{number}"));
        let free = std::iter::once(id.clone()).chain(numbered).find(|id| !self.ids.contains(id)).unwrap_or(id);
        self.ids.push(free.clone());
        free
    }

    fn insert(&mut self, path: &str, method: &str, operation: Value) {
        let path = self.paths.entry(template(path)).or_insert_with(|| json!({}));
        path[method] = operation;
    }
}

/// The description of one action in the making.
#[doc(hidden)]
pub struct ActionDescription<'a> {
    pub(super) action: Action,
    pub(super) document: &'a mut Description,
    pub(super) parameters: Vec<Value>,
    pub(super) body: Option<Value>,
    pub(super) packets: Option<Packets>,
    result: Option<Value>,
    pub(super) answer: Option<Value>,
}

impl fmt::Debug for ActionDescription<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActionDescription").field(&self.action).finish()
    }
}

impl ActionDescription<'_> {
    /// A parameter of the path that an argument takes by its name.
    pub fn parameter(&mut self, name: &str, shape: &Shape, line: u32) {
        let schema = self.schema(shape, Direction::Received, line).unwrap_or_else(|| json!({ "type": "string" }));
        self.add_parameter("path", name, true, schema);
    }

    /// The type of every packet.
    pub fn item(&mut self, shape: &Shape, line: u32) {
        let schema = self.schema(shape, Direction::Sent, line);
        self.packets = Some(Packets::of(schema));
    }

    /// The packets of an action without `item`.
    pub fn untyped(&mut self, line: u32) {
        self.gap("its packets have no type: add `item = …` to `#[action(…)]`".into(), line);
        self.packets = Some(Packets::of(None));
    }

    /// The result.
    pub fn result(&mut self, shape: Option<Shape>, line: u32) {
        self.result = shape.map(|shape| self.schema(&shape, Direction::Sent, line).unwrap_or_else(|| json!({})));
    }

    /// The result of an action that returns an `impl Trait`.
    pub fn opaque_result(&mut self, line: u32) {
        self.gap("its result is an `impl Trait`: return a named type that implements `JsonSchema`".into(), line);
        self.result = Some(json!({}));
    }

    /// The answer of an action that does not stream.
    pub(super) fn response(&mut self) -> Response<'_> {
        let answer = self.answer.insert(json!({ "description": "The answer." }));
        Response { answer, schemas: &mut self.document.schemas }
    }

    /// The answer of an action whose type says nothing about it.
    pub fn open_answer(&mut self, name: &str, line: u32) {
        let name = short(name);
        self.gap(
            format!("its answer, `{name}`, says nothing about itself: implement `outflow::openapi::Answer`"),
            line,
        );
        self.answer = Some(json!({ "description": "The answer." }));
    }

    pub(super) fn gap(&mut self, what: String, line: u32) {
        let action = format!("{}::{}", self.document.tag, self.action.name);
        self.document.gaps.push(Gap { what, action, file: self.action.file.to_owned(), line });
    }

    /// The schema of a type, or a gap.
    pub(super) fn schema(&mut self, shape: &Shape, direction: Direction, line: u32) -> Option<Value> {
        let schema = self.document.schemas.of(shape, direction);
        if schema.is_none() {
            self.gap(format!("`{}` has no schema: derive `JsonSchema` for it", short((shape.name)())), line);
        }
        schema
    }

    pub(super) fn add_parameter(&mut self, place: &str, name: &str, required: bool, mut schema: Value) {
        if self.parameters.iter().any(|known| known["in"] == place && known["name"] == name) {
            return;
        }
        // What a schema says about its value is the parameter's description.
        let described = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
        if let Some(description) = described {
            parameter["description"] = description;
        }
        self.parameters.push(parameter);
    }

    /// Adds the action's operations to the document.
    pub fn end(mut self) {
        self.missing_parameters();
        let responses = match self.packets.take() {
            Some(packets) => self.streaming(packets),
            None => (self.answered(), None),
        };
        let (responses, extension) = responses;
        let Self { action, document, parameters, body, .. } = self;
        let name = format!("{}_{}", document.tag.to_snake_case(), action.name.to_snake_case());
        let docs = text(action.docs);
        let (summary, rest) = docs.split_once("\n\n").unwrap_or((&docs, ""));
        for (index, method) in action.methods.iter().enumerate() {
            let method = method.to_lowercase();
            let id = if index == 0 { name.clone() } else { format!("{name}_{method}") };
            let mut operation = json!({
                "operationId": document.id(id),
                "tags": [document.tag],
                "responses": responses,
            });
            if !summary.is_empty() {
                operation["summary"] = summary.split_whitespace().collect::<Vec<_>>().join(" ").into();
            }
            if !rest.trim().is_empty() {
                operation["description"] = rest.trim().into();
            }
            if action.deprecated {
                operation["deprecated"] = true.into();
            }
            if !parameters.is_empty() {
                operation["parameters"] = parameters.clone().into();
            }
            if let Some(body) = &body {
                operation["requestBody"] = body.clone();
            }
            if let Some(extension) = &extension {
                operation["x-outflow"] = extension.clone();
            }
            document.insert(action.path, &method, operation);
        }
        if let (Some(extension), Some(resumable)) = (&extension, &action.options.resumable) {
            let path = run::path(action.path);
            let base = parameters.iter().filter(|parameter| parameter["in"] == "path").cloned().collect();
            let ids = ["follow", "cancel"].map(|what| document.id(format!("{name}_{what}")));
            let run = run::path_item(document.tag, ids, base, action.options, resumable, &responses, extension);
            document.paths.insert(template(&path), run);
        }
    }

    /// The responses of a stream, and what no specification has a place for.
    fn streaming(&mut self, packets: Packets) -> (Value, Option<Value>) {
        let result = self.result.take();
        let stream = stream::Stream { packets, result, options: self.action.options, array: self.action.array };
        if let Some(query) = self.action.options.formats.query {
            let names: Vec<_> = self.action.options.formats.formats.iter().map(|format| format.name).collect();
            let schema = json!({ "type": "string", "enum": names, "description": "The format of the answer." });
            self.add_parameter("query", query, false, schema);
        }
        let mut extension = stream.extension();
        let mut responses = stream.responses();
        if let Some(resumable) = &self.action.options.resumable {
            self.parameters.extend(run::starting_parameters(resumable));
            responses["200"]["headers"] = run::headers();
            extension["resumable"] =
                json!({ "run": template(&run::path(self.action.path)), "key": run::key_name(resumable.key) });
        }
        (responses, Some(extension))
    }

    fn answered(&mut self) -> Value {
        let answer = self.answer.take().unwrap_or_else(|| json!({ "description": "The answer." }));
        let mut responses = json!({ "default": stream::problem_response() });
        let status = answer.get("x-status").and_then(Value::as_str).unwrap_or("200").to_owned();
        let mut answer = answer;
        answer.as_object_mut().map(|answer| answer.remove("x-status"));
        responses[status] = answer;
        responses
    }

    /// Every parameter of a path has to be described (OpenAPI 3.2.0, Path Templating).
    fn missing_parameters(&mut self) {
        for name in path_parameters(self.action.path) {
            self.add_parameter("path", name, true, json!({ "type": "string" }));
        }
    }
}

/// The names of the parameters of a path.
pub(super) fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    let inside = path.split('/').filter_map(|segment| segment.split_once('{')?.1.split_once('}'));
    inside.map(|(name, _)| name.trim_start_matches('*'))
}

/// The path as a document writes it: `{*rest}` is a parameter like any other.
fn template(path: &str) -> String {
    path.replace("{*", "{")
}

/// The text of a doc comment.
fn text(docs: &[&str]) -> String {
    let lines = docs.iter().flat_map(|doc| doc.lines().chain(doc.is_empty().then_some("")));
    let lines: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// `Vec<Token>`: a type without the paths of its modules.
pub(super) fn short(name: &str) -> String {
    let mut short = String::new();
    for part in name.split_inclusive(|char: char| !(char.is_alphanumeric() || char == '_' || char == ':')) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

/// A reference to one of Outflow's own schemas.
pub(super) fn own(name: &str) -> Value {
    json!({ "$ref": format!("{SCHEMAS}{name}") })
}
