//! The two halves of a key.

use std::fmt;
use std::str::FromStr;

use super::text_error::KeyTextError;
use super::z85::{KEY_BYTES, decode, encode};

/// The half that everybody may know. Prints itself as Z85, 40 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key of these bytes.
    pub(crate) const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes, as libzmq takes them.
    pub(crate) const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        decode(text).map(Self).ok_or(KeyTextError::Key)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// The half that never leaves its machine. Nothing prints it.
pub(crate) struct SecretKey([u8; KEY_BYTES]);

impl SecretKey {
    /// The key of these bytes.
    pub(super) const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The key that a text says.
    pub(super) fn from_text(text: &str) -> Result<Self, KeyTextError> {
        decode(text).map(Self).ok_or(KeyTextError::Key)
    }

    /// The bytes, for libzmq and nobody else.
    pub(crate) const fn reveal(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The text, for the file of the machine and nothing else.
    pub(super) fn reveal_text(&self) -> String {
        encode(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}
