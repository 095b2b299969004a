//! The end-to-end tests: the examples and the servers for tests, built with the features that users get, the client in a
//! real browser, and the clients of AI front ends.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::build;
use crate::command;
use crate::needs::{self, CHROMIUM, NGINX, NODE, NPM, REDIS};
use crate::npm::{BROWSER, CHAT_PAGES};

pub(crate) fn run() -> Result<()> {
    needs::provide(&[NODE, NPM, CHROMIUM, NGINX, REDIS])?;
    BROWSER.install()?;
    CHAT_PAGES.install()?;
    command::run(&mut CHAT_PAGES.npm("run build"))?;
    let packages = "--package outflow-counter --package outflow-examples --package outflow-tests";
    let servers = "--bin answers --bin api --bin fixture";
    let programs = build(&format!("{packages} --features outflow-examples/redis --examples {servers}"))?;
    let program = |name| programs.get(name).with_context(|| format!("cargo built no program `{name}`"));

    // A test that hangs must not take the whole run with it.
    command::run(
        Command::new("node")
            .args(["--test", "--test-timeout=120000"])
            .args(BROWSER.tests()?)
            .current_dir(BROWSER.dir())
            .env("CHROMIUM", CHROMIUM.path()?)
            .env("OUTFLOW_ANSWERS", program("answers")?)
            .env("OUTFLOW_API", program("api")?)
            .env("OUTFLOW_BOARD", program("board")?)
            .env("OUTFLOW_CHAT", program("chat")?)
            .env("OUTFLOW_COUNTER", program("counter")?)
            .env("OUTFLOW_FIXTURE", program("fixture")?)
            .env("OUTFLOW_JOBS", program("jobs")?)
            .env("OUTFLOW_SHOP", program("shop")?)
            .env("OUTFLOW_TLS", program("tls")?)
            .env("OUTFLOW_UPLOAD", program("upload")?),
    )
}
