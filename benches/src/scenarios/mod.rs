//! The scenarios by name: `cargo xtask bench [scenario]`.

mod allocations;
mod burst;
mod cargo_bench;
mod compile;
mod fair;
mod fan_out;
mod instructions;
mod memory;
mod proxy;
mod runs;
mod short;
mod sparse;

use anyhow::Result;

/// A scenario by name.
pub type Scenario = (&'static str, fn() -> Result<()>);

/// Every scenario.
pub const SCENARIOS: [Scenario; 11] = [
    ("burst", burst::run),
    ("sparse", sparse::run),
    ("memory", memory::run),
    ("short", short::run),
    ("fair", fair::run),
    ("fan-out", fan_out::run),
    ("runs", runs::run),
    ("proxy", proxy::run),
    ("allocations", allocations::run),
    ("instructions", instructions::run),
    ("compile", compile::run),
];
