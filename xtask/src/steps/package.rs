//! The published crates: they hold the right files, and build from them.

use std::path::{Component, Path};

use anyhow::{Result, ensure};

use crate::cargo::cargo;
use crate::command;

/// The published crates, and the options of `cargo package` for each.
///
/// The macros of this version may not be published yet, so outflow takes them from here. `cargo package` of both at
/// once has a registry of its own for that, but unpacks a version from it only once: every later run would build
/// against the macros of the first one.
const PUBLISHED: [(&str, &str); 2] =
    [("outflow-macros", ""), ("outflow", r#"--config patch.crates-io.outflow-macros.path="macros""#)];

/// Files that each of them must hold.
const REQUIRED: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

pub(crate) fn run() -> Result<()> {
    for (package, options) in PUBLISHED {
        let words = format!("package --allow-dirty --package {package} {options}");
        let list = command::read(cargo(&words).arg("--list"))?;
        let objections = objections(&list);
        ensure!(
            objections.is_empty(),
            "the package `{package}`\n  {}\n\
             see `include` in its Cargo.toml; a pattern there holds in every folder, \
             unless it starts with `/`",
            objections.join("\n  "),
        );
        command::run(&mut cargo(&words))?;
    }
    Ok(())
}

/// The objections to a list of files.
fn objections(list: &str) -> Vec<String> {
    let missing = REQUIRED
        .iter()
        .filter(|required| !list.lines().any(|file| file == **required))
        .map(|required| format!("lacks `{required}`"));
    let surplus = list.lines().filter(|file| is_of_development(file)).map(|file| format!("holds `{file}`"));
    missing.chain(surplus).collect()
}

/// Returns whether only work on the crate itself needs this file.
fn is_of_development(file: &str) -> bool {
    let path = Path::new(file);
    let inside = |folder: &str| path.components().any(|part| part == Component::Normal(folder.as_ref()));
    let in_client = path.starts_with("client");
    inside("node_modules") || in_client && (inside("test") || inside("tests") || file.contains(".test."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_list() {
        let list = "Cargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\n\
                    client/outflow.full.js\nsrc/lib.rs\nsrc/test.rs\n";
        assert!(objections(list).is_empty());
    }

    #[test]
    fn missing_and_surplus_files_are_named() {
        let list = "LICENSE-APACHE\nLICENSE-MIT\n\
                    client/node_modules/x/index.js\nclient/test/a.js\nclient/b.test.js\n";
        assert_eq!(
            objections(list),
            [
                "lacks `README.md`",
                "holds `client/node_modules/x/index.js`",
                "holds `client/test/a.js`",
                "holds `client/b.test.js`",
            ],
        );
    }
}
