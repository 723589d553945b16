//! Levels: what the orders of one symbol, side, price and last session sum up to, and their queue.
//!
//! The queue is a ring: from the level to its first order, from each order to the next, and from the last
//! back to the level. Joining and leaving a ring need no case for its ends.

use super::damage::Wrong;
use super::ladder::Rank;
use super::memory::{long, set_long};
use super::records::{NEXT, PREV, Records};
use super::refs::{LevelRef, OrderRef, PER_LINE, RecordRef};
use super::slot::SymbolSlot;
use super::steps;
use crate::units::{OrderId, Qty, Side};

/// Orders of a level that are freed at once when they become void.
pub(super) const FEW: u32 = 9;

/// Words of a record, besides its links: the first order and the last.
const QTY: usize = 0;
const RANK: usize = 2;
/// Slot of the symbol, side, and with which session its orders end; see [`Owner`].
const OWNER: usize = 3;
const ORDERS: usize = 6;
/// The level of the same price that ends with another session, or the next free or void level.
const SIBLING: usize = 7;

/// Levels that can have the same price, since their orders end with different sessions.
pub(super) const EXPIRIES: usize = 4;

/// Lines for that many levels: some are kept for a while by void orders, more than [`FEW`] in each but
/// one.
pub(super) const fn lines(orders: u32, levels: u32) -> usize {
    (levels as usize + (orders / (FEW + 1)) as usize + 1).div_ceil(PER_LINE as usize)
}

/// Whose level it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u32);

impl Owner {
    /// More than any symbol's.
    const VOID: u32 = 1 << 31;

    /// Of orders of this symbol and side that end with this session, 0 to 3.
    #[inline(always)]
    pub(super) fn new(slot: SymbolSlot, side: Side, expiry: u32) -> Self {
        Self(slot.raw() << 3 | (side as u32) << 2 | expiry)
    }

    #[inline(always)]
    pub(super) fn slot(self) -> SymbolSlot {
        SymbolSlot::from_raw(self.0 >> 3)
    }

    #[inline(always)]
    pub(super) fn side(self) -> Side {
        Side::BOTH[(self.0 >> 2 & 1) as usize]
    }

    #[inline(always)]
    pub(super) fn expiry(self) -> u32 {
        self.0 & 3
    }
}

/// Which level an order joins.
#[derive(Clone, Copy, Debug)]
pub(super) struct LevelKey {
    pub(super) owner: Owner,
    pub(super) rank: Rank,
}

/// What an order leaves behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    /// Its shares.
    pub(super) qty: Qty,
    /// The orders that are left in its level.
    pub(super) orders: u32,
    pub(super) owner: Owner,
    pub(super) rank: Rank,
}

