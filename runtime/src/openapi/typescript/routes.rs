//! The operations of a document as the interface `DeclaredRoutes`.

use serde_json::Value;

use super::{
    doc,
    schema::Schemas,
    ty::{Member, Object, Ty},
};

/// In the order in which a path's methods are listed.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// The members of `DeclaredRoutes`: every path that streams.
pub(super) fn of<'d>(document: &'d Value, schemas: &mut Schemas<'d>) -> Object {
    let prefix = prefix(document);
    let paths = document.get("paths").and_then(Value::as_object);
    let mut members = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        let mut methods = Vec::new();
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let Some(streams) = operation.get("x-outflow") else { continue };
            let ty = route(document, item, operation, streams, schemas);
            methods.push(member(&method.to_uppercase(), Ty::Object(ty), operation_doc(operation)));
        }
        if !methods.is_empty() {
            let object = Object { members: methods, rest: None };
            members.push(member(&format!("{prefix}{path}"), Ty::Object(object), Vec::new()));
        }
    }
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Object { members, rest: None }
}

/// The path at which the server has all others, where the document says so.
fn prefix(document: &Value) -> &str {
    let url = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    if url.starts_with('/') { url.trim_end_matches('/') } else { "" }
}

fn route<'d>(
    document: &'d Value,
    item: &'d Value,
    operation: &'d Value,
    streams: &'d Value,
    schemas: &mut Schemas<'d>,
) -> Object {
    let mut members = Vec::new();
    for (place, name) in [("path", "params"), ("query", "query")] {
        let object = parameters(document, item, operation, place, schemas);
        if !object.members.is_empty() {
            let is_optional = object.members.iter().all(|member| member.is_optional);
            members.push(Member { is_optional, ..member(name, Ty::Object(object), Vec::new()) });
        }
    }
    members.extend(body(document, operation, schemas));
    match streams.get("events").and_then(Value::as_object) {
        Some(events) => {
            let mut events: Vec<_> =
                events.iter().map(|(name, schema)| member(name, schemas.ty(schema), doc::of(schema))).collect();
            events.sort_by(|one, other| one.name.cmp(&other.name));
            let packet = Ty::union_of(events.iter().map(|event| event.ty.clone()));
            members.push(member("events", Ty::Object(Object { members: events, rest: None }), Vec::new()));
            members.push(member("packet", packet, Vec::new()));
        }
        None => members.push(schema_member("packet", streams.get("packet"), Ty::Unknown, schemas)),
    }
    members.push(schema_member("result", streams.get("result"), Ty::word("undefined"), schemas));
    members.push(schema_member("failure", streams.get("failure"), Ty::Unknown, schemas));
    Object { members, rest: None }
}

fn member(name: &str, ty: Ty, doc: Vec<String>) -> Member {
    Member { name: name.to_owned(), is_optional: false, ty, doc }
}

fn schema_member<'d>(name: &str, schema: Option<&'d Value>, otherwise: Ty, schemas: &mut Schemas<'d>) -> Member {
    match schema {
        Some(schema) => member(name, schemas.ty(schema), doc::of(schema)),
        None => member(name, otherwise, Vec::new()),
    }
}

/// The parameters in this place. Those of the operation win over those of its path.
fn parameters<'d>(
    document: &'d Value,
    item: &'d Value,
    operation: &'d Value,
    place: &str,
    schemas: &mut Schemas<'d>,
) -> Object {
    let mut members: Vec<Member> = Vec::new();
    let lists = [operation, item].into_iter().filter_map(|holder| holder.get("parameters").and_then(Value::as_array));
    for parameter in lists.flatten().map(|parameter| resolved(document, parameter)) {
        let get = |name| parameter.get(name).and_then(Value::as_str);
        let (Some(name), Some(at)) = (get("name"), get("in")) else { continue };
        if at != place || members.iter().any(|member| member.name == name) {
            continue;
        }
        let schema = parameter.get("schema");
        let mut doc = schema.map(doc::of).unwrap_or_default();
        if let Some(text) = get("description").filter(|text| !doc.iter().any(|line| line == text)) {
            doc.insert(0, text.to_owned());
        }
        let is_optional = place != "path" && parameter.get("required") != Some(&Value::Bool(true));
        members.push(Member { is_optional, doc, ..schema_member(name, schema, Ty::Unknown, schemas) });
    }
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Object { members, rest: None }
}

/// The option that carries the body: `json`, or else `body`.
fn body<'d>(document: &'d Value, operation: &'d Value, schemas: &mut Schemas<'d>) -> Option<Member> {
    let request = resolved(document, operation.get("requestBody")?);
    let content = request.get("content")?.as_object()?;
    let is_json = |media: &str| media == "application/json" || media.ends_with("+json");
    let mut doc: Vec<_> = request.get("description").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    let (name, ty) = match content.iter().find(|(media, _)| is_json(media)) {
        Some((_, media)) => {
            let schema = media.get("schema");
            if doc.is_empty() {
                doc = schema.map(doc::of).unwrap_or_default();
            }
            ("json", schema.map_or(Ty::Unknown, |schema| schemas.ty(schema)))
        }
        None => ("body", Ty::union_of(content.keys().map(|media| body_type(media)))),
    };
    let is_optional = request.get("required") != Some(&Value::Bool(true));
    Some(Member { is_optional, ..member(name, ty, doc) })
}

fn body_type(media: &str) -> Ty {
    Ty::word(match media {
        "multipart/form-data" => "FormData",
        "application/x-www-form-urlencoded" => "URLSearchParams",
        media if media.starts_with("text/") => "string",
        _ => "NonNullable<RequestInit['body']>",
    })
}

/// The value that a reference into the document stands for.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn operation_doc(operation: &Value) -> Vec<String> {
    let get = |name| operation.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let texts: Vec<_> = ["summary", "description"].into_iter().filter_map(get).collect();
    let mut doc = Vec::new();
    if !texts.is_empty() {
        doc.push(texts.join("\n\n"));
    }
    if operation.get("deprecated") == Some(&Value::Bool(true)) {
        doc.push("@deprecated".to_owned());
    }
    doc
}
