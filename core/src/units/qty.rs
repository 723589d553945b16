//! Quantities in shares.

use super::unit;

unit! {
    /// A number of shares, as one order or message carries it.
    Qty(u32)
}

impl Qty {
    /// No shares.
    pub const ZERO: Self = Self::from_raw(0);

    /// What is left after taking `other`, or `None` when there is not that much.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.raw().checked_sub(other.raw()) {
            Some(left) => Some(Self::from_raw(left)),
            None => None,
        }
    }
}