impl Records<'_> {
    /// Whether this is a level of this symbol.
    #[inline(always)]
    pub(super) fn is_level_of(&self, level: LevelRef, slot: SymbolSlot) -> bool {
        self.get(level.record())
            .is_some_and(|record| Owner(record[OWNER]).slot() == slot)
    }

    #[inline(always)]
    pub(super) fn owner(&self, level: LevelRef) -> Owner {
        Owner(self.at(level.record())[OWNER])
    }

    #[inline(always)]
    pub(super) fn rank(&self, level: LevelRef) -> Rank {
        Rank::from_raw(self.at(level.record())[RANK])
    }

    pub(super) fn set_rank(&mut self, level: LevelRef, rank: Rank) {
        self.at_mut(level.record())[RANK] = rank.raw();
    }

    /// The shares of all orders of a level.
    #[inline(always)]
    pub(super) fn level_qty(&self, level: LevelRef) -> u64 {
        long(self.at(level.record()), QTY)
    }

    /// How many orders a level has.
    #[inline(always)]
    pub(super) fn orders(&self, level: LevelRef) -> u32 {
        self.at(level.record())[ORDERS]
    }

    #[inline(always)]
    pub(super) fn sibling(&self, level: LevelRef) -> LevelRef {
        LevelRef::from_raw(self.at(level.record())[SIBLING])
    }

    #[inline(always)]
    pub(super) fn set_sibling(&mut self, level: LevelRef, other: LevelRef) {
        self.at_mut(level.record())[SIBLING] = other.raw();
    }

    /// The levels of a price, from the first of them on.
    pub(super) fn siblings(&self, first: LevelRef) -> impl Iterator<Item = LevelRef> {
        self.chain(first).take(EXPIRIES)
    }

    /// The levels from this one on, if it is one: those of its price, or the next free or void ones.
    fn chain(&self, first: LevelRef) -> impl Iterator<Item = LevelRef> {
        core::iter::successors(first.some(), |&level| self.sibling(level).some())
    }

    /// Makes a level the next of the siblings after the first.
    pub(super) fn insert_sibling(&mut self, first: LevelRef, level: LevelRef) {
        let second = self.sibling(first);
        self.set_sibling(level, second);
        self.set_sibling(first, level);
    }

    /// Takes a level that is not the first out of the siblings.
    pub(super) fn unlink_sibling(&mut self, first: LevelRef, level: LevelRef) {
        let mut siblings = self.siblings(first);
        let Some(before) = siblings.find(|&before| self.sibling(before) == level) else {
            return;
        };
        drop(siblings);
        let after = self.sibling(level);
        self.set_sibling(before, after);
    }

    /// The level of this price whose orders end with this session, from the first of its siblings.
    #[inline(always)]
    pub(super) fn with_expiry(&self, first: LevelRef, expiry: u32) -> Option<LevelRef> {
        let mut level = first;
        for _ in 0..EXPIRIES {
            if level == LevelRef::NONE {
                break;
            }
            if self.owner(level).expiry() == expiry {
                return Some(level);
            }
            level = self.sibling(level);
        }
        None
    }

    /// Changes the shares of one order of a level from `old` to `new`; says whose level it is, and its
    /// rank.
    #[inline(always)]
    pub(super) fn resize_level(&mut self, level: LevelRef, old: Qty, new: Qty) -> (Owner, Rank) {
        let record = self.at_mut(level.record());
        let qty = (long(record, QTY))
            .wrapping_sub(u64::from(old.raw()))
            .wrapping_add(u64::from(new.raw()));
        set_long(record, QTY, qty);
        (Owner(record[OWNER]), Rank::from_raw(record[RANK]))
    }

    /// Puts an order at the end of the queue of a level.
    #[inline(always)]
    pub(super) fn join(&mut self, level: LevelRef, order: OrderRef, qty: Qty) {
        let mut records = self.held();
        let record = records.at_mut(level.record());
        let sum = long(record, QTY).wrapping_add(u64::from(qty.raw()));
        set_long(record, QTY, sum);
        record[ORDERS] = record[ORDERS].wrapping_add(1);
        records.link_before(order.record(), level.record());
    }

    /// Takes an order out of the queue of its level; its record is free then.
    #[inline(always)]
    pub(super) fn leave(&mut self, level: LevelRef, order: OrderRef) -> Left {
        let mut records = self.held();
        records.unlink(order.record());
        let qty = records.vacate(order);
        let record = records.at_mut(level.record());
        let sum = long(record, QTY).wrapping_sub(u64::from(qty.raw()));
        set_long(record, QTY, sum);
        record[ORDERS] = record[ORDERS].wrapping_sub(1);
        Left {
            qty,
            orders: record[ORDERS],
            owner: Owner(record[OWNER]),
            rank: Rank::from_raw(record[RANK]),
        }
    }

    /// The record before this one in its ring.
    #[inline(always)]
    pub(super) fn prev(&self, record: RecordRef) -> RecordRef {
        RecordRef::from_raw(self.at(record)[PREV])
    }

    /// The record after this one in its ring.
    #[inline(always)]
    fn next(&self, record: RecordRef) -> RecordRef {
        RecordRef::from_raw(self.at(record)[NEXT])
    }

    /// Makes a ring of one record.
    #[inline(always)]
    fn close(&mut self, record: RecordRef) {
        let words = self.at_mut(record);
        words[PREV] = record.raw();
        words[NEXT] = record.raw();
    }

    /// Puts a record into a ring, before another one of it.
    #[inline(always)]
    pub(super) fn link_before(&mut self, record: RecordRef, other: RecordRef) {
        let mut records = self.held();
        let prev = core::mem::replace(&mut records.at_mut(other)[PREV], record.raw());
        let words = records.at_mut(record);
        words[PREV] = prev;
        words[NEXT] = other.raw();
        records.at_mut(RecordRef::from_raw(prev))[NEXT] = record.raw();
    }

    /// Takes a record out of its ring.
    #[inline(always)]
    pub(super) fn unlink(&mut self, record: RecordRef) {
        let mut records = self.held();
        let (prev, next) = (records.prev(record), records.next(record));
        records.at_mut(prev)[NEXT] = next.raw();
        records.at_mut(next)[PREV] = prev.raw();
    }

    /// The first order of a level.
    pub(super) fn first_order(&self, level: LevelRef) -> Option<OrderRef> {
        self.order_or_end(self.next(level.record()), level)
    }

    /// The order after this one in the queue of its level.
    pub(super) fn order_after(&self, order: OrderRef) -> Option<OrderRef> {
        self.order_or_end(self.next(order.record()), self.level(order))
    }

    /// The level itself ends its ring.
    fn order_or_end(&self, record: RecordRef, level: LevelRef) -> Option<OrderRef> {
        (record != level.record()).then_some(OrderRef::from_record(record))
    }

    /// The orders of a level, first come first.
    pub(super) fn queue(&self, level: LevelRef) -> impl Iterator<Item = OrderRef> {
        // As many as the level counts, so that links that lead in a circle come to an end.
        let most = self.orders(level).min(self.len()) as usize;
        core::iter::successors(self.first_order(level), move |&order| {
            self.order_or_end(self.next(order.record()), level)
        })
        .take(most)
    }
}

