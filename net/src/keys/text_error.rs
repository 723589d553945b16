//! What is wrong with a word of a line or file.

use oxberry_proto::limits::MAX_NODE_NAME_BYTES;

/// The text is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// It is no role.
    #[error("a role is controller, pi, visual or tap")]
    Role,
    /// It is no name of a key.
    #[error("the name of a key is 1 to {MAX_NODE_NAME_BYTES} letters, digits, `.`, `_` and `-`")]
    Name,
    /// It is no key.
    #[error("a key is 40 characters of Z85, as `oxberry keygen` prints them")]
    Key,
}
