//! The document of the actions, with schemas of every kind that a form can be made from.

use serde_json::{Value, json};

#[allow(clippy::too_many_lines)]
pub fn document() -> Value {
    let formats = |names: &[&str]| -> Value {
        let types = [
            ("sse", "text/event-stream"),
            ("ndjson", "application/x-ndjson"),
            ("json", "application/json"),
            ("csv", "text/csv; charset=utf-8"),
        ];
        types
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(name, kind)| json!({ "name": name, "contentType": kind }))
            .collect()
    };
    let pace = json!([
        { "name": "count", "in": "query", "required": true, "schema": { "type": "integer", "format": "uint64", "minimum": 0, "default": 5 } },
        { "name": "pause_ms", "in": "query", "schema": { "type": "integer", "format": "uint64", "minimum": 0 } },
    ]);
    let failure = json!({ "$ref": "#/components/schemas/Problem" });
    let responses = json!({ "200": { "description": "The stream" } });
    json!({
        "openapi": "3.2.0",
        "info": { "title": "Kitchen <script>alert(1)</script>", "version": "2.1.0", "description": "Cooks while you *watch*. Each step is sent when it happens." },
        "servers": [{ "url": "/" }],
        "security": [],
        "tags": [{ "name": "Kitchen", "description": "All that is hot." }],
        "paths": {
            "/kitchen/cook": { "post": {
                "operationId": "kitchen_cook", "tags": ["Kitchen"],
                "summary": "Cooks a dish, step by step",
                "description": "Sends a packet for each step, and what is on the plates as the result. An order of `13` plates is refused.",
                "security": [{ "token": [] }],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } },
                "responses": responses,
                "x-outflow": {
                    "packet": { "$ref": "#/components/schemas/Step" },
                    "result": { "$ref": "#/components/schemas/Order" },
                    "failure": failure,
                    "formats": formats(&["sse", "ndjson", "json", "csv"]),
                },
            } },
            "/kitchen/orders": { "get": {
                "operationId": "kitchen_orders", "tags": ["Kitchen"],
                "summary": "Follows the orders",
                "parameters": pace,
                "responses": responses,
                "x-outflow": {
                    "events": { "opened": { "$ref": "#/components/schemas/Served" }, "served": { "$ref": "#/components/schemas/Served" } },
                    "failure": failure,
                    "formats": formats(&["sse", "ndjson"]),
                },
            } },
            "/kitchen/deliver": { "post": {
                "operationId": "kitchen_deliver", "tags": ["Deliveries"],
                "summary": "Takes a delivery",
                "requestBody": { "required": true, "content": {
                    "multipart/form-data": { "schema": { "type": "object", "properties": {
                        "goods": { "type": "string", "format": "binary" }, "note": { "type": "string" },
                    } } },
                    "text/plain": { "schema": { "type": "string" } },
                    "application/octet-stream": {},
                } },
                "responses": responses,
                "x-outflow": { "packet": {}, "result": {}, "failure": failure, "formats": formats(&["sse"]) },
            } },
            "/kitchen/roast": { "post": {
                "operationId": "kitchen_roast", "tags": ["Kitchen"],
                "summary": "Roasts, even while nobody looks",
                "parameters": [pace[0], pace[1], { "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" } }],
                "responses": responses,
                "x-outflow": {
                    "packet": { "type": "object", "properties": { "minute": { "type": "integer" } }, "required": ["minute"] },
                    "result": {}, "failure": failure, "formats": formats(&["sse", "ndjson"]),
                    "resumable": { "run": "/kitchen/roast/runs/{run}", "key": "header" },
                },
            } },
            "/kitchen/menu/{day}": { "get": {
                "operationId": "kitchen_menu", "tags": ["Menus"], "deprecated": true,
                "summary": "The menu of a day",
                "parameters": [{ "name": "day", "in": "path", "required": true, "schema": { "type": "string", "enum": ["monday", "tuesday", "a/b c"] } }],
                "responses": { "200": { "description": "The menu", "content": { "application/json": { "schema": {} } } } },
            } },
        },
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "from the chef" },
                "device": { "type": "apiKey", "in": "header", "name": "X-Device" },
            },
            "schemas": {
                "Order": {
                    "type": "object", "required": ["dish", "plates", "doneness", "hot"],
                    "properties": {
                        "dish": { "type": "string", "description": "What to cook." },
                        "plates": { "type": "integer", "format": "uint8", "minimum": 1, "maximum": 255, "default": 2 },
                        "doneness": { "$ref": "#/components/schemas/Doneness" },
                        "hot": { "type": "boolean" },
                        "burn": { "type": "boolean", "default": false, "description": "Makes it fail after the last step." },
                        "note": { "type": ["string", "null"] },
                        "number": { "type": "integer", "format": "uint64" },
                        "day": { "type": "string", "format": "date" },
                        "extras": { "type": "array", "items": { "$ref": "#/components/schemas/Extra" } },
                        "address": { "anyOf": [{ "$ref": "#/components/schemas/Address" }, { "type": "null" }] },
                        "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                    },
                },
                "Doneness": { "oneOf": [
                    { "type": "string", "const": "rare", "description": "Red within." },
                    { "type": "string", "enum": ["medium", "well"] },
                ] },
                "Extra": { "oneOf": [
                    { "type": "object", "required": ["kind", "ml"], "properties": { "kind": { "const": "sauce" }, "ml": { "type": "number" } } },
                    { "type": "object", "required": ["kind", "inner"], "properties": { "kind": { "const": "set" }, "inner": { "type": "array", "items": { "$ref": "#/components/schemas/Extra" } } } },
                ] },
                "Address": { "type": "object", "required": ["street"], "properties": { "street": { "type": "string" }, "floor": { "type": ["integer", "null"] } } },
                "Step": { "type": "object", "required": ["number", "step", "dish"], "properties": { "number": { "type": "integer", "format": "uint8" }, "step": { "type": "string" }, "dish": { "type": "string" } } },
                "Served": { "type": "object", "required": ["order"], "properties": { "order": { "type": "integer" } } },
                "Problem": { "type": "object", "properties": { "title": { "type": "string" }, "status": { "type": "integer" }, "detail": { "type": "string" } } },
            },
        },
    })
}
