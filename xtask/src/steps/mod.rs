//! The steps of `cargo xtask test`, in the order in which they run.
//!
//! The checks that fail most often come first, and a step comes after those whose builds it can use. Each can be run alone.

mod advisories;
mod browser;
mod client;
mod engines;
mod judges;
mod licences;
mod msrv;
mod package;
mod rust;
mod setup;
mod tree;

use anyhow::Result;

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// Its line in the help.
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> Result<()>,
}

/// Left out unless it is named, or `--all` is given.
pub(crate) const SLOW: &str = "slow";

pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "setup",
        about: "find or install Node, Python, Chromium, proxies, Redis and the packages of both",
        run: setup::run,
    },
    Step { name: "fmt", about: "the Rust code is formatted", run: rust::fmt },
    Step { name: "tree", about: "no circle between folders, no import through a facade", run: tree::run },
    Step { name: "clippy", about: "no warning of rustc or clippy in any target", run: rust::clippy },
    Step { name: "unit", about: "unit and integration tests", run: rust::unit },
    Step { name: SLOW, about: "the slow tests, three minutes together; only with --all", run: rust::slow },
    Step { name: "doc-tests", about: "the examples in the documentation", run: rust::doc_tests },
    Step { name: "ui", about: "what the macros say about mistakes", run: rust::ui },
    Step { name: "docs", about: "the documentation builds without a warning", run: rust::docs },
    Step { name: "features", about: "each feature of outflow builds alone", run: rust::features },
    Step { name: "msrv", about: "the published crates build with the oldest Rust they promise", run: msrv::run },
    Step { name: "client", about: "the JavaScript client: types, tests, size, generated script", run: client::run },
    Step {
        name: "judges",
        about: "documents of OpenAPI, before validators and generators of others",
        run: judges::run,
    },
    Step { name: "browser", about: "the client and the server together, in Chromium", run: browser::run },
    Step { name: "engines", about: "the client in Firefox and WebKit, where they can be installed", run: engines::run },
    Step { name: "licences", about: "every dependency's licence is one we allow", run: licences::run },
    Step { name: "advisories", about: "no dependency is vulnerable, of an odd source or twice", run: advisories::run },
    Step { name: "package", about: "the published crates build from their packages", run: package::run },
];
