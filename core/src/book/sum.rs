//! What the orders of a book add up to, kept with every change and never read from the orders.
//!
//! Whoever adds the orders up from memory gets the same, unless the memory is not what was written:
//! an order that was changed there takes with it what it is, not what it was, and the sum never comes
//! right again until the book is made anew. Two books with the same orders have the same sum, in
//! whatever order and memory they lie, so that replicas can be compared at any time.

use super::books::Books;
use super::slot::SymbolSlot;
use super::symbol::{SUM, SymbolRecord};
use crate::units::Side;

impl SymbolRecord<'_> {
    /// An order came to rest.
    #[inline(always)]
    pub(super) fn count_in(&mut self, weight: u32) {
        self.0[SUM] = self.0[SUM].wrapping_add(weight);
    }

    /// An order rests no longer.
    #[inline(always)]
    pub(super) fn count_out(&mut self, weight: u32) {
        self.0[SUM] = self.0[SUM].wrapping_sub(weight);
    }

    /// No order rests.
    pub(super) fn reset_sum(&mut self) {
        self.0[SUM] = 0;
    }
}

impl Books<'_> {
    /// What the orders of a book add up to, by its changes: the same number on all replicas that have
    /// the same orders. Reads none of them.
    #[inline(always)]
    #[must_use]
    pub fn sum(&self, slot: SymbolSlot) -> u32 {
        self.symbols.sum(slot)
    }

    /// What the orders of a book add up to, read from each of them.
    pub(super) fn sum_of_orders(&self, slot: SymbolSlot) -> u32 {
        let of_side = |side| {
            let ladder = self.symbols.ladder(slot, side);
            self.engine.weight_of(ladder, |_| true)
        };
        Side::BOTH
            .map(of_side)
            .into_iter()
            .fold(0, u32::wrapping_add)
    }
}
