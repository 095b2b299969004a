//! Programs that the steps need beside cargo, as data, and their installation.
//!
//! A step asks for its programs before it starts, so that it also works alone; the step `setup` asks for all of them at
//! once. A step whose program is missing installs it, or fails and says how to; the few steps that go on without one
//! print what they have not checked.

pub(crate) mod debian;
mod program;

use anyhow::{Result, ensure};

pub(crate) use self::program::{Program, on_path};

/// The runtime of the client's tests and tools.
pub(crate) const NODE: Program = Program { name: "node", variable: None, oldest: Some(20), package: "nodejs" };

pub(crate) const NPM: Program = Program { name: "npm", variable: None, oldest: None, package: "npm" };

/// The browser of the end-to-end tests.
pub(crate) const CHROMIUM: Program =
    Program { name: "chromium", variable: Some("CHROMIUM"), oldest: None, package: "chromium" };

/// Browsers that are tested if they can be installed.
pub(crate) const FIREFOX: Program =
    Program { name: "firefox-esr", variable: Some("FIREFOX"), oldest: None, package: "firefox-esr" };

pub(crate) const WEBKIT: Program =
    Program { name: "WebKitWebDriver", variable: Some("WEBKIT_DRIVER"), oldest: None, package: "webkit2gtk-driver" };

/// A screen for a browser that has no headless mode.
pub(crate) const XVFB: Program = Program { name: "Xvfb", variable: None, oldest: None, package: "xvfb" };

/// The proxy that streams are tested behind.
pub(crate) const NGINX: Program = Program { name: "nginx", variable: None, oldest: None, package: "nginx" };
pub(crate) const HAPROXY: Program = Program { name: "haproxy", variable: None, oldest: None, package: "haproxy" };
pub(crate) const CADDY: Program = Program { name: "caddy", variable: None, oldest: None, package: "caddy" };

/// The store of runs in the tests.
pub(crate) const REDIS: Program =
    Program { name: "redis-server", variable: None, oldest: None, package: "redis-server" };

/// The runtime of validators and testers of documents.
pub(crate) const PYTHON: Program =
    Program { name: "python3", variable: None, oldest: Some(3), package: "python3-venv" };

/// The programs that every run needs. The other browsers are provided by the step that uses them.
pub(crate) const ALL: [Program; 8] = [NODE, NPM, CHROMIUM, NGINX, HAPROXY, CADDY, REDIS, PYTHON];

/// Makes sure that all of these are there, and installs the missing ones.
pub(crate) fn provide(programs: &[Program]) -> Result<()> {
    let missing = missing(programs)?;
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|program| program.package).collect();
    debian::install(&packages)?;

    let missing = self::missing(&missing)?;
    let names: Vec<_> = missing.iter().map(|program| program.name).collect();
    ensure!(names.is_empty(), "still not on the PATH after its installation: {}", names.join(", "));
    Ok(())
}

fn missing(programs: &[Program]) -> Result<Vec<Program>> {
    let mut missing = Vec::new();
    for program in programs {
        if program.find()?.is_none() {
            missing.push(*program);
        }
    }
    Ok(missing)
}
