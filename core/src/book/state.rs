//! Whether a book can be trusted, and whether its symbol trades.

/// The state of one book. The first that applies is the state: a halted book that missed a message
/// is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BookState {
    /// Being restored; not to be trusted yet.
    Recovering,
    /// Something is missing; not to be trusted until it is cleared or restored.
    Stale,
    /// Trading is over for the day.
    Closed,
    /// Trading is halted; the orders stay.
    Halted,
    /// To be trusted.
    Live,
}

impl BookState {
    /// Whether the book equals the venue's.
    #[must_use]
    pub const fn is_trustworthy(self) -> bool {
        match self {
            Self::Recovering | Self::Stale => false,
            Self::Closed | Self::Halted | Self::Live => true,
        }
    }
}

impl core::fmt::Display for BookState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Recovering => "recovering",
            Self::Stale => "stale",
            Self::Closed => "closed",
            Self::Halted => "halted",
            Self::Live => "live",
        })
    }
}

/// What the state of a book follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Conditions {
    /// Something is missing since the last clear.
    pub stale: bool,
    /// Trading is halted.
    pub halted: bool,
    /// Trading is over for the day.
    pub closed: bool,
    /// Orders left without a delete, which may still come and is harmless then.
    pub expired: bool,
}
