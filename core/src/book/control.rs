//! Events that are about more than one order: what they say of a symbol, its trading and its prices.

use super::applied::Applied;
use super::books::Books;
use super::engine::{NewOrder, Subject};
use super::expiry::last_session;
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::symbol::flag;
use crate::feed::{Action, FeedEvent, TradeSessions};
use crate::units::{PriceScale, SeqNum, Side, SymbolSeqNum};

impl Books<'_> {
    /// Applies an event that is about more than one order, or the venue's repetition of one.
    #[cold]
    pub(super) fn control(&mut self, slot: SymbolSlot, event: &FeedEvent) -> Applied {
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
                let order = NewOrder::new(side, price, qty, sessions);
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
        subject.record.reset_sum();
    }

    /// Makes the orders void that are valid only before this session. The morning starts a new day.
    fn start_session(&mut self, slot: SymbolSlot, session: TradeSessions) {
        if session == TradeSessions::MORNING {
            self.tapes.reset(slot);
        }
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        for side in Side::BOTH {
            let is_over = |expiry| last_session(expiry).over_at(session);
            self.engine.count_out(&mut subject, side, is_over);
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
            // With other prices the same orders add up to something else.
            self.engine.count_out(&mut subject, side, |_| true);
            self.engine.rescale(&mut subject, side, old, scale);
            self.engine.count_in(&mut subject, side);
        }
        Ok(())
    }
}
