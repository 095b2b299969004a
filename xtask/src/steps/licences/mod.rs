//! Checks the licence of every dependency, of cargo's and of npm's.
//!
//! cargo-deny would do it for cargo's, and takes minutes to compile on two cores. What is needed of it is the evaluation
//! of licence expressions, which is the small crate `spdx` of the same authors.

mod expression;
mod npm_lock;

use anyhow::{Result, bail};

use crate::cargo::{Metadata, metadata};
use crate::npm;

pub(crate) fn run() -> Result<()> {
    let metadata = metadata()?;
    let mut objections = rust_objections(&metadata);
    let mut checked = metadata.packages.len();
    for package in npm::PACKAGES {
        let path = package.lock_file();
        let lock = npm_lock::parse(&path, &package.read_lock_file()?)?;
        checked += lock.packages.len();
        objections.extend(npm_lock::objections(&path, &lock));
    }
    if !objections.is_empty() {
        bail!(
            "these dependencies will not do\n  {}\n\
             do without them, or, where it is a licence that Outflow's users can live \
             with, add it to `ALLOWED` in `xtask/src/steps/licences/expression.rs`",
            objections.join("\n  "),
        );
    }
    println!("{checked} packages, all with a licence we allow");
    Ok(())
}

fn rust_objections(metadata: &Metadata) -> Vec<String> {
    metadata
        .packages
        .iter()
        // What is never published is licensed by the repository.
        .filter(|package| package.publish.as_ref().is_none_or(|to| !to.is_empty()))
        .filter_map(|package| {
            let objection = expression::objection(package.license.as_deref())?;
            Some(format!("{} {} (Cargo.lock): {objection}", package.name, package.version))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_packages_need_no_licence_and_others_do() {
        let metadata: Metadata = serde_json::from_str(
            r#"{ "packages": [
                { "name": "ours", "version": "0.1.0", "features": {},
                  "license": null, "publish": [] },
                { "name": "fine", "version": "1.0.0", "features": {},
                  "license": "MIT/Apache-2.0", "publish": null },
                { "name": "file", "version": "2.0.0", "features": {},
                  "license": null, "publish": null }
            ] }"#,
        )
        .unwrap();
        assert_eq!(rust_objections(&metadata), ["file 2.0.0 (Cargo.lock): says no licence"]);
    }
}
