//! The types that are written for the client. The tests of the client compile them with the packets beside them.

use outflow::openapi::Document;
use serde_json::{Value, json};

use super::{packets, shapes};

#[test]
fn the_types_of_every_shape_are_those_that_the_client_is_tested_with() {
    let mut shapes = shapes::all();
    let document = shapes.document();
    Document::from(document.clone()).typescript().keep(packets::file("shapes.d.ts"));
    packets::keep("shapes.json", &format!("{:#}\n", packets::sorted(document["components"]["schemas"].clone())));
    packets::keep("packets.ts", &shapes.program());
}

#[test]
fn the_calls_that_the_client_is_tested_with_are_those_of_these_actions() {
    Document::from(actions()).typescript().keep(packets::file("actions.d.ts"));
}

/// One action for each way in which a call depends on its route.
fn actions() -> Value {
    let token = json!({ "$ref": "#/components/schemas/Token" });
    let usage = json!({ "$ref": "#/components/schemas/Usage" });
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    let integer = json!({ "type": "integer" });
    let sent = |media: &str| json!({ "required": true, "content": { media: {} } });
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": integer });
    json!({
        "openapi": "3.2.0",
        "paths": {
            "/chat/answer": { "post": {
                "summary": "Answers a question.",
                "description": "As a model does.",
                "requestBody": { "required": true, "content": { "application/json": { "schema": {
                    "type": "object",
                    "properties": { "question": { "type": "string" } },
                    "required": ["question"],
                } } } },
                "x-outflow": { "packet": token, "result": usage, "failure": problem },
            } },
            "/items/{id}": {
                "parameters": [id],
                "get": {
                    "parameters": [
                        { "name": "after", "in": "query", "schema": integer },
                        { "name": "word", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
                        { "name": "x-trace", "in": "header", "schema": { "type": "string" } },
                    ],
                    "x-outflow": { "packet": token, "failure": problem },
                },
                "delete": { "x-outflow": { "packet": { "type": "string" }, "result": integer, "failure": problem } },
            },
            "/search": { "get": {
                "parameters": [{ "name": "words", "in": "query", "required": true, "schema": { "type": "string" } }],
                "x-outflow": { "packet": {}, "failure": problem },
            } },
            "/work": { "post": { "deprecated": true, "x-outflow": { "packet": integer, "failure": problem } } },
            "/upload": { "post": { "requestBody": sent("multipart/form-data"), "x-outflow": { "packet": integer } } },
            "/form": { "post": {
                "requestBody": sent("application/x-www-form-urlencoded"),
                "x-outflow": { "packet": integer },
            } },
            "/text": { "post": { "requestBody": sent("text/plain"), "x-outflow": { "packet": integer } } },
            "/bytes": { "put": { "requestBody": sent("application/octet-stream"), "x-outflow": { "packet": integer } } },
            "/maybe": { "post": {
                "requestBody": { "content": { "application/json": { "schema": integer } } },
                "x-outflow": { "packet": integer },
            } },
            "/updates": { "get": { "x-outflow": { "events": { "token": token, "usage": usage }, "failure": problem } } },
            "/plain": { "get": { "responses": {} } },
        },
        "components": { "schemas": {
            "Token": { "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"] },
            "Usage": { "type": "object", "properties": { "tokens": integer }, "required": ["tokens"] },
            "Unused": integer,
            "Problem": {
                "type": "object",
                "properties": {
                    "type": { "type": "string" },
                    "title": { "type": "string" },
                    "status": integer,
                    "detail": { "type": "string" },
                },
                "required": ["type", "title", "status"],
                "additionalProperties": true,
            },
        } },
    })
}
