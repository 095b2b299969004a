//! The numbers: `cargo xtask bench [scenario]`. Each scenario measures Outflow and its peers in one run, side by side,
//! and prints ratios: the machines this runs on are shared, so seconds mean little and ratios something.

mod compile;

use anyhow::{Result, bail};

/// A scenario by name.
type Scenario = (&'static str, fn() -> Result<()>);

const SCENARIOS: &[Scenario] = &[("compile", compile::run)];

fn main() -> Result<()> {
    match std::env::args().nth(1) {
        None => SCENARIOS.iter().try_for_each(|(_, run)| run()),
        Some(name) => match SCENARIOS.iter().find(|(known, _)| *known == name) {
            Some((_, run)) => run(),
            None => {
                let known: Vec<_> = SCENARIOS.iter().map(|(name, _)| *name).collect();
                bail!("there is no scenario `{name}`\nhelp: there is {}", known.join(", "))
            }
        },
    }
}
