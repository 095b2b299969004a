//! Reads `package-lock.json`, version 3, which holds each package's licence.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::expression;

#[derive(Debug, Deserialize)]
pub(crate) struct Lock {
    #[serde(rename = "lockfileVersion")]
    version: u32,
    /// By path: `""` is the package itself.
    pub(crate) packages: BTreeMap<String, Package>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    #[serde(default)]
    version: String,
    license: Option<String>,
    resolved: Option<String>,
    /// A link to a folder of the repository.
    #[serde(default)]
    link: bool,
}

/// `path` is for the messages.
pub(crate) fn parse(path: &Path, json: &str) -> Result<Lock> {
    let path = path.display();
    let lock: Lock = serde_json::from_str(json).with_context(|| format!("cannot read `{path}`"))?;
    ensure!(
        lock.version == 3,
        "`{path}` is of version {}, but only version 3 holds licences; \
         make it again with a newer npm",
        lock.version,
    );
    Ok(lock)
}

/// Packages that name their licence in no SPDX term, with the one that their file `LICENSE` holds.
const READ: [(&str, &str, &str); 2] = [("htmx-ext-sse", "2.2.4", "0BSD"), ("htmx.org", "4.0.1", "0BSD")];

/// Packages that a test runs as they are, and that no user of Outflow gets, with a licence that we allow nothing else.
const TOOLS: [(&str, &str); 1] = [("axe-core", "MPL-2.0")];

/// The objections to packages from elsewhere, a sentence each.
pub(crate) fn objections(path: &Path, lock: &Lock) -> Vec<String> {
    let mut objections = Vec::new();
    let path = path.display();
    for (name, package) in &lock.packages {
        // The others are ours: the package itself, and folders linked to.
        let Some((_, name)) = name.rsplit_once("node_modules/") else {
            continue;
        };
        if package.link {
            continue;
        }
        let about = format!("{name} {} ({path})", package.version);
        let read = READ.iter().find(|(known, version, _)| *known == name && *version == package.version);
        let licence = read.map(|(_, _, licence)| *licence).or(package.license.as_deref());
        let is_tool = TOOLS.iter().any(|(known, known_licence)| *known == name && licence == Some(*known_licence));
        if let Some(objection) = expression::objection(licence).filter(|_| !is_tool) {
            objections.push(format!("{about}: {objection}"));
        }
        // An address would tie everybody to the registry, or the mirror, of the last author. The hash says which file is
        // meant.
        if package.resolved.is_some() {
            objections.push(format!(
                "{about}: holds the address it came from; in that folder, run `npm install \
                 --package-lock-only --omit-lockfile-registry-resolved`"
            ));
        }
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Vec<String> {
        let path = Path::new("a/package-lock.json");
        objections(path, &parse(path, json).unwrap())
    }

    #[test]
    fn a_clean_file() {
        assert!(
            check(
                r#"{ "lockfileVersion": 3, "packages": {
                    "": { "name": "ours" },
                    "../client": { "name": "outflow", "version": "0.1.0" },
                    "node_modules/outflow": { "resolved": "../client", "link": true },
                    "node_modules/a": { "version": "1.0.0", "license": "MIT" }
                } }"#
            )
            .is_empty()
        );
    }

    #[test]
    fn missing_licences_and_addresses_are_found_at_any_depth() {
        let found = check(
            r#"{ "lockfileVersion": 3, "packages": {
                "node_modules/a": { "version": "1.0.0" },
                "node_modules/a/node_modules/@b/c": {
                    "version": "2.0.0", "license": "ISC", "resolved": "https://example.org/c.tgz"
                }
            } }"#,
        );
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(found[0], "a 1.0.0 (a/package-lock.json): says no licence");
        assert!(found[1].starts_with("@b/c 2.0.0 (a/package-lock.json): holds the address"));
    }

    #[test]
    fn older_versions_are_refused() {
        let error = parse(Path::new("l"), r#"{ "lockfileVersion": 1, "packages": {} }"#);
        assert!(error.unwrap_err().to_string().contains("of version 1"));
    }
}
