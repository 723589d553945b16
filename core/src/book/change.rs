//! Changes of one order: what an event of the feed does to it, to its level and to the ladder of its side.
//!
//! From the top: which change it is, the changes, the steps that they share, and the levels that orders
//! join and leave.

use super::engine::{Engine, NewOrder, Outcome, Subject};
use super::expiry::expiry;
use super::ladder::{LadderRoot, Rank, Rung};
use super::level::{Left, LevelKey, Owner};
use super::order::{Found, Key};
use super::refs::{Bucket, LevelRef, OrderRef};
use super::rejection::Rejection;
use super::trade::Trade;
use super::weight::{resized, weight};
use crate::feed::{Action, ExecutionEffect};
use crate::units::{OrderId, Qty, RawPrice, Side};

impl Engine<'_> {
    /// Does what an event says of one order, and says whether the best level changed; `None` when it
    /// is about more than one order.
    #[inline(always)]
    pub(super) fn change(
        &mut self,
        subject: &mut Subject<'_>,
        home: Bucket,
        action: &Action,
    ) -> Option<Outcome> {
        let slot = subject.slot;
        let key = |order_id| Key {
            slot,
            order_id,
            home,
        };
        Some(match *action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => self.add(
                subject,
                key(order_id),
                NewOrder::new(side, price, qty, sessions),
            ),
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => self.modify(subject, key(order_id), price, qty, loses_place),
            Action::Delete { order_id } => self.delete(subject, key(order_id)),
            Action::Execute {
                order_id,
                qty,
                effect,
                ..
            } => self.execute(subject, key(order_id), qty, effect),
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => self.replace(subject, key(order_id), new_order_id, price, qty),
            Action::Trade { qty, .. } if qty == Qty::ZERO => Err(Rejection::ZeroQuantity),
            Action::Trade { .. } | Action::Other => Ok(false),
            Action::Clear { .. }
            | Action::Session { .. }
            | Action::Halt
            | Action::Resume
            | Action::Close
            | Action::Define { .. }
            | Action::Unreadable
            | Action::Refresh { .. }
            | Action::RefreshAdd { .. }
            | Action::Refreshed => return None,
        })
    }
}

/// The trade that an event printed, if it counts towards volume.
#[inline(always)]
pub(super) fn printed(action: &Action) -> Option<Trade> {
    let (Action::Execute {
        price,
        qty,
        printable,
        ..
    }
    | Action::Trade {
        price,
        qty,
        printable,
        ..
    }) = *action
    else {
        return None;
    };
    (printable && qty != Qty::ZERO).then_some(Trade { price, qty })
}

