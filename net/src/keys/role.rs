//! What a machine does in the cluster.

use std::fmt;
use std::str::FromStr;

use super::text_error::KeyTextError;

/// The role of a key. It decides which sockets the key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyRole {
    /// Publishes the feed, and rules the cluster.
    Controller,
    /// Keeps books.
    Pi,
    /// Shows what the Pis say, on a page.
    Visual,
    /// Listens to the data, and says nothing.
    Tap,
}

impl KeyRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Controller, Self::Pi, Self::Visual, Self::Tap];

    /// Whether others connect to it.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Self::Controller | Self::Visual)
    }

    /// Its word in files and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Pi => "pi",
            Self::Visual => "visual",
            Self::Tap => "tap",
        }
    }
}

impl FromStr for KeyRole {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let known = Self::ALL.into_iter().find(|role| role.word() == text);
        known.ok_or(KeyTextError::Role)
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
