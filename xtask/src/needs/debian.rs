//! Installs Debian packages, where that is possible.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::program::on_path;
use crate::command;

/// Installs the packages, or says how to do it by hand.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {names}");
    if on_path("apt-get").is_none() {
        bail!(
            "missing: {names}. There is no apt-get here to do `{by_hand}`; install the like of it, then run this again"
        );
    }
    if !is_root()? {
        bail!("missing: {names}. Run `{by_hand}` as root, then run this again");
    }
    update()
        .and_then(|()| command::run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages)))
        .with_context(|| format!("cannot install {names}; do it by hand, then run this again"))
}

/// Fetches the lists of packages.
pub(crate) fn update() -> Result<()> {
    if on_path("apt-get").is_none() {
        bail!("there is no apt-get here");
    }
    if !is_root()? {
        bail!("only root may run `apt-get update`");
    }
    command::run(apt_get().arg("update"))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // Another apt-get may be at work, on a fresh machine above all.
    command.args(["-o", "DPkg::Lock::Timeout=300"]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> Result<bool> {
    let id = command::read(Command::new("id").arg("-u"))?;
    Ok(id.trim() == "0")
}
