//! Child processes: each is shown before it runs, so that it can be repeated by hand, and is an error if it fails.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};

use crate::cargo::root;

/// Runs the command; what it prints goes straight through.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let shown = show(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot start `{shown}`"))?;
    check(&shown, status)
}

pub(crate) fn announce(command: &Command) {
    println!("$ {}", show(command));
}

/// Runs the command and gives what it wrote to its standard output; its error output goes straight through.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    check(&shown, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed something that is not UTF-8"))
}

fn check(shown: &str, status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "`{shown}` ended with {status}");
    Ok(())
}

/// The command as one would type it at the root of the repository.
fn show(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", quote(name), quote(value)));
        }
    }
    // Programs are shown by name: where they were found is noise.
    let program = Path::new(command.get_program());
    words.push(quote(program.file_name().unwrap_or(program.as_os_str())));
    words.extend(command.get_args().map(quote));
    let line = words.join(" ");

    let dir = command.get_current_dir().and_then(|dir| dir.strip_prefix(root()).ok());
    match dir {
        Some(dir) if dir != Path::new("") => format!("(cd {} && {line})", dir.display()),
        _ => line,
    }
}

/// The word as a shell needs it.
fn quote(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_typed_at_the_root() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").current_dir(root());
        assert_eq!(show(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");

        let mut command = Command::new("npm");
        command.arg("test").current_dir(root().join("runtime/client"));
        assert_eq!(show(&command), "(cd runtime/client && npm test)");
    }

    #[test]
    fn odd_words_are_quoted() {
        assert_eq!(quote(OsStr::new("--test-timeout=1")), "--test-timeout=1");
        assert_eq!(quote(OsStr::new("")), "''");
        assert_eq!(quote(OsStr::new("it's")), r"'it'\''s'");
    }

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c 'exit 3'` ended with exit status: 3");

        let error = read(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program`");
    }
}
