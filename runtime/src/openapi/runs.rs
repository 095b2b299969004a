//! The paths of a resumable action's runs.

use serde_json::{Value, json};

use super::{
    describe::{Action, Writer},
    operation::{Operation, header, problem},
};
use crate::options::{KeyIn, Resumable};

pub(super) fn write(
    writer: &mut Writer,
    action: &Action,
    resumable: &Resumable,
    content: &Value,
    operation: &Operation,
) {
    let path = action.path.trim_end_matches('/');
    let of_path = operation.path_parameters(action.path);
    let mut of_run = of_path.clone();
    of_run.push(json!({ "name": "run", "in": "path", "required": true, "schema": { "type": "string" } }));
    match resumable.key {
        KeyIn::Header => of_run.push(key("Run-Key", "header", true)),
        KeyIn::Url => of_run.extend([key("Run-Key", "header", false), key("key", "query", false)]),
        KeyIn::Off => {}
    }
    let mut run = Run { writer, action, content, path: format!("{path}/runs/{{run}}"), parameters: of_run };
    run.follow("follow", "Follows a run.");
    run.look("state", "Tells the state of a run.");
    run.cancel("cancel", "Cancels a run.");
    if resumable.name.is_some() {
        run = Run { path: format!("{path}/stream"), parameters: of_path, ..run };
        run.follow("follow_open", "Follows the run that is open under the name.");
        run.look("state_open", "Tells the state of the run that is open under the name.");
        let id = json!({
            "name": "run", "in": "query", "required": false,
            "description": "The id of the run that is meant: a late request never hits the next one.",
            "schema": { "type": "string" },
        });
        run.parameters.push(id);
        run.cancel("cancel_open", "Cancels the run that is open under the name.");
    }
}

fn key(name: &str, place: &str, required: bool) -> Value {
    json!({
        "name": name, "in": place, "required": required,
        "description": "The key of the run. A secret.",
        "schema": { "type": "string" },
    })
}

/// One path of runs.
struct Run<'w> {
    writer: &'w mut Writer,
    action: &'w Action,
    /// The packets, the result and the failure in each format.
    content: &'w Value,
    path: String,
    parameters: Vec<Value>,
}

impl Run<'_> {
    fn add(&mut self, method: &str, id: &str, summary: &str, parameters: Vec<Value>, responses: Value) {
        let operation = json!({
            "operationId": format!("{}_{id}", self.action.id),
            "tags": [self.action.name.0],
            "summary": summary,
            "parameters": parameters,
            "responses": responses,
        });
        self.writer.add(&self.path, method, operation);
    }

    fn follow(&mut self, id: &str, summary: &str) {
        let mut parameters = self.parameters.clone();
        for (name, place) in [("Last-Event-ID", "header"), ("after", "query")] {
            parameters.push(json!({
                "name": name, "in": place, "required": false,
                "description": "The number of the last packet that the client has.",
                "schema": { "type": "integer", "minimum": 0 },
            }));
        }
        let responses = json!({
            "200": { "description": "The packets after that one.", "content": self.content },
            "204": { "description": "There is nothing after it." },
            "404": problem("There is no such run, or the client may not see it."),
            "410": problem("The packets after that one are no longer kept."),
            "default": problem("The failure."),
        });
        self.add("get", id, summary, parameters, responses);
    }

    fn look(&mut self, id: &str, summary: &str) {
        let mut state = header("`open`, `done`, `failed`, `cancelled` or `lost`.");
        state["schema"] = json!({ "type": "string", "enum": ["open", "done", "failed", "cancelled", "lost"] });
        let mut tail = header("The number of the last packet.");
        tail["schema"] = json!({ "type": "integer", "minimum": 0 });
        let responses = json!({
            "200": { "description": "The state.", "headers": { "Run-State": state, "Run-Tail": tail } },
            "204": { "description": "No run is open under the name." },
            "404": { "description": "There is no such run, or the client may not see it." },
        });
        self.add("head", id, summary, self.parameters.clone(), responses);
    }

    fn cancel(&mut self, id: &str, summary: &str) {
        let responses = json!({
            "202": { "description": "The run is being cancelled." },
            "204": { "description": "It had ended already." },
            "404": problem("There is no such run, or the client may not see it."),
            "default": problem("The failure."),
        });
        self.add("delete", id, summary, self.parameters.clone(), responses);
    }
}
