//! Applying events.

use super::applied::{Applied, Rejection, Trade, UnknownSymbol};
use super::bbo::Level;
use super::books::Books;
use super::ladder;
use super::level::Owner;
use super::memory::NONE;
use super::order::{Key, OrderRef};
use super::queue::{expiry, last_session};
use super::steps;
use super::symbol::{SymbolSlot, flag};
use crate::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use crate::units::{OrderId, PriceScale, Qty, RawPrice, Side};

/// Void orders whose places are freed with each order that is added. One would keep them from ever
/// taking the room of a resting order; two make them fewer.
const FREED_PER_ADD: u32 = 2;

/// Where an order is to rest.
#[derive(Clone, Copy, Debug)]
struct Place {
    slot: u32,
    side: Side,
    key: ladder::Key,
    expiry: u32,
}

impl Books<'_> {
    /// Applies one event to its symbol.
    ///
    /// # Errors
    ///
    /// When the symbol is not defined. Everything else that can be wrong with an event is reported
    /// in [`Applied::rejection`], since it may be news as well.
    pub fn apply(&mut self, event: &FeedEvent) -> Result<Applied, UnknownSymbol> {
        self.counters.events += 1;
        let Some(slot) = self.symbols.find(event.symbol_index) else {
            self.counters.unknown_symbols += 1;
            return Err(UnknownSymbol(event.symbol_index));
        };
        let (bbo, state) = (self.symbols.bbo(slot), self.symbols.state(slot));
        self.symbols.count_change(slot);
        let (trade, outcome) = self.act(slot, event.action);
        if let Some(trade) = trade {
            self.tapes.count(slot, trade, self.symbols.scale(slot));
        }
        if let Some(seq_num) = event.symbol_seq_num {
            self.symbols.set_seq_num(slot, seq_num);
        }
        if let Err(rejection) = outcome {
            self.reject(slot, rejection);
        }
        let mut applied = Applied {
            slot: SymbolSlot::from_raw(slot),
            bbo_changed: self.symbols.bbo(slot) != bbo,
            state_changed: self.symbols.state(slot) != state,
            trade,
            rejection: outcome.err(),
            event_num: 0,
        };
        if applied.is_news() {
            self.symbols.next_event_num(slot);
        }
        applied.event_num = self.symbols.event_num(slot);
        Ok(applied)
    }

    fn act(&mut self, slot: u32, action: Action) -> (Option<Trade>, Result<(), Rejection>) {
        let outcome = match action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => self.add(slot, order_id, side, price, qty, sessions),
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => self.modify(slot, order_id, price, qty, loses_place),
            Action::Delete { order_id } => self.delete(slot, order_id),
            Action::Execute {
                order_id,
                price,
                qty,
                effect,
                printable,
                trade_id: _,
            } => {
                let trade = (printable && qty != Qty::ZERO).then_some(Trade { price, qty });
                return (trade, self.execute(slot, order_id, qty, effect));
            }
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => self.replace(slot, order_id, new_order_id, price, qty),
            Action::Trade {
                price,
                qty,
                printable,
                trade_id: _,
            } => {
                let trade = (printable && qty != Qty::ZERO).then_some(Trade { price, qty });
                let outcome = if qty == Qty::ZERO {
                    Err(Rejection::ZeroQuantity)
                } else {
                    Ok(())
                };
                return (trade, outcome);
            }
            Action::Clear => {
                self.void_all(slot);
                self.symbols.unset(slot, flag::CLEARED);
                Ok(())
            }
            Action::Session { session } => {
                self.start_session(slot, session);
                Ok(())
            }
            Action::Halt => {
                self.symbols.set(slot, flag::HALTED);
                Ok(())
            }
            Action::Resume => {
                self.symbols.unset(slot, flag::HALTED);
                Ok(())
            }
            Action::Close => {
                self.void_all(slot);
                self.symbols.set(slot, flag::CLOSED | flag::EXPIRED);
                Ok(())
            }
            Action::Scale { scale } => self.rescale(slot, scale),
            Action::Stale { reason: _ } => {
                self.symbols.set(slot, flag::STALE);
                Ok(())
            }
            Action::Other => Ok(()),
        };
        (None, outcome)
    }

    /// Counts what was wrong and withdraws the trust in the book.
    pub(super) fn reject(&mut self, slot: u32, rejection: Rejection) {
        self.counters.reject(rejection);
        if rejection != Rejection::LateDelete {
            self.symbols.set(slot, flag::STALE);
        }
    }

    pub(super) fn add(
        &mut self,
        slot: u32,
        order_id: OrderId,
        side: Side,
        price: RawPrice,
        qty: Qty,
        sessions: TradeSessions,
    ) -> Result<(), Rejection> {
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        if self.resting(slot, order_id).is_some() {
            return Err(Rejection::DuplicateOrder);
        }
        if self.live >= self.capacity.orders {
            return Err(Rejection::OrdersFull);
        }
        self.free_void();
        let key = Key { slot, order_id };
        let vacancy = self.orders.vacancy(key).ok_or(Rejection::IdsCrowded)?;
        let place = Place {
            slot,
            side,
            key: ladder::Key::new(side, price),
            expiry: expiry(sessions),
        };
        let level = self.level(place).ok_or(Rejection::LevelsFull)?;
        let order = self.orders.insert(key, vacancy, level, qty, self.arrivals);
        self.live += 1;
        self.join(order, level, qty);
        Ok(())
    }

    fn modify(
        &mut self,
        slot: u32,
        order_id: OrderId,
        price: RawPrice,
        qty: Qty,
        loses_place: bool,
    ) -> Result<(), Rejection> {
        let order = self
            .resting(slot, order_id)
            .ok_or(Rejection::UnknownOrder)?;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        let old = self.orders.level(order);
        let side = self.levels.owner(old).side;
        let key = ladder::Key::new(side, price);
        if key == self.levels.key(old) && !loses_place {
            self.resize(order, qty);
            return Ok(());
        }
        let place = Place {
            slot,
            side,
            key,
            expiry: self.levels.expiry(old),
        };
        self.assure_level(place, old)?;
        self.leave(order);
        let level = self.level(place).ok_or(Rejection::LevelsFull)?;
        self.orders.set_qty(order, qty);
        self.orders.place_in(order, level, self.arrivals);
        self.join(order, level, qty);
        Ok(())
    }

    fn delete(&mut self, slot: u32, order_id: OrderId) -> Result<(), Rejection> {
        let Some(order) = self.resting(slot, order_id) else {
            let expired = self.symbols.has(slot, flag::EXPIRED);
            return Err(if expired {
                Rejection::LateDelete
            } else {
                Rejection::UnknownOrder
            });
        };
        self.remove(Key { slot, order_id }, order);
        Ok(())
    }

    fn execute(
        &mut self,
        slot: u32,
        order_id: OrderId,
        qty: Qty,
        effect: ExecutionEffect,
    ) -> Result<(), Rejection> {
        let order = self
            .resting(slot, order_id)
            .ok_or(Rejection::UnknownOrder)?;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        let left = self.orders.qty(order).checked_sub(qty);
        match effect {
            ExecutionEffect::None => {}
            ExecutionEffect::Fill => self.remove(Key { slot, order_id }, order),
            ExecutionEffect::Reduce => match left {
                None => return Err(Rejection::ExcessExecution),
                Some(Qty::ZERO) => self.remove(Key { slot, order_id }, order),
                Some(left) => self.resize(order, left),
            },
        }
        Ok(())
    }

    fn replace(
        &mut self,
        slot: u32,
        order_id: OrderId,
        new_order_id: OrderId,
        price: RawPrice,
        qty: Qty,
    ) -> Result<(), Rejection> {
        if order_id == new_order_id {
            return self.modify(slot, order_id, price, qty, true);
        }
        let order = self
            .resting(slot, order_id)
            .ok_or(Rejection::UnknownOrder)?;
        if qty == Qty::ZERO {
            return Err(Rejection::ZeroQuantity);
        }
        if self.resting(slot, new_order_id).is_some() {
            return Err(Rejection::DuplicateOrder);
        }
        self.free_void();
        let old = self.orders.level(order);
        let side = self.levels.owner(old).side;
        let place = Place {
            slot,
            side,
            key: ladder::Key::new(side, price),
            expiry: self.levels.expiry(old),
        };
        let new_key = Key {
            slot,
            order_id: new_order_id,
        };
        let vacancy = self.orders.vacancy(new_key).ok_or(Rejection::IdsCrowded)?;
        self.assure_level(place, old)?;
        self.leave(order);
        let level = self.level(place).ok_or(Rejection::LevelsFull)?;
        let new = self
            .orders
            .insert(new_key, vacancy, level, qty, self.arrivals);
        self.orders.remove(Key { slot, order_id }, order);
        self.join(new, level, qty);
        Ok(())
    }

    /// Takes an order out of its queue and frees its place.
    fn remove(&mut self, key: Key, order: OrderRef) {
        self.leave(order);
        self.orders.remove(key, order);
        self.live -= 1;
    }

    /// Changes the shares of an order, which keeps its place.
    fn resize(&mut self, order: OrderRef, qty: Qty) {
        let (level, old) = (self.orders.level(order), self.orders.qty(order));
        self.orders.set_qty(order, qty);
        let change = |sum: u64| sum - u64::from(old.raw()) + u64::from(qty.raw());
        self.levels.set_qty(level, change(self.levels.qty(level)));
        let owner = self.levels.owner(level);
        if let Some(best) = self.best_if_at(owner, level) {
            let best = Level {
                qty: change(best.qty),
                ..best
            };
            self.symbols.set_best(owner.slot, owner.side, Some(best));
        }
    }

    /// The best level of the side, if the given level belongs to it.
    fn best_if_at(&self, owner: Owner, level: u32) -> Option<Level> {
        let price = self.levels.key(level).price(owner.side);
        self.symbols
            .best(owner.slot, owner.side)
            .filter(|best| best.price == price)
    }

    /// The level for orders of this place, made when it is not there.
    fn level(&mut self, place: Place) -> Option<u32> {
        let mut head = self.symbols.ladder(place.slot, place.side);
        let first = self.ladders.find(head, place.key);
        if let Some(first) = first
            && let Some(level) = self.levels.with_expiry(first, place.expiry)
        {
            return Some(level);
        }
        let owner = Owner {
            slot: place.slot,
            side: place.side,
        };
        let level = self
            .levels
            .take(owner, place.key, place.expiry, self.arrivals)?;
        if let Some(first) = first {
            let second = self.levels.sibling(first);
            self.levels.set_sibling(level, second);
            self.levels.set_sibling(first, level);
        } else {
            self.ladders.insert(&mut head, place.key, level);
            self.symbols.set_ladder(place.slot, place.side, head);
        }
        Some(level)
    }

    /// That [`Self::level`] will find a level once an order has left `old`.
    fn assure_level(&self, place: Place, old: u32) -> Result<(), Rejection> {
        if !self.levels.is_full() || self.levels.orders(old) == 1 {
            return Ok(());
        }
        let head = self.symbols.ladder(place.slot, place.side);
        let first = self.ladders.find(head, place.key);
        match first.and_then(|first| self.levels.with_expiry(first, place.expiry)) {
            Some(_) => Ok(()),
            None => Err(Rejection::LevelsFull),
        }
    }

    /// Puts an order at the end of the queue of its level.
    fn join(&mut self, order: OrderRef, level: u32, qty: Qty) {
        self.arrivals += 1;
        let tail = self.levels.tail(level);
        self.orders.set_previous(order, tail);
        self.orders.set_next(order, OrderRef::NONE);
        if tail.is_some() {
            self.orders.set_next(tail, order);
        } else {
            self.levels.set_head(level, order);
        }
        self.levels.set_tail(level, order);
        self.levels
            .set_qty(level, self.levels.qty(level) + u64::from(qty.raw()));
        self.levels.set_orders(level, self.levels.orders(level) + 1);

        let owner = self.levels.owner(level);
        let key = self.levels.key(level);
        let best = self.symbols.best(owner.slot, owner.side);
        let best_key = best.map(|best| ladder::Key::new(owner.side, best.price));
        let qty = u64::from(qty.raw());
        let new = match best {
            Some(best) if best_key == Some(key) => Level {
                qty: best.qty + qty,
                orders: best.orders + 1,
                ..best
            },
            _ if best_key < Some(key) => Level {
                price: key.price(owner.side),
                qty,
                orders: 1,
            },
            _ => return,
        };
        self.symbols.set_best(owner.slot, owner.side, Some(new));
    }

    /// Takes an order out of the queue of its level, and the level away when it was the last.
    fn leave(&mut self, order: OrderRef) {
        let level = self.orders.level(order);
        let (previous, next) = (self.orders.previous(order), self.orders.next(order));
        if previous.is_some() {
            self.orders.set_next(previous, next);
        } else {
            self.levels.set_head(level, next);
        }
        if next.is_some() {
            self.orders.set_previous(next, previous);
        } else {
            self.levels.set_tail(level, previous);
        }
        let qty = u64::from(self.orders.qty(order).raw());
        let (level_qty, level_orders) = (self.levels.qty(level), self.levels.orders(level));
        self.levels.set_qty(level, level_qty - qty);
        self.levels.set_orders(level, level_orders - 1);

        let owner = self.levels.owner(level);
        let best = self.best_if_at(owner, level);
        if level_orders == 1 {
            self.drop_level(owner, level);
        }
        if let Some(best) = best {
            let rest = Level {
                qty: best.qty - qty,
                orders: best.orders - 1,
                ..best
            };
            if rest.orders > 0 {
                self.symbols.set_best(owner.slot, owner.side, Some(rest));
            } else {
                self.read_best(owner.slot, owner.side);
            }
        }
    }

    /// Takes an empty level out of its ladder.
    fn drop_level(&mut self, owner: Owner, level: u32) {
        let mut head = self.symbols.ladder(owner.slot, owner.side);
        let key = self.levels.key(level);
        let sibling = self.levels.sibling(level);
        let first = self.ladders.find(head, key).unwrap_or(level);
        if first != level {
            let mut before = first;
            while self.levels.sibling(before) != level {
                before = self.levels.sibling(before);
            }
            self.levels.set_sibling(before, sibling);
        } else if sibling == NONE {
            self.ladders.remove(&mut head, key);
            self.symbols.set_ladder(owner.slot, owner.side, head);
        } else {
            self.ladders.replace(head, key, sibling);
        }
        self.levels.give(level);
    }

    /// Copies the best level of a side to its symbol.
    fn read_best(&mut self, slot: u32, side: Side) {
        let best = self.ladders.best(self.symbols.ladder(slot, side));
        let best = best.map(|(key, level)| self.level_from(level, key, side));
        self.symbols.set_best(slot, side, best);
    }

    /// Makes all orders of a symbol void.
    pub(super) fn void_all(&mut self, slot: u32) {
        for side in Side::BOTH {
            self.void_some(slot, side, |_| true);
        }
    }

    /// Makes the orders void that are valid only before this session. The morning starts a new day.
    fn start_session(&mut self, slot: u32, session: TradeSessions) {
        if session == TradeSessions::MORNING {
            self.tapes.reset(slot);
        }
        for side in Side::BOTH {
            let is_over = |expiry| last_session(expiry).over_at(session);
            if self.void_some(slot, side, is_over) {
                self.symbols.set(slot, flag::EXPIRED);
            }
        }
    }

    /// Makes the orders of one side void whose expiry is over. Their levels are freed at once, their
    /// places by [`Self::free_void`]. Says whether there were any.
    fn void_some(&mut self, slot: u32, side: Side, is_over: impl Fn(u32) -> bool) -> bool {
        let live = self.live;
        let mut head = self.symbols.ladder(slot, side);
        let Self {
            ladders,
            levels,
            orders,
            void,
            live: left,
            ..
        } = self;
        ladders.retain(&mut head, |_, first| {
            let mut next = core::mem::replace(first, NONE);
            while next != NONE {
                steps::count();
                let level = next;
                next = levels.sibling(level);
                if is_over(levels.expiry(level)) {
                    void.push(orders, slot, levels.head(level), levels.orders(level));
                    *left -= levels.orders(level);
                    levels.give(level);
                } else {
                    levels.set_sibling(level, *first);
                    *first = level;
                }
            }
            *first != NONE
        });
        self.symbols.set_ladder(slot, side, head);
        self.read_best(slot, side);
        self.live != live
    }

    /// Frees the places of some void orders.
    fn free_void(&mut self) {
        for _ in 0..FREED_PER_ADD {
            self.void.free_one(&mut self.orders);
        }
    }

    /// Tells the resting prices in a new scale, where that is exact; else makes all orders void.
    pub(super) fn rescale(&mut self, slot: u32, scale: PriceScale) -> Result<(), Rejection> {
        let old = self.symbols.scale(slot);
        if scale == old {
            return Ok(());
        }
        self.symbols.set_scale(slot, scale);
        let exact = Side::BOTH.into_iter().all(|side| {
            self.depth(SymbolSlot::from_raw(slot), side)
                .all(|level| level.price.rescaled(old, scale).is_some())
        });
        if !exact {
            self.void_all(slot);
            return Err(Rejection::ScaleLost);
        }
        for side in Side::BOTH {
            let mut head = self.symbols.ladder(slot, side);
            let Self {
                ladders, levels, ..
            } = self;
            ladders.retain(&mut head, |key, first| {
                if let Some(price) = key.price(side).rescaled(old, scale) {
                    *key = ladder::Key::new(side, price);
                }
                let mut level = *first;
                while level != NONE {
                    steps::count();
                    levels.set_key(level, *key);
                    level = levels.sibling(level);
                }
                true
            });
            self.symbols.set_ladder(slot, side, head);
            self.read_best(slot, side);
        }
        Ok(())
    }
}
