//! Applying events.

use super::applied::{Applied, Rejection, Trade, UnknownSymbol};
use super::books::Books;
use super::engine::{NewOrder, Subject};
use super::memory::NONE;
use super::order::Key;
use super::queue::last_session;
use super::symbol::{SymbolSlot, flag};
use crate::feed::{Action, FeedEvent, TradeSessions};
use crate::units::{PriceScale, Qty, RawPrice, Side};

/// Where an event takes effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The slot of its symbol, or of none.
    pub(super) slot: u32,
    /// The home of its order, if it has one.
    pub(super) home: u32,
}

impl Target {
    pub(super) const NONE: Self = Self {
        slot: NONE,
        home: 0,
    };
}

impl Books<'_> {
    /// Applies one event to its symbol.
    ///
    /// # Errors
    ///
    /// When the symbol is not defined. Everything else that can be wrong with an event is reported
    /// in [`Applied::rejection`], since it may be news as well.
    pub fn apply(&mut self, event: &FeedEvent) -> Result<Applied, UnknownSymbol> {
        let target = self.target(event);
        self.apply_to(target, event)
    }

    /// Where an event takes effect.
    #[inline(always)]
    pub(super) fn target(&self, event: &FeedEvent) -> Target {
        Target {
            slot: self.symbols.slot(event.symbol_index),
            home: (event.action.order_id()).map_or(0, |id| self.engine.orders.home(id)),
        }
    }

    /// Applies one event where it takes effect.
    #[inline(always)]
    pub(super) fn apply_to(
        &mut self,
        target: Target,
        event: &FeedEvent,
    ) -> Result<Applied, UnknownSymbol> {
        self.counters.events += 1;
        let Target { slot, home } = target;
        let Some(mut record) = self.symbols.record_in(slot) else {
            self.counters.unknown_symbols += 1;
            return Err(UnknownSymbol(event.symbol_index));
        };
        let key = |order_id| Key {
            slot,
            order_id,
            home,
        };
        record.note(event.symbol_seq_num);
        let mut subject = Subject::new(slot, record);
        let mut trade = None;
        let outcome = match event.action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => {
                let order = NewOrder {
                    side,
                    price,
                    qty,
                    sessions,
                };
                self.engine.add(&mut subject, key(order_id), order)
            }
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => self
                .engine
                .modify(&mut subject, key(order_id), price, qty, loses_place),
            Action::Delete { order_id } => self.engine.delete(&mut subject, key(order_id)),
            Action::Execute {
                order_id,
                price,
                qty,
                effect,
                printable,
                trade_id: _,
            } => {
                trade = counted(price, qty, printable);
                self.engine
                    .execute(&mut subject, key(order_id), qty, effect)
            }
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => self
                .engine
                .replace(&mut subject, key(order_id), new_order_id, price, qty),
            Action::Trade {
                price,
                qty,
                printable,
                trade_id: _,
            } => {
                trade = counted(price, qty, printable);
                if qty == Qty::ZERO {
                    Err(Rejection::ZeroQuantity)
                } else {
                    Ok(false)
                }
            }
            Action::Other => Ok(false),
            Action::Clear
            | Action::Session { .. }
            | Action::Halt
            | Action::Resume
            | Action::Close
            | Action::Scale { .. }
            | Action::Stale { .. } => return Ok(self.control(slot, event)),
        };
        if let Some(trade) = trade {
            self.tapes.count(slot, trade, subject.record.scale());
        }
        let mut applied = Applied {
            slot: SymbolSlot::from_raw(slot),
            bbo_changed: false,
            state_changed: false,
            trade,
            rejection: None,
            event_num: 0,
        };
        match outcome {
            Ok(bbo_changed) => applied.bbo_changed = bbo_changed,
            Err(rejection) => {
                self.counters.reject(rejection);
                applied.rejection = Some(rejection);
                applied.state_changed = subject.record.reject(rejection);
            }
        }
        applied.event_num = subject.record.count_news(applied.is_news());
        Ok(applied)
    }

    /// Applies an event that is about more than one order.
    #[cold]
    fn control(&mut self, slot: u32, event: &FeedEvent) -> Applied {
        let (bbo, state) = (self.symbols.bbo(slot), self.symbols.state(slot));
        let mut rejection = None;
        match event.action {
            Action::Clear => {
                self.void_all(slot);
                self.symbols.record(slot).unset(flag::CLEARED);
            }
            Action::Session { session } => self.start_session(slot, session),
            Action::Halt => self.symbols.record(slot).set(flag::HALTED),
            Action::Resume => self.symbols.record(slot).unset(flag::HALTED),
            Action::Close => {
                self.void_all(slot);
                self.symbols.record(slot).set(flag::CLOSED | flag::EXPIRED);
            }
            Action::Scale { scale } => rejection = self.rescale(slot, scale).err(),
            Action::Stale { reason: _ } => self.symbols.record(slot).set(flag::STALE),
            Action::Add { .. }
            | Action::Modify { .. }
            | Action::Delete { .. }
            | Action::Execute { .. }
            | Action::Replace { .. }
            | Action::Trade { .. }
            | Action::Other => {}
        }
        let mut record = self.symbols.record(slot);
        if let Some(seq_num) = event.symbol_seq_num {
            record.set_seq_num(seq_num);
        }
        if let Some(rejection) = rejection {
            self.counters.reject(rejection);
            record.reject(rejection);
        }
        let mut applied = Applied {
            slot: SymbolSlot::from_raw(slot),
            bbo_changed: self.symbols.bbo(slot) != bbo,
            state_changed: self.symbols.state(slot) != state,
            trade: None,
            rejection,
            event_num: 0,
        };
        applied.event_num = self.symbols.record(slot).count_news(applied.is_news());
        applied
    }

    /// Makes all orders of a symbol void.
    pub(super) fn void_all(&mut self, slot: u32) {
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        for side in Side::BOTH {
            self.engine.void(&mut subject, side, |_| true);
        }
    }

    /// Makes the orders void that are valid only before this session. The morning starts a new day.
    fn start_session(&mut self, slot: u32, session: TradeSessions) {
        if session == TradeSessions::MORNING {
            self.tapes.reset(slot);
        }
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        for side in Side::BOTH {
            let is_over = |expiry| last_session(expiry).over_at(session);
            if self.engine.void(&mut subject, side, is_over) {
                subject.record.set(flag::EXPIRED);
            }
        }
    }

    /// Tells the resting prices in a new scale, where that is exact; else makes all orders void.
    pub(super) fn rescale(&mut self, slot: u32, scale: PriceScale) -> Result<(), Rejection> {
        let old = self.symbols.scale(slot);
        if scale == old {
            return Ok(());
        }
        self.symbols.record(slot).set_scale(scale);
        let exact = Side::BOTH.into_iter().all(|side| {
            self.depth(SymbolSlot::from_raw(slot), side)
                .all(|level| level.price.rescaled(old, scale).is_some())
        });
        if !exact {
            self.void_all(slot);
            return Err(Rejection::ScaleLost);
        }
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        for side in Side::BOTH {
            self.engine.rescale(&mut subject, side, old, scale);
        }
        Ok(())
    }
}

/// The trade, if it counts towards volume.
fn counted(price: RawPrice, qty: Qty, printable: bool) -> Option<Trade> {
    (printable && qty != Qty::ZERO).then_some(Trade { price, qty })
}
