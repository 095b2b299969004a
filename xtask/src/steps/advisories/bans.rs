//! Objections to dependencies that `cargo metadata` is enough for.

use std::collections::BTreeSet;

use crate::cargo::{Metadata, Package};

/// The crate whose users name the types of its dependencies.
const LIBRARY: &str = "outflow";

/// Those of its dependencies that may be there in several versions: none of their types is in its interface, and other
/// crates take other versions.
const TWINS: [&str; 1] = ["getrandom"];

/// The objections, a sentence each.
pub(crate) fn objections(metadata: &Metadata) -> Vec<String> {
    let packages = || metadata.packages.iter();
    let sources = packages().filter_map(odd_source);
    // A package from a registry is its author's business; it could not have been published with a wildcard.
    let ours = packages().filter(|package| package.source.is_none());
    ours.clone().flat_map(wildcards).chain(sources).chain(ours.flat_map(|package| twins(package, metadata))).collect()
}

fn wildcards(package: &Package) -> impl Iterator<Item = String> {
    // Without a source it is a folder of the workspace, whose version is the one that is there.
    let is_wild = |req: &str, source: &Option<String>| req == "*" && source.is_some();
    let wild = package.dependencies.iter().filter(move |dependency| is_wild(&dependency.req, &dependency.source));
    wild.map(|dependency| format!("{}: `{} = \"*\"` takes any version; name one", package.name, dependency.name))
}

fn odd_source(package: &Package) -> Option<String> {
    let source = package.source.as_ref()?;
    let is_registry = source.starts_with("registry+") || source.starts_with("sparse+");
    (!is_registry)
        .then(|| format!("{} {}: comes from `{source}`; use a published version", package.name, package.version))
}

/// Crates that the library depends on and that are there in two versions: a user's type would not be the library's.
fn twins(package: &Package, metadata: &Metadata) -> Vec<String> {
    let direct = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
    let names: BTreeSet<_> = direct.map(|dependency| &dependency.name).collect();
    let names = names.into_iter().filter(|name| package.name == LIBRARY && !TWINS.contains(&name.as_str()));
    names
        .filter_map(|name| {
            let versions = metadata.packages.iter().filter(|package| package.name == *name);
            let versions: Vec<_> = versions.map(|package| package.version.as_str()).collect();
            let versions = (versions.len() > 1).then(|| versions.join(" and "))?;
            Some(format!("{name}: is there as {versions}; ask for the version that the others take"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(packages: &str) -> Vec<String> {
        objections(&serde_json::from_str(&format!(r#"{{ "packages": [{packages}] }}"#)).unwrap())
    }

    const REGISTRY: &str = "registry+https://example.org/index";

    #[test]
    fn folders_of_the_workspace_and_pinned_crates_will_do() {
        let ours = format!(
            r#"{{ "name": "outflow", "version": "0.1.0", "dependencies": [
                {{ "name": "axum", "req": "^0.8", "source": "{REGISTRY}" }},
                {{ "name": "outflow-tests", "req": "*", "source": null, "kind": "dev" }}
            ] }},
            {{ "name": "axum", "version": "0.8.9", "source": "{REGISTRY}" }}"#
        );
        assert_eq!(check(&ours), [""; 0]);
    }

    #[test]
    fn wildcards_odd_sources_and_twins_are_named() {
        let ours = format!(
            r#"{{ "name": "outflow", "version": "0.1.0", "dependencies": [
                {{ "name": "axum", "req": "*", "source": "{REGISTRY}" }},
                {{ "name": "tower", "req": "^0.5", "source": "{REGISTRY}", "kind": "dev" }}
            ] }},
            {{ "name": "axum", "version": "0.8.9", "source": "{REGISTRY}" }},
            {{ "name": "axum", "version": "0.7.9", "source": "{REGISTRY}" }},
            {{ "name": "tower", "version": "0.4.0", "source": "{REGISTRY}" }},
            {{ "name": "tower", "version": "0.5.0", "source": "git+https://example.org/tower" }}"#
        );
        assert_eq!(
            check(&ours),
            [
                "outflow: `axum = \"*\"` takes any version; name one",
                "tower 0.5.0: comes from `git+https://example.org/tower`; use a published version",
                "axum: is there as 0.8.9 and 0.7.9; ask for the version that the others take",
            ],
        );
    }
}
