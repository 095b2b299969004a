//! Epochs: the names of the series of numbers that a topic counts in.

use std::str;

use crate::random;

/// The characters of an epoch. All of them can stand in an id, and none is the `-` before its number.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of one series of numbers: a topic that begins anew, because its server was restarted or because it had been
/// idle for long, has another one. 40 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Epoch([u8; 8]);

impl Epoch {
    /// The bytes of its name.
    #[cfg(feature = "redis")]
    pub(super) const LENGTH: usize = 8;

    pub(super) fn random() -> Self {
        Self(random::bytes().map(|byte| LETTERS[usize::from(byte % 32)]))
    }

    /// Reads a name; `None` if it is not one.
    #[cfg(feature = "redis")]
    pub(super) fn read(name: &[u8]) -> Option<Self> {
        let is_one = name.iter().all(|byte| LETTERS.contains(byte));
        name.try_into().ok().filter(|_| is_one).map(Self)
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}
