//! What a person calls a machine.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use oxberry_proto::limits::MAX_NODE_NAME_BYTES;

use super::text_error::KeyTextError;

/// The name of a key: 1 to 64 letters, digits, `.`, `_` and `-`, so that it needs no quotes anywhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(Arc<str>);

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let fits = (1..=MAX_NODE_NAME_BYTES).contains(&text.len());
        if fits && text.bytes().all(is_plain) {
            Ok(Self(text.into()))
        } else {
            Err(KeyTextError::Name)
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyName({self})")
    }
}
