//! An action as the operations of its path, one for each method.

use serde_json::{Map, Value, json};

use super::describe::{Action, Stream, Writer, text};
use crate::options::{KeyIn, Options};

/// An operation in the making.
#[derive(Default)]
pub(super) struct Operation {
    pub(super) parameters: Vec<Value>,
    body: Option<Value>,
    /// The responses of an action that never streams, each with its status.
    pub(super) responses: Vec<(String, Value)>,
}

impl Operation {
    pub(super) fn path_parameter(&mut self, name: &str, schema: Value) {
        self.parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }

    pub(super) fn body(&mut self, content_type: &str, media: Value, required: bool) {
        self.body = Some(json!({ "required": required, "content": { content_type: media } }));
    }

    /// The parameters of the path, those that no argument has described included.
    pub(super) fn path_parameters(&self, path: &str) -> Vec<Value> {
        let described = |name: &String| {
            let is_this = |parameter: &&Value| parameter["in"] == "path" && parameter["name"] == **name;
            self.parameters.iter().find(is_this).cloned()
        };
        let any =
            |name: &String| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
        parameters_of(path).iter().map(|name| described(name).unwrap_or_else(|| any(name))).collect()
    }

    /// Writes an operation for each method of the action.
    pub(super) fn write(self, writer: &mut Writer, action: &Action, stream: Option<(&Stream, Value)>) {
        let mut operation = head(action);
        let mut parameters = self.path_parameters(action.path);
        parameters.extend(self.parameters.iter().filter(|parameter| parameter["in"] != "path").cloned());
        parameters.extend(stream.iter().flat_map(|_| of_options(action.options)));
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        match stream {
            Some((stream, content)) => {
                operation["responses"] = responses(action, content);
                operation["x-outflow"] = extension(action, stream);
            }
            None => operation["responses"] = plain_responses(self.responses),
        }
        for (index, method) in action.methods.iter().enumerate() {
            let id = if index == 0 { action.id.to_owned() } else { format!("{}_{method}", action.id) };
            operation["operationId"] = id.into();
            writer.add(action.path, method, operation.clone());
        }
    }
}

/// The part of an operation that the action's own name and comment give.
fn head(action: &Action) -> Value {
    let mut operation = json!({ "tags": [action.name.0] });
    let docs = text(action.docs);
    let (summary, description) = docs.split_once("\n\n").unwrap_or((&docs, ""));
    operation["summary"] = match summary {
        "" => in_words(action.name.1),
        summary => summary.replace('\n', " "),
    }
    .into();
    if !description.is_empty() {
        operation["description"] = description.trim().into();
    }
    if action.deprecated {
        operation["deprecated"] = true.into();
    }
    operation
}

/// The name of a method as words, for one without a comment: `Find order` for `find_order`.
fn in_words(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The names of the parameters in a path, in their order.
pub(super) fn parameters_of(path: &str) -> Vec<String> {
    let segments = path.split('/').filter(|segment| !segment.starts_with("{{"));
    let names = segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| name.trim_start_matches('*').to_owned()).collect()
}

/// The parameters that the options of a streaming action bring.
fn of_options(options: &Options) -> Vec<Value> {
    let mut parameters = Vec::new();
    if let Some(query) = options.formats.query {
        let names: Vec<_> = options.formats.formats.iter().map(|format| format.name).collect();
        parameters.push(json!({
            "name": query, "in": "query", "required": false,
            "description": "The format of the response, in place of `Accept`.",
            "schema": { "type": "string", "enum": names },
        }));
    }
    if options.resumable.is_some() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The key of the run, a secret of 22 to 255 characters from 128 random bits. The same key \
                starts no second run.",
            "schema": { "type": "string", "minLength": 22, "maxLength": 255 },
        }));
    }
    parameters
}

/// The responses of an action that streams.
fn responses(action: &Action, content: Value) -> Value {
    // An action that takes its head may set another status.
    let status = if action.options.has_head { "2XX" } else { "200" };
    let mut success = json!({ "description": "The stream.", "content": content });
    if let Some(resumable) = &action.options.resumable {
        success["headers"] = json!({
            "Location": header("The path of the run, relative to the request."),
        });
        if resumable.key != KeyIn::Off {
            success["headers"]["Run-Key"] = header("The key of the run, if the client sent none. A secret.");
        }
    }
    json!({
        status: success,
        "406": problem("No format that the client accepts is offered."),
        "default": failure(action.options),
    })
}

/// A failure before the first packet. Without `problems`, an extractor's rejection is a text.
fn failure(options: &Options) -> Value {
    let mut failure = problem("The failure, before the first packet.");
    if !options.problems {
        failure["content"]["text/plain"] = json!({ "schema": { "type": "string" } });
    }
    failure
}

pub(super) fn header(description: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" } })
}

/// A response that is a problem document.
pub(super) fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn plain_responses(responses: Vec<(String, Value)>) -> Value {
    let mut all: Map<_, _> = responses.into_iter().collect();
    if !all.keys().any(|status| status.starts_with(['2', '3'])) {
        all.insert("2XX".to_owned(), json!({ "description": "The answer." }));
    }
    // An extractor's rejection, or an error of the action's own.
    all.insert("default".to_owned(), json!({ "description": "The failure." }));
    all.into()
}

/// What the specification has no words for.
fn extension(action: &Action, stream: &Stream) -> Value {
    let Options { formats, resumable, .. } = action.options;
    let mut extension = json!({
        "failure": { "$ref": "#/components/schemas/Problem" },
        "formats": formats.formats.iter()
            .map(|format| json!({ "name": format.name, "contentType": format.content_type }))
            .collect::<Vec<_>>(),
    });
    match &stream.events {
        Some(events) => extension["events"] = events.clone().into(),
        None => extension["packet"] = stream.packet.clone(),
    }
    if let Some(result) = &stream.result {
        extension["result"] = result.clone();
    }
    if let Some(query) = formats.query {
        extension["formatQuery"] = query.into();
    }
    if let Some(resumable) = resumable {
        let path = super::describe::plain_path(action.path);
        let path = path.trim_end_matches('/');
        let key = match resumable.key {
            KeyIn::Header => "header",
            KeyIn::Url => "url",
            KeyIn::Off => "off",
        };
        extension["resumable"] = json!({ "run": format!("{path}/runs/{{run}}"), "key": key });
        if resumable.name.is_some() {
            extension["resumable"]["open"] = format!("{path}/stream").into();
        }
    }
    extension
}

/// The schemas that every document has.
pub(super) fn own_schemas() -> Map<String, Value> {
    let schemas = json!({
        "OutflowEvent": {
            "description": "A server-sent event, after parsing (WHATWG HTML, section 9.2).",
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": { "type": "string" },
                "event": { "type": "string" },
                "id": { "type": "string" },
                "retry": { "type": "integer", "minimum": 0 },
            },
        },
        "Problem": {
            "description": "A problem document (RFC 9457).",
            "type": "object",
            "required": ["type", "title", "status"],
            "additionalProperties": true,
            "properties": {
                "type": { "description": "The kind of problem. `about:blank` if it has none of its own.", "type": "string", "format": "uri-reference" },
                "title": { "description": "The kind of problem in words.", "type": "string" },
                "status": { "type": "integer", "minimum": 400, "maximum": 599 },
                "detail": { "description": "This problem in words.", "type": "string" },
                "instance": { "type": "string", "format": "uri-reference" },
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}
