//! The tests of behaviour that differs between browsers, in browsers other than Chromium. If one can't be installed, the
//! step says so and goes on.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::build;
use crate::command;
use crate::needs::{self, FIREFOX, NODE, NPM, Program, WEBKIT, XVFB};
use crate::npm::BROWSER;

/// A browser as the tests name it, and what it needs.
const ENGINES: [(&str, &[Program]); 2] = [("firefox", &[FIREFOX]), ("webkit", &[WEBKIT, XVFB])];

pub(crate) fn run() -> Result<()> {
    needs::provide(&[NODE, NPM])?;
    BROWSER.install()?;
    let programs = build("--package outflow-tests --bin fixture")?;
    let fixture = programs.get("fixture").context("cargo built no program `fixture`")?;
    for (engine, programs) in ENGINES {
        if let Err(error) = needs::provide(programs) {
            println!("NOT TESTED in {engine}, which can't be had here: {error:#}");
            continue;
        }
        command::run(
            Command::new("node")
                .args(["--test", "--test-timeout=120000", "engines.test.mjs"])
                .current_dir(BROWSER.dir())
                .env("BROWSER", engine)
                .env("OUTFLOW_FIXTURE", fixture),
        )?;
    }
    Ok(())
}
