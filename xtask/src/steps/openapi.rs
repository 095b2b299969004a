//! The OpenAPI documents that the tests of Rust keep, in the hands of others: generators, and programs that use what they
//! generate.

use anyhow::Result;

use crate::command;
use crate::needs::{self, NODE, NPM};
use crate::npm::OPENAPI;

pub(crate) fn run() -> Result<()> {
    needs::provide(&[NODE, NPM])?;
    OPENAPI.install()?;
    command::run(&mut OPENAPI.npm("test"))
}
