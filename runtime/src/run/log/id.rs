//! Unguessable names for runs and writers, and digests of the keys that open runs.

use std::{fmt, str};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use sha2::{Digest as _, Sha256};

use crate::random;

/// The name of a run: 128 random bits, made by the server, used once.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId([u8; NAME]);

/// The characters of 128 bits as text.
const NAME: usize = 22;

impl RunId {
    /// Makes a new name.
    pub fn random() -> Self {
        let mut text = [0; NAME];
        match BASE64.encode_slice(random::bytes::<16>(), &mut text) {
            Ok(NAME) => Self(text),
            wrong => unreachable!("16 bytes are {NAME} characters: {wrong:?}"),
        }
    }

    /// Reads a name from a URL; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        if bytes.len() == 16 { text.as_bytes().try_into().ok().map(Self) } else { None }
    }

    /// The name as it stands in a URL.
    pub fn as_str(&self) -> &str {
        match str::from_utf8(&self.0) {
            Ok(text) => text,
            Err(error) => unreachable!("a name holds letters, digits, `-` and `_`: {error}"),
        }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunId").field(&self.as_str()).finish()
    }
}

/// 128 random bits as text.
pub(crate) fn random_name() -> String {
    BASE64.encode(random::bytes::<16>())
}

/// The SHA-256 of a secret, kept instead of the secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of several parts. Each part is hashed with its length, so moving a byte from one to the next changes
    /// it.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// Compares in constant time.
    pub fn ct_eq(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |difference, (own, other)| difference | (own ^ other));
        std::hint::black_box(difference) == 0
    }

    /// The digest as text.
    pub fn to_text(self) -> String {
        BASE64.encode(self.0)
    }

    /// Reads the text of a digest; `None` if it is not one.
    pub fn from_text(text: &str) -> Option<Self> {
        BASE64.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// Hides the digest, because it may stand for a short secret.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}
