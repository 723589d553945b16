//! Sequence numbers of channels and symbols.

use super::unit;

unit! {
    /// The number of a message within its channel: 1, 2, 3, … from each sequence reset on.
    SeqNum(u32)
}

unit! {
    /// The number of a message within its symbol.
    SymbolSeqNum(u32)
}

impl SeqNum {
    /// The number after this one; no wrap is defined (docs/wire-format.md, 1.3), so it saturates.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The number `count` messages later.
    #[must_use]
    pub const fn plus(self, count: u32) -> Self {
        Self::from_raw(self.raw().saturating_add(count))
    }

    /// How many numbers lie in `[self, later)`, or `None` when `later` is not later.
    #[must_use]
    pub const fn gap_to(self, later: Self) -> Option<u32> {
        match later.raw().checked_sub(self.raw()) {
            None | Some(0) => None,
            Some(missing) => Some(missing),
        }
    }
}

impl SymbolSeqNum {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::from_raw(self.raw().saturating_add(1))
    }
}
