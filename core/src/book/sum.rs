//! What the orders of a book add up to, kept with every change and never read from the orders.
//!
//! Whoever adds the orders up from memory gets the same, unless the memory is not what was written:
//! an order that was changed there takes with it what it is, not what it was, and the sum never comes
//! right again until the book is made anew. Two books with the same orders have the same sum, in
//! whatever order and memory they lie, so that replicas can be compared at any time.

use super::books::Books;
use super::ladder::Rank;
use super::slot::SymbolSlot;
use super::symbol::{SUM, SymbolRecord};
use crate::units::{OrderId, Qty, Side};

/// What an order counts in the sum of its book.
///
/// A single bit that is another one in the lower half of the id, in price or in shares makes another weight:
/// `(2 a + 1) b + a` changes by 2^n (2 a + 1) with a bit of `b`, and by 2^n (2 b + 1) with one of `a`,
/// neither of which is 0 in 32 bits. The upper half of an id is left to the table of orders, in which an
/// order with another id is rarely found. Every event pays for this, so that it is a handful of
/// instructions.
#[inline(always)]
pub(super) fn weight(rank: Rank, order_id: OrderId, qty: Qty) -> u32 {
    let (a, b) = (order_id.raw() as u32, rank.raw().wrapping_add(qty.raw()));
    odd(a).wrapping_mul(b).wrapping_add(a)
}

/// How much more an order counts in the sum of its book when it has other shares.
#[inline(always)]
pub(super) fn resized(order_id: OrderId, old: Qty, new: Qty) -> u32 {
    let more = new.raw().wrapping_sub(old.raw());
    odd(order_id.raw() as u32).wrapping_mul(more)
}

/// Of two different numbers two different odd ones.
#[inline(always)]
const fn odd(number: u32) -> u32 {
    number.wrapping_mul(2).wrapping_add(1)
}

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
