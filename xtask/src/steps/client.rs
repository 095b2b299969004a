//! The JavaScript client: `npm run check` (format, types, package, size), its tests, and whether the committed script is
//! the one that its sources give.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::needs::{self, NODE, NPM};
use crate::npm::CLIENT;

/// The classic script with all modules. It is committed because `cargo build` must not need Node.
const SCRIPT: &str = "outflow.full.js";

pub(crate) fn run() -> Result<()> {
    needs::provide(&[NODE, NPM])?;
    CLIENT.install()?;
    for script in ["run check", "test"] {
        command::run(&mut CLIENT.npm(script))?;
    }
    drift()
}

/// Builds the script in place, because only the package knows how, and puts the committed one back: a check leaves the
/// files as they were.
fn drift() -> Result<()> {
    let path = CLIENT.dir().join(SCRIPT);
    let read = || fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()));
    let committed = read()?;
    let outcome = command::run(&mut CLIENT.npm("run build"));
    let built = read();
    fs::write(&path, &committed).with_context(|| format!("cannot write `{}`", path.display()))?;
    outcome?;
    ensure!(
        built? == committed,
        "`{SCRIPT}` of the client is not what its sources give; \
         run `npm run build` in `runtime/client` and commit the result",
    );
    Ok(())
}