impl Engine<'_> {
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
        subject.record.count_in(weight(at.rank, key.order_id, qty));
        Ok(self.join(subject, order, level, at, Some(key.order_id), qty))
    }

    #[inline(always)]
    fn delete(&mut self, subject: &mut Subject<'_>, key: Key) -> Outcome {
        match self.resting(key) {
            Some(found) => Ok(self.remove(subject, key, found)),
            None if subject.record.expects_late_deletes() => Err(Rejection::LateDelete),
            None => Err(Rejection::UnknownOrder),
        }
    }

    #[inline(always)]
    fn execute(
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
            Ok(self.resize(subject, key.order_id, found, left))
        }
    }

    fn modify(
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
                self.requeue(subject, key.order_id, found, found.order, None, qty)
            } else {
                self.resize(subject, key.order_id, found, qty)
            });
        }
        self.assure_level(subject, next, found.level)?;
        let best = subject.record.best_words(owner.side());
        let level =
            (self.change_level(subject, key.order_id, found, next)).ok_or(Rejection::LevelsFull)?;
        subject
            .record
            .count_in(weight(next.rank, key.order_id, qty));
        self.join(subject, found.order, level, next, None, qty);
        Ok(subject.record.best_words(owner.side()) != best)
    }

    fn replace(
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
            let new_id = Some(new_order_id);
            return Ok(self.requeue(subject, key.order_id, found, new, new_id, qty));
        }
        self.assure_level(subject, next, found.level)?;
        let best = subject.record.best_words(owner.side());
        let level =
            (self.change_level(subject, key.order_id, found, next)).ok_or(Rejection::LevelsFull)?;
        subject
            .record
            .count_in(weight(next.rank, new_order_id, qty));
        let new = self.orders.claim(&mut self.records, new_key, vacancy);
        self.orders.release(&mut self.records, key, found);
        self.join(subject, new, level, next, Some(new_order_id), qty);
        Ok(subject.record.best_words(owner.side()) != best)
    }

    /// Takes an order out of its level and frees its record; says whether the best level changed.
    #[inline(always)]
    fn remove(&mut self, subject: &mut Subject<'_>, key: Key, found: Found) -> bool {
        let best_changed = self.leave(subject, key.order_id, found);
        self.orders.release(&mut self.records, key, found);
        self.live = self.live.wrapping_sub(1);
        best_changed
    }

    /// Changes the shares of an order, which keeps its place in the queue; says whether the best level changed.
    #[inline(always)]
    fn resize(
        &mut self,
        subject: &mut Subject<'_>,
        order_id: OrderId,
        found: Found,
        qty: Qty,
    ) -> bool {
        let mut records = self.records.held();
        let old = records.set_qty(found.order, qty);
        let (owner, rank) = records.resize_level(found.level, old, qty);
        subject.record.count_in(resized(order_id, old, qty));
        subject.record.best_resized(owner.side(), rank, old, qty)
    }

    /// Puts an order at the end of the queue that it is in, in a record that may be another one; says
    /// whether the best level changed.
    #[inline(always)]
    fn requeue(
        &mut self,
        subject: &mut Subject<'_>,
        order_id: OrderId,
        found: Found,
        to: OrderRef,
        new_id: Option<OrderId>,
        qty: Qty,
    ) -> bool {
        let Found { order, level, .. } = found;
        let mut records = self.records.held();
        records.unlink(order.record());
        let old = records.vacate(order);
        records.write(to, new_id, level, qty, subject.now);
        records.link_before(to.record(), level.record());
        let (owner, rank) = records.resize_level(level, old, qty);
        subject.record.count_out(weight(rank, order_id, old));
        let order_id = new_id.unwrap_or(order_id);
        subject.record.count_in(weight(rank, order_id, qty));
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
        let mut records = self.records.held();
        records.write(order, new_id, level, qty, subject.now);
        records.join(level, order, qty);
        subject.record.best_joined(at.owner.side(), at.rank, qty)
    }

    /// Takes an order out of its level, and the level away when it was the last; says whether the
    /// best level changed.
    #[inline(always)]
    fn leave(&mut self, subject: &mut Subject<'_>, order_id: OrderId, found: Found) -> bool {
        let left = self.records.leave(found.level, found.order);
        (subject.record).count_out(weight(left.rank, order_id, left.qty));
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
        order_id: OrderId,
        found: Found,
        next: LevelKey,
    ) -> Option<LevelRef> {
        let left = self.records.leave(found.level, found.order);
        (subject.record).count_out(weight(left.rank, order_id, left.qty));
        let level = if left.orders == 0 {
            self.level_after(subject, found.level, left.rank, next)
        } else {
            self.level(subject, next)
        };
        self.leave_best(subject, left);
        level
    }
}

/// Where a level goes that is not there.
#[derive(Clone, Copy, Debug)]
enum Spot {
    /// After this one, the first of its price, which ends with another session.
    Sibling(LevelRef),
    /// Here in the ladder.
    Rung(Rung),
    /// Into a ladder of its own, since the side is empty.
    Start,
}

