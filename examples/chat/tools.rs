//! The tools of the example's own model.

use serde_json::{Value, json};

/// A tool that runs at once: the level of a river, as its gauge shows it.
pub const RIVER_LEVEL: &str = "river_level";
/// A tool that the person has to approve: water that has left can't be called back.
pub const OPEN_GATE: &str = "open_gate";

/// The output of a tool.
pub fn run(tool: &str) -> Result<Value, String> {
    match tool {
        RIVER_LEVEL => Ok(json!({ "metres": 2.4, "trend": "rising" })),
        OPEN_GATE => Ok(json!({ "state": "open" })),
        other => Err(format!("there is no tool `{other}`")),
    }
}
