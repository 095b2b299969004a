//! The library crates compile with the oldest Rust that they promise, where that Rust can be had.
//!
//! Clippy's `incompatible_msrv` looks at the standard library's APIs in any case; only a compiler of that version knows
//! its language, and only its cargo reads the manifests as a user's does.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::{metadata, root};
use crate::command;
use crate::needs::{debian, on_path};

/// The programs of Debian's packages. A rustup that is first on the PATH stays the one that is used elsewhere.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Features whose dependencies promise less, and since which Rust they are checked.
const NEWER: [(&str, &str); 1] = [("redis", "1.88")];

pub(crate) fn run() -> Result<()> {
    let metadata = metadata()?;
    let outflow = metadata
        .packages
        .iter()
        .find(|package| package.name == "outflow")
        .context("the workspace has no package `outflow`")?;
    let oldest = outflow.rust_version.as_deref().context("`outflow` promises no `rust-version`")?;
    let is_newer = |feature: &str| NEWER.iter().any(|(newer, _)| *newer == feature);
    let features: Vec<_> = outflow.features.keys().map(String::as_str).filter(|name| !is_newer(name)).collect();
    check(oldest, &features)?;
    NEWER.iter().try_for_each(|(feature, version)| check(version, &[*feature]))
}

/// Checks the crates with these features in this version of Rust, or says why not.
fn check(version: &str, features: &[&str]) -> Result<()> {
    let mut command = match toolchain(version) {
        Ok(command) => command,
        Err(error) => {
            println!("NOT CHECKED with Rust {version} ({}), which can't be had here: {error:#}", features.join(", "));
            return Ok(());
        }
    };
    let features: Vec<_> = features.iter().map(|feature| format!("outflow/{feature}")).collect();
    command.current_dir(root());
    command.args(["check", "--locked", "--package", "outflow-macros", "--package", "outflow", "--features"]);
    // In the usual folder, what one compiler has built the other would build again.
    command.arg(features.join(",")).args(["--target-dir", "target/msrv"]);
    command::run(&mut command)
}

/// The cargo of this version of Rust: rustup's, or else Debian's.
fn toolchain(version: &str) -> Result<Command> {
    if on_path("rustup").is_some() {
        let list = command::read(Command::new("rustup").args(["toolchain", "list"]))?;
        if let Some(toolchain) = listed(&list, version) {
            let mut command = Command::new("rustup");
            command.args(["run", toolchain, "cargo"]);
            return Ok(command);
        }
    }
    if !debian_is(version) {
        install(version).with_context(|| format!("`rustup toolchain install {version}.0` would bring it"))?;
    }
    let mut command = Command::new(DEBIAN_CARGO);
    command.env("RUSTC", DEBIAN_RUSTC);
    Ok(command)
}

/// The toolchain of this version in rustup's list.
fn listed<'a>(list: &'a str, version: &str) -> Option<&'a str> {
    let mut names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.find(|name| name.strip_prefix(version).is_some_and(|rest| rest.starts_with(['.', '-'])))
}

/// Returns whether Debian's rustc is there and of this version.
fn debian_is(version: &str) -> bool {
    let printed = Path::new(DEBIAN_RUSTC).is_file().then(|| command::read(Command::new(DEBIAN_RUSTC).arg("--version")));
    printed.and_then(Result::ok).is_some_and(|printed| printed.starts_with(&format!("rustc {version}.")))
}

/// Installs Debian's package of this version, if there is one.
fn install(version: &str) -> Result<()> {
    debian::update()?;
    let listed = command::read(Command::new("apt-cache").args(["madison", "rustc", "rustc-web"]))?;
    let Some(packages) = packages(&listed, version) else { bail!("no package of Debian has it") };
    debian::install(&packages.each_ref().map(String::as_str))
}

/// The packages that make up a toolchain of this version, of those that `apt-cache madison` lists as
/// `rustc-web | 1.85.0+dfsg3-1~deb12u3 | …`. Each names its version, because apt would take the newest of the others.
fn packages(listed: &str, version: &str) -> Option<[String; 4]> {
    let (name, full) = listed.lines().find_map(|line| {
        let mut columns = line.split('|').map(str::trim);
        let (name, full) = (columns.next()?, columns.next()?);
        full.starts_with(&format!("{version}.")).then_some((name, full))
    })?;
    // Browsers need newer compilers than a stable Debian has, so there is a second family of packages.
    let family = name.strip_prefix("rustc")?;
    let names = [
        format!("rustc{family}"),
        format!("cargo{family}"),
        format!("libstd-rust{family}-dev"),
        format!("libstd-rust{family}-{version}"),
    ];
    Some(names.map(|name| format!("{name}={full}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchains_are_found_in_the_list() {
        let list = "stable-x86_64-unknown-linux-gnu (default)\n1.85.1-x86_64-unknown-linux-gnu\n1.9-x86_64\n";
        assert_eq!(listed(list, "1.85"), Some("1.85.1-x86_64-unknown-linux-gnu"));
        assert_eq!(listed(list, "1.8"), None);
        assert_eq!(listed(list, "1.9"), Some("1.9-x86_64"));
    }

    #[test]
    fn packages_of_one_version_are_asked_for() {
        let listed = " rustc | 1.63.0+dfsg1-2 | a main\n rustc-web | 1.96.0+dfsg1-1 | b main\n \
                      rustc-web | 1.85.0+dfsg3-1 | c main\n";
        let wanted = [
            "rustc-web=1.85.0+dfsg3-1",
            "cargo-web=1.85.0+dfsg3-1",
            "libstd-rust-web-dev=1.85.0+dfsg3-1",
            "libstd-rust-web-1.85=1.85.0+dfsg3-1",
        ];
        assert_eq!(packages(listed, "1.85").unwrap(), wanted);
        assert_eq!(packages(listed, "1.63").unwrap()[2], "libstd-rust-dev=1.63.0+dfsg1-2");
        assert_eq!(packages(listed, "1.88"), None);
    }
}
