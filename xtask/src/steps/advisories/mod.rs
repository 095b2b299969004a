//! Dependencies that must not be there: with a known vulnerability, from odd sources, in any version, or twice.
//!
//! cargo-deny knows the vulnerabilities. It takes minutes to compile, and the database of advisories comes from a host
//! of its own, so both are used where they can be had, and where not the run says so and goes on. The rest is checked
//! everywhere.

mod bans;

use std::process::Command;

use anyhow::{Result, bail};

use crate::cargo::{cargo, metadata};
use crate::command;
use crate::needs::on_path;

pub(crate) fn run() -> Result<()> {
    let metadata = metadata()?;
    let objections = bans::objections(&metadata);
    if !objections.is_empty() {
        bail!("these dependencies will not do\n  {}", objections.join("\n  "));
    }
    println!("{} packages: no wildcard, no source but the registry, no twin", metadata.packages.len());
    if on_path("cargo-deny").is_none() {
        println!(
            "NOT CHECKED for advisories: cargo-deny is not on the PATH. `cargo install --locked cargo-deny` brings it, \
             in some minutes"
        );
        return Ok(());
    }
    let deny = |words: &str| -> Command { cargo(&format!("deny --all-features {words}")) };
    command::run(&mut deny("check bans sources"))?;
    if let Err(error) = command::run(&mut deny("fetch db")) {
        println!("NOT CHECKED for advisories: the database of advisories can't be fetched here: {error:#}");
        return Ok(());
    }
    command::run(&mut deny("check advisories"))
}
