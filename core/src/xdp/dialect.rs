//! The three dialects of the feed.

use core::fmt;

/// Which message tables a feed uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Dialect {
    /// Arca XDP of 2011 to 2017: 32-bit order ids, reason codes.
    Legacy,
    /// XDP 2.0 to 2.3 of 2015 to 2021: 64-bit order ids, parity splits.
    Xdp,
    /// Pillar 2.4 and later, since 2021: as [`Dialect::Xdp`], with trade conditions and signed prices.
    Pillar,
}

impl Dialect {
    /// All dialects, oldest first.
    pub const ALL: [Self; 3] = [Self::Legacy, Self::Xdp, Self::Pillar];

    /// The dialect's name as people type it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Xdp => "xdp",
            Self::Pillar => "pillar",
        }
    }

    /// The dialect of that name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
