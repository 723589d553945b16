//! The orders, levels and ladders of all symbols, and what happens to many orders at once.

use super::bbo::Level;
use super::capacity::Capacity;
use super::ladder::{LadderRoot, Ladders, Rank};
use super::level::{EXPIRIES, Levels};
use super::memory::Line;
use super::order::{Found, Key, Orders, buckets};
use super::records::Records;
use super::refs::{LevelRef, PER_LINE};
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::steps;
use super::symbol::SymbolRecord;
use super::weight::weight;
use crate::feed::TradeSessions;
use crate::units::{PriceScale, Qty, RawPrice, Side};

/// Void orders whose records are freed with each order that is added. One would keep them from ever
/// taking the room of a resting order; two make them fewer.
const FREED_PER_ADD: u32 = 2;

/// What became of an event: whether the best bid or offer changed.
pub(super) type Outcome = Result<bool, Rejection>;

/// The orders, levels and ladders of all symbols.
#[derive(Debug)]
pub(super) struct Engine<'s> {
    pub(super) records: Records<'s>,
    pub(super) orders: Orders,
    pub(super) levels: Levels,
    pub(super) ladders: Ladders<'s>,
    /// Orders that rest, and how many may.
    pub(super) live: u32,
    pub(super) capacity: u32,
}

/// The symbol that an event is about.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) slot: SymbolSlot,
    pub(super) record: SymbolRecord<'a>,
    /// The number of the event within the symbol, modulo 2^32.
    pub(super) now: u32,
}

impl<'a> Subject<'a> {
    /// The symbol of an event that was noted.
    #[inline(always)]
    pub(super) fn new(slot: SymbolSlot, record: SymbolRecord<'a>) -> Self {
        Self {
            slot,
            now: record.changes(),
            record,
        }
    }
}

/// An order to be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewOrder {
    pub(super) side: Side,
    pub(super) price: RawPrice,
    pub(super) qty: Qty,
    pub(super) sessions: TradeSessions,
}

impl NewOrder {
    #[inline(always)]
    pub(super) const fn new(
        side: Side,
        price: RawPrice,
        qty: Qty,
        sessions: TradeSessions,
    ) -> Self {
        Self {
            side,
            price,
            qty,
            sessions,
        }
    }
}

impl<'s> Engine<'s> {
    /// An empty engine in these parts of the memory.
    pub(super) fn new(
        capacity: Capacity,
        records: &'s mut [Line],
        ladders: &'s mut [Line],
    ) -> Self {
        let mut records = Records::new(records);
        let (orders, levels) = divide(&mut records, capacity);
        Self {
            orders,
            levels,
            records,
            ladders: Ladders::new(ladders),
            live: 0,
            capacity: capacity.orders,
        }
    }

    /// Makes it empty again.
    pub(super) fn reset(&mut self, capacity: Capacity) {
        self.records.reset();
        (self.orders, self.levels) = divide(&mut self.records, capacity);
        self.ladders.reset();
        self.live = 0;
    }
}

/// Empty orders and levels in empty records.
fn divide(records: &mut Records<'_>, capacity: Capacity) -> (Orders, Levels) {
    let (end, buckets) = (records.len(), buckets(capacity.orders));
    (
        Orders::new(records, buckets),
        Levels::new(records, buckets.get() * PER_LINE, end, capacity.levels),
    )
}

