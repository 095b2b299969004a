//! The routes of a resumable action's runs.

use serde_json::{Value, json};

use super::{
    description::{own, path_parameters},
    stream::problem_response,
};
use crate::options::{KeyIn, Options, Resumable};

/// The path of a run, whose name no parameter of the action has.
pub(super) fn path(action: &str) -> String {
    format!("{}/runs/{{{}}}", action.trim_end_matches('/'), parameter(action))
}

fn parameter(action: &str) -> &'static str {
    if path_parameters(action).any(|name| name == "run") { "__run" } else { "run" }
}

pub(super) fn key_name(key: KeyIn) -> &'static str {
    match key {
        KeyIn::Header => "header",
        KeyIn::Url => "url",
        KeyIn::Off => "off",
    }
}

/// The parameters of the request that starts a run.
pub(super) fn starting_parameters(resumable: &Resumable) -> Vec<Value> {
    let mut parameters = vec![header(
        "Idempotency-Key",
        "The key of the run, from 22 to 255 characters, made of 128 random bits: who knows it may follow the run, so it \
         is a secret. A second request with it finds the run that the first one has started.",
        json!({ "type": "string", "minLength": 22, "maxLength": 255 }),
    )];
    if resumable.key == KeyIn::Url {
        parameters.push(key_in_url());
    }
    parameters.extend(cursor());
    parameters
}

/// The headers of a response that carries a run.
pub(super) fn headers() -> Value {
    json!({
        "Location": {
            "description": "The run, relative to the request.",
            "schema": { "type": "string", "format": "uri-reference" },
        },
        "Run-Key": {
            "description": "The key of the run, where the server made it. It is a secret.",
            "schema": { "type": "string" },
        },
    })
}

/// `GET` and `DELETE` on a run.
pub(super) fn path_item(
    tag: &str,
    [follow, cancel]: [String; 2],
    mut parameters: Vec<Value>,
    options: &Options,
    resumable: &Resumable,
    responses: &Value,
    extension: &Value,
) -> Value {
    let name = extension["resumable"]["run"].as_str().unwrap_or_default();
    let name = if name.ends_with("{__run}") { "__run" } else { "run" };
    parameters.push(json!({
        "name": name, "in": "path", "required": true, "description": "The name of the run.",
        "schema": { "type": "string" },
    }));
    match resumable.key {
        KeyIn::Off => {}
        KeyIn::Header => parameters.push(run_key()),
        KeyIn::Url => parameters.extend([run_key(), key_in_url()]),
    }
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": { "application/problem+json": { "schema": own("Problem") } },
        })
    };
    let mut followed = parameters.clone();
    followed.extend(cursor());
    if let Some(query) = options.formats.query {
        let names: Vec<_> = options.formats.formats.iter().map(|format| format.name).collect();
        followed.push(json!({
            "name": query, "in": "query", "required": false, "description": "The format of the answer.",
            "schema": { "type": "string", "enum": names },
        }));
    }
    let mut content = responses["200"].clone();
    content["description"] = "The packets of the run after the client's number, and its end.".into();
    if let Some(response) = content.as_object_mut() {
        response.remove("headers");
    }
    json!({
        "get": {
            "operationId": follow,
            "tags": [tag],
            "summary": "Follows a run.",
            "parameters": followed,
            "responses": {
                "200": content,
                "204": { "description": "The client has seen the end." },
                "404": problem("There is no such run, or it belongs to another client."),
                "406": responses["406"],
                "409": problem("The client's number is larger than any in the log."),
                "410": problem("Packets that the client has not seen have been dropped."),
                "default": problem_response(),
            },
        },
        "delete": {
            "operationId": cancel,
            "tags": [tag],
            "summary": "Cancels a run.",
            "parameters": parameters,
            "responses": {
                "202": { "description": "The run will end." },
                "204": { "description": "The run had ended before." },
                "404": problem("There is no such run, or it belongs to another client."),
                "default": problem_response(),
            },
        },
    })
}

fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}

fn run_key() -> Value {
    header("Run-Key", "The key of the run.", json!({ "type": "string", "minLength": 22, "maxLength": 255 }))
}

fn key_in_url() -> Value {
    json!({
        "name": "key", "in": "query", "required": false,
        "description": "The key of the run, for clients that can send no header.",
        "schema": { "type": "string", "minLength": 22, "maxLength": 255 },
    })
}

/// The last packet that the client has.
fn cursor() -> [Value; 2] {
    let schema = json!({ "type": "integer", "minimum": 0 });
    let what = "The number of the last packet that the client has.";
    [
        header("Last-Event-ID", what, schema.clone()),
        json!({ "name": "after", "in": "query", "required": false, "description": what, "schema": schema }),
    ]
}
