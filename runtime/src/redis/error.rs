//! Why Redis can't be reached.

use std::fmt;

/// The error of a Redis that can't be reached, or does not answer. It says why and where, and never a password.
#[derive(Clone, Debug)]
pub struct RedisUnavailable(pub(crate) String);

impl fmt::Display for RedisUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RedisUnavailable {}
