//! The flags of a row, with the bits that DBN gives them.

use oxberry_core::book::Trust;

/// A set of flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    /// The last row of its message.
    pub(crate) const LAST: Self = Self(1 << 7);
    /// Told by a refresh, or read off the books, and not by the message of an order.
    pub(crate) const SNAPSHOT: Self = Self(1 << 5);
    /// The book is not live.
    pub(crate) const MAYBE_BAD_BOOK: Self = Self(1 << 2);
    /// With [`Self::MAYBE_BAD_BOOK`]: partial, so that only orders from before the reading are missing.
    pub(crate) const PARTIAL: Self = Self(1 << 1);

    /// What tells the trust in a book.
    pub(crate) const fn of(trust: Trust) -> Self {
        match trust {
            Trust::Live => Self(0),
            Trust::Recovering | Trust::Stale => Self::MAYBE_BAD_BOOK,
            Trust::Partial => Self(Self::MAYBE_BAD_BOOK.0 | Self::PARTIAL.0),
        }
    }

    /// These and others.
    pub(crate) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// The bits.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }
}
