//! The checks and the numbers of this repository as one program: `cargo xtask test`, `cargo xtask bench`.
//!
//! A program instead of scripts, so that a contributor needs nothing but cargo to start it: it finds or installs the rest.

mod args;
mod cargo;
mod command;
mod nearest;
mod needs;
mod npm;
mod python;
mod runner;
mod steps;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::Args;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The numbers of the server, and those of the client, which Node measures.
fn bench(scenarios: &[String]) -> Result<()> {
    let (client, server): (Vec<_>, Vec<_>) = scenarios.iter().partition(|scenario| *scenario == "client");
    if scenarios.is_empty() || !server.is_empty() {
        command::run(cargo::cargo("run --release --quiet --manifest-path benches/Cargo.toml --").args(server))?;
    }
    if scenarios.is_empty() || !client.is_empty() {
        needs::provide(&[needs::NODE, needs::NPM])?;
        npm::CLIENT.install()?;
        command::run(&mut npm::CLIENT.npm("run bench"))?;
    }
    Ok(())
}

fn run() -> Result<()> {
    match args::parse(lexopt::Parser::from_env())? {
        Args::Help => {
            print!("{}", args::help());
            Ok(())
        }
        Args::Test(steps) => runner::run(&steps),
        Args::Bench(scenarios) => bench(&scenarios),
    }
}
