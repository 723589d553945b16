//! The slots of symbols.

use super::memory::NONE;

/// A symbol of these books: numbered 0, 1, 2, … in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(transparent)]
pub struct SymbolSlot(u32);

impl SymbolSlot {
    /// That of no symbol; never handed out.
    pub(super) const NONE: Self = Self(NONE);

    #[inline(always)]
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The position in the order of definition: 0, 1, 2, …
    #[inline(always)]
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// The same, to index with.
    #[inline(always)]
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// A number that is far from that of the slots beside it, to make a hash of.
    pub(super) const fn spread(self) -> u64 {
        (self.0 as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}
