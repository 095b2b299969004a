//! The npm packages of the repository: where they are, and their installation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::cargo::root;
use crate::command;

/// A folder with a `package.json` and a `package-lock.json`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NpmPackage(&'static str);

/// The client that browsers run.
pub(crate) const CLIENT: NpmPackage = NpmPackage("runtime/client");
/// The end-to-end tests.
pub(crate) const BROWSER: NpmPackage = NpmPackage("tests/browser");

/// The validators and generators of others.
pub(crate) const JUDGES: NpmPackage = NpmPackage("tests/judges");

pub(crate) const PACKAGES: [NpmPackage; 3] = [CLIENT, BROWSER, JUDGES];

impl NpmPackage {
    pub(crate) fn dir(self) -> PathBuf {
        root().join(self.0)
    }

    /// The lock file's path from the root, for messages.
    pub(crate) fn lock_file(self) -> PathBuf {
        Path::new(self.0).join("package-lock.json")
    }

    pub(crate) fn read_lock_file(self) -> Result<String> {
        let path = self.lock_file();
        fs::read_to_string(root().join(&path)).with_context(|| {
            let path = path.display();
            format!("cannot read `{path}`, which `npm install` makes and which is committed")
        })
    }

    /// `npm` with these words, split at blanks.
    pub(crate) fn npm(self, words: &str) -> Command {
        let mut command = Command::new("npm");
        command.args(words.split_whitespace()).current_dir(self.dir());
        command
    }

    /// The test files, in the order of their names. Node 20 takes no patterns and passes when it finds no test.
    pub(crate) fn tests(self) -> Result<Vec<PathBuf>> {
        let dir = self.dir();
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

    /// Brings `node_modules` up to the lock file.
    pub(crate) fn install(self) -> Result<()> {
        // npm writes this file last: an installation that broke off has none.
        let installed = modified(&self.dir().join("node_modules/.package-lock.json"));
        if installed.is_some() && installed >= modified(&root().join(self.lock_file())) {
            return Ok(());
        }
        // No package used here needs its install script, and what does not run can neither download anything nor do
        // harm.
        command::run(&mut self.npm("ci --ignore-scripts --no-audit --no-fund"))
    }
}

/// The time at which the file was last written, if it exists.
fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
