//! Counting needs programs of its own: an allocator that counts, a run under valgrind. Cargo builds and runs them.

use std::{
    env,
    io::ErrorKind,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

/// Runs the bench target of this name and gives what it printed.
pub(crate) fn output(target: &str, arguments: &[&str]) -> Result<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let mut command = Command::new(cargo);
    command.args(["bench", "--quiet", "--manifest-path", manifest, "--bench", target, "--"]).args(arguments);
    let output = command.stderr(Stdio::inherit()).output().context("cannot start `cargo bench`")?;
    ensure!(output.status.success(), "`cargo bench --bench {target}` ended with {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("`{target}` printed something that is not UTF-8"))
}

/// Makes sure that a program is there, in this version if that matters.
pub(crate) fn require(program: &str, version: &str, install: &str) -> Result<()> {
    let output = match Command::new(program).arg("--version").output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("`{program}` is not on the PATH\nhelp: install it with `{install}`")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot start `{program}`")),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        text.contains(version),
        "`{program} --version` printed `{}`, and {version} is needed\nhelp: install it with `{install}`",
        text.trim(),
    );
    Ok(())
}
