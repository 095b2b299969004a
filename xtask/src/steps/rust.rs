//! The steps that are one cargo command each, or a few.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::{cargo, metadata};
use crate::command;
use crate::needs::{self, CADDY, HAPROXY, NGINX, REDIS};

pub(crate) fn fmt() -> Result<()> {
    command::run(&mut cargo("fmt --all --check"))?;
    command::run(&mut cargo("fmt --all --check --manifest-path benches/Cargo.toml"))
}

pub(crate) fn clippy() -> Result<()> {
    warning_free("--workspace --all-targets --all-features")
}

pub(crate) fn unit() -> Result<()> {
    needs::provide(&[NGINX, HAPROXY, CADDY, REDIS])?;
    command::run(&mut test("--lib --bins --tests --examples"))
}

/// The tests that `unit` names as ignored.
pub(crate) fn slow() -> Result<()> {
    needs::provide(&[REDIS])?;
    command::run(&mut test("--lib --bins --tests --examples -- --ignored"))
}

pub(crate) fn doc_tests() -> Result<()> {
    command::run(&mut test("--doc"))
}

/// The same choice of packages for both steps: another one would give shared dependencies other features, and with them
/// another build.
fn test(targets: &str) -> Command {
    cargo(&format!("test --workspace --exclude outflow-ui-tests --all-features {targets}"))
}

pub(crate) fn ui() -> Result<()> {
    command::run(&mut cargo("test --package outflow-ui-tests"))
}

pub(crate) fn docs() -> Result<()> {
    command::run(cargo("doc --workspace --all-features --no-deps").env("RUSTDOCFLAGS", "-D warnings"))
}

pub(crate) fn features() -> Result<()> {
    warning_free("--package outflow-macros")?;
    warning_free("--package outflow --no-default-features")?;
    let metadata = metadata()?;
    let outflow = metadata
        .packages
        .iter()
        .find(|package| package.name == "outflow")
        .context("the workspace has no package `outflow`")?;
    for feature in outflow.features.keys() {
        warning_free(&format!("--package outflow --no-default-features --features {feature}"))?;
    }
    Ok(())
}

/// Clippy and not `cargo check`: it takes `-D warnings` for our own packages alone, where `RUSTFLAGS` would have every
/// dependency built again.
fn warning_free(words: &str) -> Result<()> {
    command::run(&mut cargo(&format!("clippy {words} -- -D warnings")))
}
