//! Applying events.

use super::applied::{Applied, UnknownSymbol};
use super::books::Books;
use super::engine::{Engine, NewOrder, Outcome, Subject};
use super::expiry::last_session;
use super::order::Key;
use super::refs::Bucket;
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::symbol::flag;
use super::trade::Trade;
use crate::feed::{Action, FeedEvent, TradeSessions};
use crate::units::{ChannelId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolSeqNum};

/// Where an event takes effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The slot of its symbol, or of none.
    pub(super) slot: SymbolSlot,
    /// The home of its order, if it has one.
    pub(super) home: Bucket,
}

impl Target {
    pub(super) const NONE: Self = Self {
        slot: SymbolSlot::NONE,
        home: Bucket::FIRST,
    };
}

impl Books<'_> {
    /// Applies one event of a channel to its symbol.
    ///
    /// # Errors
    ///
    /// When the symbol is not defined. Everything else that can be wrong with an event is reported
    /// in [`Applied::rejection`] and [`Applied::missing`], since it may be news as well.
    pub fn apply(
        &mut self,
        channel: ChannelId,
        event: &FeedEvent,
    ) -> Result<Applied, UnknownSymbol> {
        let target = self.target(event);
        if self.follows(target, channel, event) {
            Ok(self.apply_next(target, event))
        } else {
            self.apply_other(target, channel, event)
        }
    }

    /// Where an event takes effect.
    #[inline(always)]
    pub(super) fn target(&self, event: &FeedEvent) -> Target {
        Target {
            slot: self.symbols.slot(event.symbol_index),
            home: (event.action.order_id()).map_or(Bucket::FIRST, |id| self.engine.orders.home(id)),
        }
    }

    /// Whether an event is the next message of its symbol and nothing is odd, as nearly always: then it
    /// counts, and is one for [`Self::apply_next`]; else it is one for [`Self::apply_other`].
    #[inline(always)]
    pub(super) fn follows(
        &mut self,
        target: Target,
        channel: ChannelId,
        event: &FeedEvent,
    ) -> bool {
        let Some(mut record) = self.symbols.record_in(target.slot) else {
            return false;
        };
        if !record.follows(channel, event.symbol_seq_num) {
            return false;
        }
        record.count_message();
        record.note();
        self.counters.events += 1;
        true
    }

    /// Applies one event that does not simply follow.
    #[cold]
    #[inline(never)]
    pub(super) fn apply_other(
        &mut self,
        target: Target,
        channel: ChannelId,
        event: &FeedEvent,
    ) -> Result<Applied, UnknownSymbol> {
        self.counters.events += 1;
        if self.symbols.record_in(target.slot).is_none() {
            self.counters.unknown_symbols += 1;
            return Err(UnknownSymbol(event.symbol_index));
        }
        Ok(self.apply_odd(target, channel, event))
    }

    /// As [`Self::apply_next`], for what is rare and not noted yet.
    #[inline(never)]
    pub(super) fn apply_admitted(&mut self, target: Target, event: &FeedEvent) -> Applied {
        self.symbols.record(target.slot).note();
        self.apply_next(target, event)
    }

    /// Applies an event whose number was looked at and noted.
    #[inline(always)]
    pub(super) fn apply_next(&mut self, target: Target, event: &FeedEvent) -> Applied {
        let Target { slot, home } = target;
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        let Some((outcome, trade)) = self.engine.change(&mut subject, home, &event.action) else {
            return self.control(slot, event);
        };
        if let Some(trade) = trade {
            self.tapes.count(slot, trade, subject.record.scale());
        }
        let (bbo_changed, trust_changed, rejection) = match outcome {
            Ok(bbo_changed) => (bbo_changed, false, None),
            Err(rejection) => {
                self.counters.reject(rejection);
                (false, subject.record.reject(rejection), Some(rejection))
            }
        };
        Applied {
            slot,
            bbo_changed,
            trust_changed,
            status_changed: false,
            trade,
            rejection,
            missing: 0,
        }
    }

    /// Applies an event that is about more than one order, or the venue's repetition of one.
    #[cold]
    fn control(&mut self, slot: SymbolSlot, event: &FeedEvent) -> Applied {
        let before = self.symbols.shown(slot);
        let outcome = self.act(slot, event);
        let mut applied = Applied::nothing(slot);
        if let Err(rejection) = outcome {
            self.counters.reject(rejection);
            self.symbols.record(slot).reject(rejection);
            applied.rejection = Some(rejection);
        }
        self.symbols.record(slot).mark();
        applied.compare(before, self.symbols.shown(slot));
        applied
    }

    fn act(&mut self, slot: SymbolSlot, event: &FeedEvent) -> Result<(), Rejection> {
        let mut record = self.symbols.record(slot);
        match event.action {
            Action::Clear { next } => self.clear(slot, event.seq_num, next),
            Action::Session { session } => {
                if record.trading_status() != TradingStatus::Halted {
                    record.set_trading_status(TradingStatus::Open);
                }
                self.start_session(slot, session);
            }
            Action::Halt => record.set_trading_status(TradingStatus::Halted),
            Action::Resume => record.set_trading_status(TradingStatus::Open),
            Action::Close => {
                record.set_trading_status(TradingStatus::Closed);
                record.set(flag::EXPIRED);
                self.void_all(slot);
            }
            Action::Define { scale, is_whole } => {
                return self.describe(slot, event.seq_num, scale, is_whole);
            }
            Action::Unreadable => {
                if event.symbol_seq_num.is_none() {
                    // Definitions have no number.
                    record.set(flag::UNSCALED);
                }
                record.set_trust(Trust::Stale);
                self.counters.unreadable += 1;
            }
            Action::Refresh {
                last,
                through,
                scale,
            } => self.start_refresh(slot, event.seq_num, last, through, scale),
            // Without a refresh under way it is nobody's order.
            Action::RefreshAdd { .. } if !record.has(flag::REFRESHING) => {}
            Action::RefreshAdd {
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
                return self.refresh_order(slot, order_id, order);
            }
            Action::Refreshed => self.end_refresh(slot),
            Action::Add { .. }
            | Action::Modify { .. }
            | Action::Delete { .. }
            | Action::Execute { .. }
            | Action::Replace { .. }
            | Action::Trade { .. }
            | Action::Other => {}
        }
        Ok(())
    }

    /// The venue says that a symbol has no orders, and what its next number will be.
    fn clear(&mut self, slot: SymbolSlot, at: SeqNum, next: SymbolSeqNum) {
        let mut record = self.symbols.record(slot);
        let before = next.raw().saturating_sub(1);
        record.unset(flag::EXPIRED | flag::RESET | flag::UNANNOUNCED);
        record.unset(flag::REFRESHING | flag::AHEAD);
        record.set_last(before);
        record.set_since(at);
        record.set_trading_status(TradingStatus::Unknown);
        let is_failover = record.has(flag::FAILOVER);
        if is_failover {
            record.set(flag::CLEARED);
        }
        // Where it had numbers before it may have had orders, which are to be told again.
        record.set_trust(if is_failover || before > 0 {
            Trust::Recovering
        } else {
            Trust::Live
        });
        self.void_all(slot);
    }

    /// The venue describes a symbol that has a book.
    fn describe(
        &mut self,
        slot: SymbolSlot,
        at: SeqNum,
        scale: PriceScale,
        is_whole: bool,
    ) -> Result<(), Rejection> {
        let mut record = self.symbols.record(slot);
        record.unset(flag::UNSCALED);
        if scale != record.scale() {
            record.set_since(at);
        }
        if !is_whole && record.trust() != Trust::Recovering && !record.has_content() {
            record.set_trust(Trust::Stale);
        }
        self.rescale(slot, scale)
    }

    /// Makes all orders of a symbol void.
    pub(super) fn void_all(&mut self, slot: SymbolSlot) {
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        for side in Side::BOTH {
            self.engine.void(&mut subject, side, |_| true);
        }
    }

    /// Makes the orders void that are valid only before this session. The morning starts a new day.
    fn start_session(&mut self, slot: SymbolSlot, session: TradeSessions) {
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
    pub(super) fn rescale(&mut self, slot: SymbolSlot, scale: PriceScale) -> Result<(), Rejection> {
        let old = self.symbols.scale(slot);
        if scale == old {
            return Ok(());
        }
        self.symbols.record(slot).set_scale(scale);
        let exact = Side::BOTH.into_iter().all(|side| {
            self.depth(slot, side)
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

impl Engine<'_> {
    /// Does what an event says of one order, and says whether the best level changed; `None` when it
    /// is about more than one order.
    #[inline(always)]
    fn change(
        &mut self,
        subject: &mut Subject<'_>,
        home: Bucket,
        action: &Action,
    ) -> Option<(Outcome, Option<Trade>)> {
        let slot = subject.slot;
        let key = |order_id| Key {
            slot,
            order_id,
            home,
        };
        let outcome = match *action {
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
                self.add(subject, key(order_id), order)
            }
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => self.modify(subject, key(order_id), price, qty, loses_place),
            Action::Delete { order_id } => self.delete(subject, key(order_id)),
            Action::Execute {
                order_id,
                price,
                qty,
                effect,
                printable,
                trade_id: _,
            } => {
                let trade = counted(price, qty, printable);
                return Some((self.execute(subject, key(order_id), qty, effect), trade));
            }
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => self.replace(subject, key(order_id), new_order_id, price, qty),
            Action::Trade { qty, .. } if qty == Qty::ZERO => Err(Rejection::ZeroQuantity),
            Action::Trade {
                price,
                qty,
                printable,
                trade_id: _,
            } => return Some((Ok(false), counted(price, qty, printable))),
            Action::Other => Ok(false),
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
        };
        Some((outcome, None))
    }
}

/// The trade, if it counts towards volume.
#[inline(always)]
fn counted(price: RawPrice, qty: Qty, printable: bool) -> Option<Trade> {
    (printable && qty != Qty::ZERO).then_some(Trade { price, qty })
}
