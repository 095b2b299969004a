//! What is measured, by name: `cargo xtask bench [scenario]`.

mod burst;
mod compile;
mod memory;
mod short;
mod sparse;

use anyhow::Result;

/// A scenario by name.
pub type Scenario = (&'static str, fn() -> Result<()>);

/// Every scenario.
pub const SCENARIOS: [Scenario; 5] = [
    ("burst", burst::run),
    ("sparse", sparse::run),
    ("memory", memory::run),
    ("short", short::run),
    ("compile", compile::run),
];
