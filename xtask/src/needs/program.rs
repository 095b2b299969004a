//! One program: where it is, and whether it will do.

use std::env;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The environment variable that points at another one than the one on the PATH.
    pub(crate) variable: Option<&'static str>,
    /// The oldest major version that works, where that matters.
    pub(crate) oldest: Option<u32>,
    /// The Debian package that holds it.
    pub(crate) package: &'static str,
}

impl Program {
    /// Its path, or `None` if it has to be installed. An error if the one that is there is of no use, which installing
    /// would not change.
    pub(crate) fn find(self) -> Result<Option<PathBuf>> {
        let Some(path) = self.chosen()?.or_else(|| on_path(self.name)) else {
            return Ok(None);
        };
        if let Some(oldest) = self.oldest {
            let version = command::read(Command::new(&path).arg("--version"))?;
            require(self.name, &path, &version, oldest)?;
        }
        Ok(Some(path))
    }

    /// Its path, once it has been provided.
    pub(crate) fn path(self) -> Result<PathBuf> {
        self.find()?.with_context(|| format!("`{}` is not on the PATH", self.name))
    }

    /// The path in its environment variable, if that is set.
    fn chosen(self) -> Result<Option<PathBuf>> {
        let Some(variable) = self.variable else {
            return Ok(None);
        };
        let Some(path) = env::var_os(variable).map(PathBuf::from) else {
            return Ok(None);
        };
        ensure!(
            path.is_file(),
            "{variable} is `{}`, and there is no such file; correct it, or unset it \
             to have `{}` looked for on the PATH",
            path.display(),
            self.name,
        );
        // Programs run in folders of their own.
        Ok(Some(path::absolute(path)?))
    }
}

/// Debian's folders of programs that only root has on the PATH, though anybody may run them.
const FOR_ROOT: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];

pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let dirs = env::split_paths(&path).chain(FOR_ROOT.map(PathBuf::from));
    dirs.map(|dir| dir.join(name)).find(|file| file.is_file())
}

fn require(name: &str, path: &Path, version: &str, oldest: u32) -> Result<()> {
    let version = version.trim();
    let Some(major) = major(version) else {
        bail!("`{name} --version` printed `{version}`, which is no version");
    };
    ensure!(
        major >= oldest,
        "`{name}` is {version} (`{}`), but the checks need {oldest} or newer; \
         install a newer one and put it first on the PATH",
        path.display(),
    );
    Ok(())
}

/// The first number of the first word that looks like a version: 20 for `v20.1.0` and for `Name 20.1`.
fn major(version: &str) -> Option<u32> {
    version.split_whitespace().find_map(|word| {
        let (major, _) = word.trim_start_matches('v').split_once('.')?;
        major.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Program = Program { name: "sh", variable: None, oldest: None, package: "dash" };

    #[test]
    fn versions_are_read_as_programs_print_them() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("Chromium 156.0.8078.79 built on Debian"), Some(156));
        assert_eq!(major("usage: node"), None);
    }

    #[test]
    fn an_old_version_is_refused() {
        let path = Path::new("/opt/node/bin/node");
        assert!(require("node", path, "v20.0.0\n", 20).is_ok());
        assert_eq!(
            require("node", path, "v18.19.0\n", 20).unwrap_err().to_string(),
            "`node` is v18.19.0 (`/opt/node/bin/node`), but the checks need 20 or newer; \
             install a newer one and put it first on the PATH",
        );
    }

    #[test]
    fn programs_are_looked_for_on_the_path() {
        assert!(SHELL.find().unwrap().is_some());
        let stranger = Program { name: "no-such-program", ..SHELL };
        assert!(stranger.find().unwrap().is_none());
    }

    #[test]
    fn a_variable_wins_over_the_path_and_must_be_right() {
        // Any variable that is set, and not to a file.
        let wrong = Program { variable: Some("CARGO_MANIFEST_DIR"), ..SHELL };
        let error = wrong.find().unwrap_err().to_string();
        assert!(error.contains("there is no such file"), "{error}");
    }
}
