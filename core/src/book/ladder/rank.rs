//! Ranks: prices as ladders sort them.

use crate::units::{RawPrice, Side};

/// A price as the ladder of its side sorts it: the best price has the highest rank.
///
/// The bits of the price are turned so that ranks compare as signed numbers, several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Rank(i32);

impl Rank {
    /// Not better than any.
    pub(in super::super) const LEAST: Self = Self(i32::MIN);
    /// Not worse than any.
    pub(in super::super) const MOST: Self = Self(i32::MAX);

    #[inline(always)]
    pub(in super::super) fn new(side: Side, price: RawPrice) -> Self {
        Self((price.raw() ^ Self::turn(side)).cast_signed())
    }

    #[inline(always)]
    pub(in super::super) fn price(self, side: Side) -> RawPrice {
        RawPrice::from_raw(self.raw() ^ Self::turn(side))
    }

    /// The bits that differ between a price and its rank.
    #[inline(always)]
    fn turn(side: Side) -> u32 {
        // Asks: all but the sign, since the lowest is the best.
        (1 << 31) ^ 0u32.wrapping_sub(side as u32)
    }

    #[inline(always)]
    pub(in super::super) const fn from_raw(raw: u32) -> Self {
        Self(raw.cast_signed())
    }

    #[inline(always)]
    pub(in super::super) const fn raw(self) -> u32 {
        self.0.cast_unsigned()
    }
}
