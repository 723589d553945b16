//! Whether a book can be trusted, and whether its symbol trades: two things that do not depend on
//! each other.

/// Whether a book is what the venue's is. What is nearer to it is less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Trust {
    /// All that the venue said is in it.
    #[default]
    Live,
    /// It is being built anew: by a failover, by the refresh that follows a clear in the middle of
    /// the day, or out of a snapshot.
    Recovering,
    /// Begun in the middle of a day: everything since is in it, older orders are not known.
    Partial,
    /// Something is missing or contradicts. It stays so until a snapshot, a whole refresh, a clear,
    /// or the start of its numbers.
    Stale,
}

/// Whether a symbol trades, as far as the venue said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TradingStatus {
    /// Not told since the reading began or the symbol was cleared.
    #[default]
    Unknown,
    /// It trades.
    Open,
    /// Trading is halted; the orders stay.
    Halted,
    /// Trading is over for the day.
    Closed,
}

impl Trust {
    /// The word for it, in all that OxBerry tells.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Recovering => "recovering",
            Self::Partial => "partial",
            Self::Stale => "stale",
        }
    }
}

impl core::fmt::Display for Trust {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.word())
    }
}

impl core::fmt::Display for TradingStatus {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Halted => "halted",
            Self::Closed => "closed",
        })
    }
}

/// All that a book is beside its orders and numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Conditions {
    /// Whether it can be trusted.
    pub trust: Trust,
    /// Whether the symbol trades.
    pub trading_status: TradingStatus,
    /// Orders left without a delete, which may still come and is harmless then.
    pub expired: bool,
    /// Two channels claim the symbol.
    pub contested: bool,
    /// Its channel numbers anew, and the symbol was not cleared since.
    pub reset: bool,
    /// A failover builds it anew.
    pub failover: bool,
    /// That failover cleared it.
    pub cleared: bool,
    /// Something is lost that may have been a new scale, and it was not defined since.
    pub unscaled: bool,
    /// Its channel numbers anew without a reset, and it was not cleared since.
    pub unannounced: bool,
}
