//! What others make of it: validators, linters, generators and a tester of the documents that controllers print, and
//! clients in Python and a validator of the answers to AI front ends.

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
    let programs = build("--package outflow-tests --bin answers --bin documents")?;
    let program = |name| programs.get(name).with_context(|| format!("cargo built no program `{name}`"));
    let documents = root().join("target/documents");
    command::run(Command::new(program("documents")?).arg(&documents))?;

    command::run(
        Command::new("node")
            .args(["--test", "--test-timeout=120000"])
            .args(JUDGES.tests()?)
            .current_dir(JUDGES.dir())
            .env("OUTFLOW_DOCUMENTS", &documents)
            .env("OUTFLOW_ANSWERS", program("answers")?)
            .env("OUTFLOW_SERVER", program("documents")?)
            .env("PYTHON", python::program("python"))
            .env("SCHEMATHESIS", python::program("schemathesis"))
            // They call home otherwise.
            .env("REDOCLY_TELEMETRY", "off"),
    )
}
