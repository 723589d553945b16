//! The best levels of a symbol, which its record holds so that reading them touches nothing else.

use super::ladder::Rank;
use super::memory::{long, set_long};
use super::symbol::{SymbolRecord, best_at};
use crate::units::{Qty, Side};

/// All bits or none.
#[inline(always)]
fn mask(all: bool) -> u64 {
    u64::from(all).wrapping_neg()
}

impl SymbolRecord<'_> {
    /// The best level of a side as it is stored, to compare.
    #[inline(always)]
    pub(super) fn best_words(&self, side: Side) -> [u32; 4] {
        let at = best_at(side);
        [self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]]
    }

    /// Makes this the best level of a side.
    pub(super) fn set_best(&mut self, side: Side, rank: Rank, qty: u64, orders: u32) {
        let at = best_at(side);
        self.0[at] = rank.raw();
        set_long(self.0, at + 1, qty);
        self.0[at + 3] = orders;
    }

    /// An order joined a level; says whether that changed the best one.
    #[inline(always)]
    pub(super) fn best_joined(&mut self, side: Side, rank: Rank, qty: Qty) -> bool {
        let at = best_at(side);
        let best = Rank::from_raw(self.0[at]);
        // Chosen by masks, since where orders join is not to be guessed. An empty side has the least
        // rank and no shares.
        let (stays, joins) = (mask(rank <= best), mask(rank >= best));
        let (qty, orders) = (u64::from(qty.raw()) & joins, 1 & joins as u32);
        let best_qty = (long(self.0, at + 1) & stays).wrapping_add(qty);
        let best_orders = (self.0[at + 3] & stays as u32).wrapping_add(orders);
        self.set_best(side, best.max(rank), best_qty, best_orders);
        joins != 0
    }

    /// An order left a level; says whether that was the best one, and whether the best one has no
    /// orders now.
    #[inline(always)]
    pub(super) fn best_left(&mut self, side: Side, rank: Rank, qty: Qty) -> (bool, bool) {
        let at = best_at(side);
        let left = mask(self.0[at] == rank.raw());
        let best_qty = long(self.0, at + 1).wrapping_sub(u64::from(qty.raw()) & left);
        set_long(self.0, at + 1, best_qty);
        self.0[at + 3] = self.0[at + 3].wrapping_sub(1 & left as u32);
        (left != 0, self.0[at + 3] == 0)
    }

    /// An order changed its shares; says whether that changed the best level.
    #[inline(always)]
    pub(super) fn best_resized(&mut self, side: Side, rank: Rank, old: Qty, new: Qty) -> bool {
        let at = best_at(side);
        if self.0[at] != rank.raw() {
            return false;
        }
        let qty = (long(self.0, at + 1))
            .wrapping_sub(u64::from(old.raw()))
            .wrapping_add(u64::from(new.raw()));
        set_long(self.0, at + 1, qty);
        old != new
    }
}
