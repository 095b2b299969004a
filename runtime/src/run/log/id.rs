//! Unguessable names for runs and writers, and digests of the keys that open runs.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use sha2::{Digest as _, Sha256};

/// The name of a run: 128 random bits, made by the server, used once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// Makes a new name.
    pub fn random() -> Self {
        Self(random_name())
    }

    /// Reads a name from a URL; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        (bytes.len() == 16).then(|| Self(text.to_owned()))
    }

    /// The name as it stands in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 128 random bits as text.
pub(crate) fn random_name() -> String {
    BASE64.encode(rand::random::<[u8; 16]>())
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
