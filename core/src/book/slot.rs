//! The slots of symbols.

/// A symbol of these books: numbered 0, 1, 2, … in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolSlot(u32);

impl SymbolSlot {
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The position in the order of definition: 0, 1, 2, …
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}
