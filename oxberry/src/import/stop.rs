//! Why an import ends before its time.

use crate::failure::Failure;

/// What keeps a message from being read or written.
#[derive(Debug)]
pub(super) enum Stop {
    /// The input is not what it should be: what is wrong, and what to do.
    Input(String),
    /// Something else, which says by itself where it is.
    Run(anyhow::Error),
}

/// The same, where it is known which input it was.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    /// Where the message lies in the uncompressed content.
    pub(super) offset: u64,
}

impl Stop {
    /// What is wrong with the input.
    pub(super) fn input(what: impl Into<String>) -> Self {
        Self::Input(what.into())
    }

    /// The failure of the command.
    pub(super) fn at(self, place: &Place<'_>) -> Failure {
        match self {
            Self::Input(what) => Failure::Run(anyhow::anyhow!(
                "{}: at byte {}: {what}; nothing was written",
                place.file,
                place.offset
            )),
            Self::Run(error) => Failure::Run(error),
        }
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Run(error)
    }
}
