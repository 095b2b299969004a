//! Documents joined with others.

use outflow::openapi::{Data, of};
use serde_json::json;

use super::example::Chat;

#[test]
fn a_clash_names_its_key() {
    let theirs = json!({ "components": { "schemas": { "Token": { "type": "string" } } } });
    let error = Chat.openapi().merge(theirs).unwrap_err();
    assert!(error.to_string().contains("`components.schemas.Token`"), "{error}");
}

#[test]
fn others_paths_and_tags_are_added() {
    let theirs = json!({ "paths": { "/users": { "get": {} } }, "tags": [{ "name": "Users" }] });
    let document = Chat.openapi().merge(theirs).unwrap();
    assert!(document["paths"]["/users"]["get"].is_object());
    assert_eq!(document["tags"][1]["name"], "Users");
}

#[test]
fn one_document_of_a_controller_twice_has_each_id_once() {
    let document = of([&Chat, &Chat]);
    assert_eq!(document["tags"].as_array().unwrap().len(), 1);
}

#[test]
fn older_forms() {
    let document = Chat.openapi().v3_1().sse(Data::Object);
    let content = &document["paths"]["/chat/{room}/answer"]["post"]["responses"]["200"]["content"];
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(content["text/event-stream"]["schema"]["$ref"], "#/components/schemas/Token");
    assert!(content["text/event-stream"].get("itemSchema").is_none());

    let document = Chat.openapi().sse(Data::Object);
    let content = &document["paths"]["/chat/{room}/answer"]["post"]["responses"]["200"]["content"];
    let packet = &content["text/event-stream"]["itemSchema"]["oneOf"][0]["properties"]["data"];
    assert_eq!(packet["$ref"], "#/components/schemas/Token");
}
