//! The Python packages of the judges, in a virtual environment of their own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::root;
use crate::command;
use crate::needs::PYTHON;

/// The packages, with their versions.
const REQUIREMENTS: &str = "tests/judges/requirements.txt";

fn environment() -> PathBuf {
    root().join("target/python")
}

/// A program of the environment.
pub(crate) fn program(name: &str) -> PathBuf {
    environment().join("bin").join(name)
}

/// Brings the environment up to the list of packages.
pub(crate) fn install() -> Result<()> {
    let list = root().join(REQUIREMENTS);
    let wanted = fs::read_to_string(&list).with_context(|| format!("cannot read `{REQUIREMENTS}`"))?;
    // Written last: an installation that broke off has none.
    let installed = environment().join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    command::run(Command::new(PYTHON.path()?).args(["-m", "venv", "--clear"]).arg(environment()))?;
    let mut pip = Command::new(program("pip"));
    command::run(pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(list))?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write `{}`", installed.display()))
}