impl Engine<'_> {
    /// A resting order.
    #[inline(always)]
    pub(super) fn resting(&self, key: Key) -> Option<Found> {
        self.orders.find(&self.records, key)
    }

    /// Copies the best level of a side to its symbol.
    pub(super) fn read_best(&self, subject: &mut Subject<'_>, side: Side) {
        match self.ladders.best(subject.record.ladder(side)) {
            None => subject.record.set_best(side, Rank::LEAST, 0, 0),
            Some((rank, first)) => {
                let best = self.level_from(first, rank, side);
                subject.record.set_best(side, rank, best.qty, best.orders);
            }
        }
    }

    /// The level of this rank, summed over its siblings.
    pub(super) fn level_from(&self, first: LevelRef, rank: Rank, side: Side) -> Level {
        let (mut qty, mut orders) = (0u64, 0u32);
        for level in self.records.siblings(first) {
            qty = qty.wrapping_add(self.records.level_qty(level));
            orders = orders.wrapping_add(self.records.orders(level));
        }
        Level {
            price: rank.price(side),
            qty,
            orders,
        }
    }

    /// Makes the orders of one side void whose expiry is over; says whether there were any. Their
    /// levels go at once, and so do their records where they are few; others are freed later, with
    /// each order that is added.
    pub(super) fn void(
        &mut self,
        subject: &mut Subject<'_>,
        side: Side,
        is_over: impl Fn(u32) -> bool,
    ) -> bool {
        let before = self.live;
        let Self {
            records,
            orders,
            levels,
            ladders,
            live,
            ..
        } = self;
        let ladder = ladders.retain(subject.record.ladder(side), |_, first| {
            let mut next = core::mem::replace(first, LevelRef::NONE);
            for _ in 0..EXPIRIES {
                let Some(level) = next.some() else { break };
                steps::count();
                next = records.sibling(level);
                if is_over(records.owner(level).expiry()) {
                    *live = live.wrapping_sub(records.orders(level));
                    levels.void(records, level, |records, order| {
                        orders.free(records, subject.slot, order);
                    });
                } else {
                    records.set_sibling(level, *first);
                    *first = level;
                }
            }
            *first != LevelRef::NONE
        });
        subject.record.set_ladder(side, ladder);
        self.read_best(subject, side);
        self.live != before
    }

    /// Takes the orders of one side whose expiry is over out of the sum of the book; visits each.
    pub(super) fn count_out(
        &self,
        subject: &mut Subject<'_>,
        side: Side,
        is_over: impl Fn(u32) -> bool,
    ) {
        let ladder = subject.record.ladder(side);
        let sum = self.weight_of(ladder, is_over);
        subject.record.count_out(sum);
    }

    /// Puts the orders of one side into the sum of the book; visits each.
    pub(super) fn count_in(&self, subject: &mut Subject<'_>, side: Side) {
        let sum = self.weight_of(subject.record.ladder(side), |_| true);
        subject.record.count_in(sum);
    }

    /// What the orders of a ladder add up to whose expiry is one of these.
    pub(super) fn weight_of(&self, ladder: LadderRoot, is_meant: impl Fn(u32) -> bool) -> u32 {
        let records = &self.records;
        let firsts = self.ladders.iter(ladder);
        let levels = firsts.flat_map(|(_, first)| records.siblings(first));
        let mut sum = 0u32;
        for level in levels.filter(|&level| is_meant(records.owner(level).expiry())) {
            let rank = records.rank(level);
            for order in records.queue(level) {
                steps::count();
                let one = weight(rank, records.id(order), records.qty(order));
                sum = sum.wrapping_add(one);
            }
        }
        sum
    }

    /// Frees the records of some void orders.
    #[inline(always)]
    pub(super) fn free_void(&mut self) {
        if self.levels.void_orders() != 0 {
            self.free_some_void();
        }
    }

    #[cold]
    fn free_some_void(&mut self) {
        for _ in 0..FREED_PER_ADD {
            let Some((slot, order)) = self.levels.pop_void(&mut self.records) else {
                return;
            };
            self.orders.free(&mut self.records, slot, order);
        }
    }

    /// Tells the resting prices of one side in another scale, as far as that is exact.
    pub(super) fn rescale(
        &mut self,
        subject: &mut Subject<'_>,
        side: Side,
        from: PriceScale,
        to: PriceScale,
    ) {
        let Self {
            ladders, records, ..
        } = self;
        let ladder = ladders.retain(subject.record.ladder(side), |rank, first| {
            if let Some(price) = rank.price(side).rescaled(from, to) {
                *rank = Rank::new(side, price);
            }
            let mut level = *first;
            for _ in 0..EXPIRIES {
                steps::count();
                records.set_rank(level, *rank);
                level = records.sibling(level);
                if level == LevelRef::NONE {
                    break;
                }
            }
            true
        });
        subject.record.set_ladder(side, ladder);
        self.read_best(subject, side);
    }
}
