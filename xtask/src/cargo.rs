//! Cargo: calls of it, and its view of the workspace.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// `cargo` with these words, split at blanks.
pub(crate) fn cargo(words: &str) -> Command {
    // The cargo that started us, so that `cargo +toolchain xtask` holds for every step.
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(words.split_whitespace()).current_dir(root());
    command
}

/// The output of `cargo metadata`, as far as some step needs it.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// None for a folder of the workspace.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    #[serde(default)]
    pub(crate) features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) rust_version: Option<String>,
    /// The registries it may go to; empty for `publish = false`.
    pub(crate) publish: Option<Vec<String>>,
}

/// A line of a manifest.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) req: String,
    /// None for a folder of the workspace.
    pub(crate) source: Option<String>,
    /// `dev` or `build`.
    pub(crate) kind: Option<String>,
}

/// Every package that a build of the workspace can need: dependencies of all kinds, for all features and all platforms.
pub(crate) fn metadata() -> Result<Metadata> {
    let json = command::read(&mut cargo("metadata --format-version 1 --all-features"))?;
    serde_json::from_str(&json).context("cannot read what `cargo metadata` printed")
}

/// Runs `cargo build` with these words and gives the programs it made, by name.
///
/// Cargo is asked for their paths, because the folder they go to depends on the environment and on everybody's own
/// configuration.
pub(crate) fn build(words: &str) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo(&format!("build {words}"));
    command::announce(&command);
    command.arg("--message-format=json-render-diagnostics");
    Ok(programs(&command::read(&mut command)?))
}

/// The programs in cargo's messages, which are one JSON object a line.
fn programs(messages: &str) -> BTreeMap<String, PathBuf> {
    #[derive(Deserialize)]
    struct Artifact {
        target: Target,
        executable: PathBuf,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    messages
        .lines()
        // Most messages are of another shape: libraries, or the end.
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .map(|artifact| (artifact.target.name, artifact.executable))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("rust-toolchain.toml").is_file());
    }

    #[test]
    fn programs_are_found_among_the_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"x"},"executable":"/t/debug/x"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        let found = programs(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(found["x"], Path::new("/t/debug/x"));
    }
}
