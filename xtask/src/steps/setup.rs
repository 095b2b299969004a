//! Finds or installs what the other steps need.

use anyhow::Result;

use crate::{needs, npm, python};

pub(crate) fn run() -> Result<()> {
    needs::provide(&needs::ALL)?;
    for package in npm::PACKAGES {
        package.install()?;
    }
    python::install()
}