/// A level as it is stored, which nobody has looked at yet.
pub(super) struct Stored {
    pub(super) owner: Owner,
    pub(super) rank: Rank,
    pub(super) qty: u64,
    pub(super) orders: u32,
    pub(super) sibling: LevelRef,
}

/// An order of a queue as it is stored.
pub(super) struct Member {
    pub(super) order: OrderRef,
    pub(super) id: OrderId,
    pub(super) qty: Qty,
}

impl Records<'_> {
    /// Reads a level that a link leads to, wherever that is.
    pub(super) fn read_level(&self, level: LevelRef) -> Result<Stored, Wrong> {
        let what = "a price leads to no level";
        let record = self.get(level.record());
        let record = record.ok_or(Wrong::link(what, self.len(), level.raw()))?;
        Ok(Stored {
            owner: Owner(record[OWNER]),
            rank: Rank::from_raw(record[RANK]),
            qty: long(record, QTY),
            orders: record[ORDERS],
            sibling: LevelRef::from_raw(record[SIBLING]),
        })
    }

    /// Reads the order after this record in the queue of a level, if there is one.
    pub(super) fn read_member(
        &self,
        level: LevelRef,
        last: RecordRef,
    ) -> Result<Option<Member>, Wrong> {
        let next = self.next(last);
        if next == level.record() {
            return Ok(None);
        }
        let what = "a queue leads to no order";
        let record = self
            .get(next)
            .ok_or(Wrong::link(what, self.len(), next.raw()))?;
        let order = OrderRef::from_record(next);
        if self.level(order) != level {
            let what = "an order is in the queue of another level than its own";
            return Err(Wrong::link(what, level.raw(), self.level(order).raw()));
        }
        if record[PREV] != last.raw() {
            let what = "a queue leads to an order that it does not lead back from";
            return Err(Wrong::link(what, last.raw(), record[PREV]));
        }
        Ok(Some(Member {
            order,
            id: self.id(order),
            qty: self.qty(order),
        }))
    }

    /// Checks that a queue leads back from its end to its last order.
    pub(super) fn read_end(&self, level: LevelRef, last: RecordRef) -> Result<(), Wrong> {
        let prev = self.prev(level.record());
        if prev == last {
            return Ok(());
        }
        let what = "a level does not lead to its last order";
        Err(Wrong::link(what, last.raw(), prev.raw()))
    }
}

/// The pool of all levels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    records: u32,
    free: LevelRef,
    /// Levels in use, without void ones.
    live: u32,
    capacity: u32,
    /// Levels whose orders are void, and how many those are.
    void: LevelRef,
    void_orders: u32,
}