impl Engine<'_> {
    /// The level of this key, or where it would go.
    #[inline(always)]
    fn find_level(&self, subject: &Subject<'_>, at: LevelKey) -> Result<LevelRef, Spot> {
        let ladder = subject.record.ladder(at.owner.side());
        if ladder == LadderRoot::NONE {
            return Err(Spot::Start);
        }
        let rung = (self.ladders.search(ladder, at.rank)).map_err(Spot::Rung)?;
        let first = self.ladders.level(rung);
        let level = self.records.with_expiry(first, at.owner.expiry());
        level.ok_or(Spot::Sibling(first))
    }

    /// The level of this key, made when it is not there.
    #[inline(always)]
    fn level(&mut self, subject: &mut Subject<'_>, at: LevelKey) -> Option<LevelRef> {
        match self.find_level(subject, at) {
            Ok(level) => Some(level),
            Err(spot) => self.new_level(subject, at, spot),
        }
    }

    /// A new level of this key, if there is room for one more.
    #[inline(never)]
    fn new_level(
        &mut self,
        subject: &mut Subject<'_>,
        at: LevelKey,
        spot: Spot,
    ) -> Option<LevelRef> {
        if self.levels.is_full() {
            return None;
        }
        let level = self.levels.take(&mut self.records, at.owner, at.rank);
        match spot {
            Spot::Sibling(first) => self.records.insert_sibling(first, level),
            Spot::Rung(rung) => {
                let old = subject.record.ladder(at.owner.side());
                let ladder = self.ladders.insert(old, rung, at.rank, level);
                subject.record.set_ladder(at.owner.side(), ladder);
            }
            Spot::Start => {
                let ladder = self.ladders.start(at.rank, level);
                subject.record.set_ladder(at.owner.side(), ladder);
            }
        }
        Some(level)
    }

    /// That [`Self::change_level`] will find a level once an order has left `old`.
    #[inline(always)]
    fn assure_level(
        &self,
        subject: &Subject<'_>,
        at: LevelKey,
        old: LevelRef,
    ) -> Result<(), Rejection> {
        if !self.levels.is_full() || self.records.orders(old) == 1 {
            return Ok(());
        }
        self.assure_found(subject, at)
    }

    #[cold]
    fn assure_found(&self, subject: &Subject<'_>, at: LevelKey) -> Result<(), Rejection> {
        let found = self.find_level(subject, at);
        found.map(|_| ()).map_err(|_| Rejection::LevelsFull)
    }

    /// The level of this key, once the last order of `old`, a level of the same owner, has
    /// left it: `old` itself with another rank if no other level lies between.
    #[inline(never)]
    fn level_after(
        &mut self,
        subject: &mut Subject<'_>,
        old: LevelRef,
        old_rank: Rank,
        at: LevelKey,
    ) -> Option<LevelRef> {
        let rung = self.rung(subject, at.owner.side(), old_rank)?;
        let is_alone =
            self.ladders.level(rung) == old && self.records.sibling(old) == LevelRef::NONE;
        if is_alone && self.ladders.shift(rung, at.rank) {
            self.records.set_rank(old, at.rank);
            return Some(old);
        }
        self.drop_level_at(subject, at.owner, rung, old);
        self.level(subject, at)
    }

    /// Where a level of this rank is in its ladder.
    #[inline(always)]
    fn rung(&self, subject: &Subject<'_>, side: Side, rank: Rank) -> Option<Rung> {
        self.ladders.search(subject.record.ladder(side), rank).ok()
    }

    /// Takes an empty level out of its ladder.
    #[inline(never)]
    fn drop_level(&mut self, subject: &mut Subject<'_>, owner: Owner, rank: Rank, level: LevelRef) {
        if let Some(rung) = self.rung(subject, owner.side(), rank) {
            self.drop_level_at(subject, owner, rung, level);
        }
    }

    /// Takes an empty level at a rung out of its ladder.
    #[inline(always)]
    fn drop_level_at(
        &mut self,
        subject: &mut Subject<'_>,
        owner: Owner,
        rung: Rung,
        level: LevelRef,
    ) {
        let ladder = subject.record.ladder(owner.side());
        let (first, sibling) = (self.ladders.level(rung), self.records.sibling(level));
        if first == level && sibling == LevelRef::NONE {
            let ladder = self.ladders.remove(ladder, rung);
            subject.record.set_ladder(owner.side(), ladder);
        } else if first == level {
            self.ladders.set_level(rung, sibling);
        } else {
            self.records.unlink_sibling(first, level);
        }
        self.levels.drop(&mut self.records, level);
    }
}
