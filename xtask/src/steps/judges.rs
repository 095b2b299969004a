//! The documents that controllers print, before validators, linters, generators and a tester of others.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::{build, root};
use crate::command;
use crate::needs::{self, NODE, NPM, PYTHON};
use crate::npm::JUDGES;
use crate::python;

pub(crate) fn run() -> Result<()> {
    needs::provide(&[NODE, NPM, PYTHON])?;
    JUDGES.install()?;
    python::install()?;
    let programs = build("--package outflow-tests --bin documents")?;
    let program = programs.get("documents").context("cargo built no program `documents`")?;
    let documents = root().join("target/documents");
    command::run(Command::new(program).arg(&documents))?;

    command::run(
        Command::new("node")
            .args(["--test", "--test-timeout=120000"])
            .args(JUDGES.tests()?)
            .current_dir(JUDGES.dir())
            .env("OUTFLOW_DOCUMENTS", &documents)
            .env("OUTFLOW_SERVER", program)
            .env("PYTHON", python::program("python"))
            .env("SCHEMATHESIS", python::program("schemathesis"))
            // They call home otherwise.
            .env("REDOCLY_TELEMETRY", "off"),
    )
}