impl Levels {
    /// A pool of all records from `first` to `end`.
    pub(super) fn new(records: &mut Records<'_>, first: u32, end: u32, capacity: u32) -> Self {
        let mut levels = Self {
            records: end - first,
            free: LevelRef::NONE,
            live: 0,
            capacity,
            void: LevelRef::NONE,
            void_orders: 0,
        };
        for level in (first..end).rev() {
            levels.give(records, LevelRef::from_raw(level));
        }
        levels
    }

    /// Levels in use.
    pub(super) fn live(&self) -> u32 {
        self.live
    }

    /// Orders that are void but still hold their records.
    pub(super) fn void_orders(&self) -> u32 {
        self.void_orders
    }

    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.live >= self.capacity
    }

    /// An empty level; there is one while [`Self::is_full`] does not hold.
    #[inline(always)]
    pub(super) fn take(&mut self, records: &mut Records<'_>, owner: Owner, rank: Rank) -> LevelRef {
        let level = self.free;
        self.live += 1;
        let record = records.at_mut(level.record());
        self.free = LevelRef::from_raw(record[SIBLING]);
        set_long(record, QTY, 0);
        record[RANK] = rank.raw();
        record[OWNER] = owner.0;
        record[ORDERS] = 0;
        record[SIBLING] = LevelRef::NONE.raw();
        records.close(level.record());
        level
    }

    /// Takes a level out of use that has no orders any more.
    #[inline(always)]
    pub(super) fn drop(&mut self, records: &mut Records<'_>, level: LevelRef) {
        self.live = self.live.wrapping_sub(1);
        self.give(records, level);
    }

    #[inline(always)]
    fn give(&mut self, records: &mut Records<'_>, level: LevelRef) {
        let record = records.at_mut(level.record());
        record[OWNER] = Owner::VOID;
        record[SIBLING] = self.free.raw();
        self.free = level;
    }

    /// Makes all orders of a level void and takes it out of use. Few orders are handed over at once;
    /// else the level keeps its record until [`Self::pop_void`] has handed over the last.
    pub(super) fn void(
        &mut self,
        records: &mut Records<'_>,
        level: LevelRef,
        mut free: impl FnMut(&mut Records<'_>, OrderRef),
    ) {
        self.live = self.live.wrapping_sub(1);
        if records.orders(level) <= FEW {
            for _ in 0..FEW {
                let Some(order) = records.first_order(level) else {
                    break;
                };
                steps::count();
                records.leave(level, order);
                free(records, order);
            }
            self.give(records, level);
        } else {
            self.void_orders = self.void_orders.wrapping_add(records.orders(level));
            records.at_mut(level.record())[OWNER] |= Owner::VOID;
            // Not before the first, so that only one level at a time has few orders left.
            if self.void == LevelRef::NONE {
                records.set_sibling(level, LevelRef::NONE);
                self.void = level;
            } else {
                records.insert_sibling(self.void, level);
            }
        }
    }

    /// A void order whose record is to be freed, and the slot of its symbol, if there is one.
    pub(super) fn pop_void(&mut self, records: &mut Records<'_>) -> Option<(SymbolSlot, OrderRef)> {
        if self.void_orders == 0 {
            return None;
        }
        let level = self.void;
        let order = records.first_order(level)?;
        let left = records.leave(level, order);
        self.void_orders = self.void_orders.wrapping_sub(1);
        if left.orders == 0 {
            self.void = records.sibling(level);
            self.give(records, level);
        }
        Some((Owner(left.owner.0 & !Owner::VOID).slot(), order))
    }

    /// What is wrong with the records that are not among those in use, or `None`.
    pub(super) fn check_spare(&self, records: &Records<'_>, used: u32) -> Option<&'static str> {
        let void = || records.chain(self.void);
        let free = records.chain(self.free).count() as u32;
        if void().map(|level| records.orders(level)).sum::<u32>() != self.void_orders {
            return Some("void orders are not those of the void levels");
        }
        if used + void().count() as u32 + free != self.records {
            return Some("level records are lost");
        }
        None
    }
}
