//! What is measured, by name: `cargo xtask bench [scenario]`.

mod burst;
mod compile;

use anyhow::Result;

/// A scenario by name.
pub type Scenario = (&'static str, fn() -> Result<()>);

/// Every scenario.
pub const SCENARIOS: [Scenario; 2] = [("burst", burst::run), ("compile", compile::run)];
