//! The end-to-end tests: the examples and the servers for tests, built with the features that users get, the client in a
//! real browser, and the clients of AI front ends.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cargo::build;
use crate::command;
use crate::needs::{self, CHROMIUM, NGINX, NODE, NPM, REDIS};
use crate::npm::BROWSER;

pub(crate) fn run() -> Result<()> {
    needs::provide(&[NODE, NPM, CHROMIUM, NGINX, REDIS])?;
    BROWSER.install()?;
    let packages = "--package outflow-examples --package outflow-tests";
    let programs =
        build(&format!("{packages} --features outflow-examples/redis --examples --bin answers --bin fixture"))?;
    let program = |name| programs.get(name).with_context(|| format!("cargo built no program `{name}`"));

    // Node 20 takes no patterns and passes when it finds no test, so the files are named. A test that hangs must not
    // take the whole run with it.
    let tests = tests()?;
    command::run(
        Command::new("node")
            .args(["--test", "--test-timeout=120000"])
            .args(tests)
            .current_dir(BROWSER.dir())
            .env("CHROMIUM", CHROMIUM.path()?)
            .env("OUTFLOW_ANSWERS", program("answers")?)
            .env("OUTFLOW_CHAT", program("chat")?)
            .env("OUTFLOW_COUNTER", program("counter")?)
            .env("OUTFLOW_FIXTURE", program("fixture")?)
            .env("OUTFLOW_JOBS", program("jobs")?)
            .env("OUTFLOW_SHOP", program("shop")?)
            .env("OUTFLOW_TLS", program("tls")?)
            .env("OUTFLOW_UPLOAD", program("upload")?),
    )
}

/// The test files, in the order of their names.
fn tests() -> Result<Vec<PathBuf>> {
    let dir = BROWSER.dir();
    let read = || format!("cannot read `{}`", dir.display());
    let mut tests = Vec::new();
    for entry in fs::read_dir(&dir).with_context(read)? {
        let name = PathBuf::from(entry.with_context(read)?.file_name());
        let text = name.to_string_lossy();
        if text.ends_with(".test.js") || text.ends_with(".test.mjs") {
            tests.push(name);
        }
    }
    tests.sort();
    ensure!(!tests.is_empty(), "no `*.test.js` or `*.test.mjs` in `{}`", dir.display());
    Ok(tests)
}
