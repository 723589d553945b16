//! The price levels of both sides in one array.

#![expect(
    clippy::indexing_slicing,
    reason = "positions come from a search of the same array; check_invariants proves the bounds"
)]

use super::pool::NONE;
use crate::book::Level;
use crate::units::{RawPrice, Side};

/// The place of one price level in the storage of a [`Matcher`](super::Matcher).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LevelRecord {
    pub(super) qty: u64,
    pub(super) price: u32,
    pub(super) orders: u32,
    /// The slot of the order that trades first.
    pub(super) first: u32,
    /// The slot of the order that came last.
    pub(super) last: u32,
}

impl LevelRecord {
    /// A record to fill storage with.
    pub const EMPTY: Self = Self {
        qty: 0,
        price: 0,
        orders: 0,
        first: NONE,
        last: NONE,
    };

    pub(super) fn view(&self) -> Level {
        Level {
            price: RawPrice::from_raw(self.price),
            qty: self.qty,
            orders: self.orders,
        }
    }
}

/// Two stacks that grow towards each other: bids from the start of the array, asks from its end.
///
/// Prices ascend along the array, so the best level of each side lies next to the free middle,
/// where levels come and go at the least cost.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Ladder<L> {
    records: L,
    bids: usize,
    asks: usize,
}

impl<L> Ladder<L> {
    pub(super) const fn new(records: L) -> Self {
        Self {
            records,
            bids: 0,
            asks: 0,
        }
    }
}

impl<L: AsRef<[LevelRecord]> + AsMut<[LevelRecord]>> Ladder<L> {
    pub(super) fn clear(&mut self) {
        (self.bids, self.asks) = (0, 0);
    }

    pub(super) fn depth(&self, side: Side) -> usize {
        match side {
            Side::Bid => self.bids,
            Side::Ask => self.asks,
        }
    }

    /// The level `rank` places behind the best.
    pub(super) fn at_rank(&self, side: Side, rank: usize) -> Option<&LevelRecord> {
        let levels = self.side(side);
        match side {
            Side::Bid => levels.iter().rev().nth(rank),
            Side::Ask => levels.get(rank),
        }
    }

    pub(super) fn best_mut(&mut self, side: Side) -> Option<&mut LevelRecord> {
        let (bids, asks) = (self.bids, self.asks);
        let records = self.records.as_mut();
        let position = match side {
            Side::Bid => bids.checked_sub(1)?,
            Side::Ask if asks == 0 => return None,
            Side::Ask => records.len() - asks,
        };
        Some(&mut records[position])
    }

    /// The position of a price in the array, or where in its side it would go.
    pub(super) fn find(&self, side: Side, price: u32) -> Result<usize, usize> {
        let start = self.start(side);
        self.side(side)
            .binary_search_by_key(&price, |level| level.price)
            .map(|offset| start + offset)
            .map_err(|offset| start + offset)
    }

    pub(super) fn get_mut(&mut self, position: usize) -> &mut LevelRecord {
        &mut self.records.as_mut()[position]
    }

    pub(super) fn has_room(&self) -> bool {
        self.bids + self.asks < self.records.as_ref().len()
    }

    /// Makes a level at the place where [`Ladder::find`] missed it; `None` when the array is full.
    pub(super) fn insert(
        &mut self,
        side: Side,
        position: usize,
        price: u32,
    ) -> Option<&mut LevelRecord> {
        if !self.has_room() {
            return None;
        }
        let start = self.start(side);
        let records = self.records.as_mut();
        let position = match side {
            Side::Bid => {
                records.copy_within(position..self.bids, position + 1);
                self.bids += 1;
                position
            }
            Side::Ask => {
                records.copy_within(start..position, start - 1);
                self.asks += 1;
                position - 1
            }
        };
        records[position] = LevelRecord {
            price,
            ..LevelRecord::EMPTY
        };
        Some(&mut records[position])
    }

    pub(super) fn remove(&mut self, side: Side, position: usize) {
        let start = self.start(side);
        let records = self.records.as_mut();
        match side {
            Side::Bid => {
                records.copy_within(position + 1..self.bids, position);
                self.bids -= 1;
            }
            Side::Ask => {
                records.copy_within(start..position, start + 1);
                self.asks -= 1;
            }
        }
    }

    /// The levels of a side by ascending price.
    fn side(&self, side: Side) -> &[LevelRecord] {
        let records = self.records.as_ref();
        match side {
            Side::Bid => &records[..self.bids],
            Side::Ask => &records[records.len() - self.asks..],
        }
    }

    fn start(&self, side: Side) -> usize {
        match side {
            Side::Bid => 0,
            Side::Ask => self.records.as_ref().len() - self.asks,
        }
    }

    /// Panics unless both sides ascend and no bid reaches an ask.
    pub(super) fn check_invariants(&self) {
        assert!(
            self.bids + self.asks <= self.records.as_ref().len(),
            "the sides overlap"
        );
        let prices = self
            .side(Side::Bid)
            .iter()
            .chain(self.side(Side::Ask))
            .map(|l| l.price);
        assert!(
            prices.is_sorted_by(|a, b| a < b),
            "the levels are not in order"
        );
    }
}
