//! Finds or installs what the other steps need.

use anyhow::Result;

use crate::{needs, npm};

pub(crate) fn run() -> Result<()> {
    needs::provide(&needs::ALL)?;
    for package in npm::PACKAGES {
        package.install()?;
    }
    Ok(())
}
