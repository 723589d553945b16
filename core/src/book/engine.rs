//! What orders do to levels and ladders, whatever symbol they belong to.

use super::bbo::Level;
use super::capacity::Capacity;
use super::expiry::expiry;
use super::ladder::{Ladders, Rank};
use super::level::{Left, LevelKey, Levels, Owner};
use super::memory::Line;
use super::order::{Found, Key, Orders, buckets};
use super::records::Records;
use super::refs::{LevelRef, OrderRef, PER_LINE};
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::steps;
use super::symbol::Record;
use crate::feed::{ExecutionEffect, TradeSessions};
use crate::units::{OrderId, PriceScale, Qty, RawPrice, Side};

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
    pub(super) record: Record<'a>,
    /// The number of the event within the symbol, modulo 2^32.
    pub(super) now: u32,
}

impl<'a> Subject<'a> {
    /// The symbol of an event that was noted.
    #[inline(always)]
    pub(super) fn new(slot: SymbolSlot, record: Record<'a>) -> Self {
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

    #[inline(always)]
    pub(super) fn add(&mut self, subject: &mut Subject<'_>, key: Key, order: NewOrder) -> Outcome {
        let NewOrder {
            side,
            price,
            qty,
            sessions,
        } = order;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        if self.resting(key).is_some() {
            return Err(Rejection::DuplicateOrder);
        }
        if self.live >= self.capacity {
            return Err(Rejection::OrdersFull);
        }
        self.free_void();
        let vacancy = self
            .orders
            .vacancy(&self.records, key)
            .ok_or(Rejection::IdsCrowded)?;
        let owner = Owner::new(key.slot, side, expiry(sessions));
        let at = LevelKey {
            owner,
            rank: Rank::new(side, price),
        };
        let level = self.level(subject, at).ok_or(Rejection::LevelsFull)?;
        let order = self.orders.claim(&mut self.records, key, vacancy);
        self.live += 1;
        Ok(self.join(subject, order, level, at, Some(key.order_id), qty))
    }

    #[inline(always)]
    pub(super) fn delete(&mut self, subject: &mut Subject<'_>, key: Key) -> Outcome {
        match self.resting(key) {
            Some(found) => Ok(self.remove(subject, key, found)),
            None if subject.record.expects_late_deletes() => Err(Rejection::LateDelete),
            None => Err(Rejection::UnknownOrder),
        }
    }

    #[inline(always)]
    pub(super) fn execute(
        &mut self,
        subject: &mut Subject<'_>,
        key: Key,
        qty: Qty,
        effect: ExecutionEffect,
    ) -> Outcome {
        let found = self.resting(key).ok_or(Rejection::UnknownOrder)?;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        let left = match effect {
            ExecutionEffect::None => return Ok(false),
            ExecutionEffect::Fill => Qty::ZERO,
            ExecutionEffect::Reduce => {
                let qty_before = self.records.qty(found.order);
                qty_before
                    .checked_sub(qty)
                    .ok_or(Rejection::ExcessExecution)?
            }
        };
        if left == Qty::ZERO {
            Ok(self.remove(subject, key, found))
        } else {
            Ok(self.resize(subject, found, left))
        }
    }

    pub(super) fn modify(
        &mut self,
        subject: &mut Subject<'_>,
        key: Key,
        price: RawPrice,
        qty: Qty,
        loses_place: bool,
    ) -> Outcome {
        let found = self.resting(key).ok_or(Rejection::UnknownOrder)?;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        let owner = self.records.owner(found.level);
        let next = LevelKey {
            owner,
            rank: Rank::new(owner.side(), price),
        };
        if next.rank == self.records.rank(found.level) {
            return Ok(if loses_place {
                self.requeue(subject, found, found.order, None, qty)
            } else {
                self.resize(subject, found, qty)
            });
        }
        self.assure_level(subject, next, found.level)?;
        let best = subject.record.best_words(owner.side());
        let level = (self.change_level(subject, found, next)).ok_or(Rejection::LevelsFull)?;
        self.join(subject, found.order, level, next, None, qty);
        Ok(subject.record.best_words(owner.side()) != best)
    }

    pub(super) fn replace(
        &mut self,
        subject: &mut Subject<'_>,
        key: Key,
        new_order_id: OrderId,
        price: RawPrice,
        qty: Qty,
    ) -> Outcome {
        if key.order_id == new_order_id {
            return self.modify(subject, key, price, qty, true);
        }
        let new_key = self.orders.key(subject.slot, new_order_id);
        let found = self.resting(key).ok_or(Rejection::UnknownOrder)?;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        if self.resting(new_key).is_some() {
            return Err(Rejection::DuplicateOrder);
        }
        self.free_void();
        let owner = self.records.owner(found.level);
        let next = LevelKey {
            owner,
            rank: Rank::new(owner.side(), price),
        };
        let vacancy = self
            .orders
            .vacancy(&self.records, new_key)
            .ok_or(Rejection::IdsCrowded)?;
        if next.rank == self.records.rank(found.level) {
            let new = self.orders.claim(&mut self.records, new_key, vacancy);
            self.orders.release(&mut self.records, key, found);
            return Ok(self.requeue(subject, found, new, Some(new_order_id), qty));
        }
        self.assure_level(subject, next, found.level)?;
        let best = subject.record.best_words(owner.side());
        let level = (self.change_level(subject, found, next)).ok_or(Rejection::LevelsFull)?;
        let new = self.orders.claim(&mut self.records, new_key, vacancy);
        self.orders.release(&mut self.records, key, found);
        self.join(subject, new, level, next, Some(new_order_id), qty);
        Ok(subject.record.best_words(owner.side()) != best)
    }

    /// Takes an order out of its level and frees its record; says whether the best level changed.
    #[inline(always)]
    fn remove(&mut self, subject: &mut Subject<'_>, key: Key, found: Found) -> bool {
        let best_changed = self.leave(subject, found);
        self.orders.release(&mut self.records, key, found);
        self.live -= 1;
        best_changed
    }

    /// Changes the shares of an order, which keeps its place in the queue; says whether the best level changed.
    #[inline(always)]
    fn resize(&mut self, subject: &mut Subject<'_>, found: Found, qty: Qty) -> bool {
        let old = self.records.set_qty(found.order, qty);
        let (owner, rank) = self.records.resize_level(found.level, old, qty);
        subject.record.best_resized(owner.side(), rank, old, qty)
    }

    /// Puts an order at the end of the queue that it is in, in a record that may be another one; says
    /// whether the best level changed.
    #[inline(always)]
    fn requeue(
        &mut self,
        subject: &mut Subject<'_>,
        found: Found,
        to: OrderRef,
        new_id: Option<OrderId>,
        qty: Qty,
    ) -> bool {
        let Found { order, level, .. } = found;
        self.records.unlink(order.record());
        let old = self.records.vacate(order);
        self.records.write(to, new_id, level, qty, subject.now);
        self.records.link_before(to.record(), level.record());
        let (owner, rank) = self.records.resize_level(level, old, qty);
        subject.record.best_resized(owner.side(), rank, old, qty)
    }

    /// Puts an order at the end of the queue of its level; says whether the best level changed.
    #[inline(always)]
    fn join(
        &mut self,
        subject: &mut Subject<'_>,
        order: OrderRef,
        level: LevelRef,
        at: LevelKey,
        new_id: Option<OrderId>,
        qty: Qty,
    ) -> bool {
        self.records.write(order, new_id, level, qty, subject.now);
        self.records.join(level, order, qty);
        subject.record.best_joined(at.owner.side(), at.rank, qty)
    }

    /// Takes an order out of its level, and the level away when it was the last; says whether the
    /// best level changed.
    #[inline(always)]
    fn leave(&mut self, subject: &mut Subject<'_>, found: Found) -> bool {
        let left = self.records.leave(found.level, found.order);
        if left.orders == 0 {
            self.drop_level(subject, left.owner, left.rank, found.level);
        }
        self.leave_best(subject, left)
    }

    /// Takes what an order left behind out of the best level, if it was there; says whether it was.
    #[inline(always)]
    fn leave_best(&self, subject: &mut Subject<'_>, left: Left) -> bool {
        let side = left.owner.side();
        let (was_best, is_empty) = subject.record.best_left(side, left.rank, left.qty);
        if was_best & is_empty {
            self.read_best(subject, side);
        }
        was_best
    }

    /// Takes an order out of its level, and finds the level that it goes to.
    #[inline(always)]
    fn change_level(
        &mut self,
        subject: &mut Subject<'_>,
        found: Found,
        next: LevelKey,
    ) -> Option<LevelRef> {
        let left = self.records.leave(found.level, found.order);
        let level = if left.orders == 0 {
            self.level_after(subject, found.level, left.rank, next)
        } else {
            self.level(subject, next)
        };
        self.leave_best(subject, left);
        level
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
        let (mut qty, mut orders, mut level) = (0, 0, first);
        while level != LevelRef::NONE {
            qty += self.records.level_qty(level);
            orders += self.records.orders(level);
            level = self.records.sibling(level);
        }
        Level {
            price: rank.price(side),
            qty,
            orders,
        }
    }

    /// Makes the orders of one side void whose expiry is over; says whether there were any. Their
    /// levels go at once, and their records are free at once where they are few; others are freed later, with
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
            while next != LevelRef::NONE {
                steps::count();
                let level = next;
                next = records.sibling(level);
                if is_over(records.owner(level).expiry()) {
                    *live -= records.orders(level);
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

    /// Frees the records of some void orders.
    #[inline(always)]
    fn free_void(&mut self) {
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
            while level != LevelRef::NONE {
                steps::count();
                records.set_rank(level, *rank);
                level = records.sibling(level);
            }
            true
        });
        subject.record.set_ladder(side, ladder);
        self.read_best(subject, side);
    }
}
