//! What a refresh does to a book, which it builds anew when nothing better is known.

use super::books::Books;
use super::engine::{NewOrder, Subject};
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::symbol::flag;
use crate::units::{OrderId, PriceScale, SeqNum, SymbolSeqNum};

impl Books<'_> {
    /// A refresh begins that has all messages of the symbol up to `last`, and of its channel up to
    /// `through`; the channel was read up to `read`.
    ///
    /// A live book knows as much. One that is past the refresh, also by a loss, would lack what came in
    /// between. One whose scale is in doubt is helped only by a refresh that tells it. In a failover the
    /// venue builds the book another way. While the numbering is new to the symbol, a
    /// refresh of higher numbers than were read may be of the old one.
    pub(super) fn start_refresh(
        &mut self,
        slot: SymbolSlot,
        read: SeqNum,
        last: SymbolSeqNum,
        through: SeqNum,
        scale: Option<PriceScale>,
    ) {
        let mut record = self.symbols.record(slot);
        let is_reset = record.has(flag::RESET);
        let is_ahead = read < through;
        let is_old = through < record.since() || !is_reset && last.raw() < record.last();
        if record.trust() == Trust::Live
            || record.has(flag::CONTESTED | flag::FAILOVER)
            || is_old
            || is_reset && is_ahead
            || record.has(flag::UNSCALED) && scale.is_none()
        {
            record.unset(flag::REFRESHING);
            return;
        }
        record.unset(flag::RESET | flag::AHEAD | flag::UNANNOUNCED);
        record.set(flag::REFRESHING);
        if is_ahead {
            record.set(flag::AHEAD);
        }
        record.set_last(last.raw());
        record.set_since(through);
        record.set_trading_status(TradingStatus::Unknown);
        if let Some(scale) = scale {
            record.unset(flag::UNSCALED);
            record.set_scale(scale);
        }
        record.set_trust(Trust::Recovering);
        self.void_all(slot);
    }

    /// The refresh tells an order.
    pub(super) fn refresh_order(
        &mut self,
        slot: SymbolSlot,
        order_id: OrderId,
        order: NewOrder,
    ) -> Result<(), Rejection> {
        let key = self.engine.orders.key(slot, order_id);
        let mut subject = Subject::new(slot, self.symbols.record(slot));
        self.engine.add(&mut subject, key, order).map(|_| ())
    }

    /// The refresh is complete.
    pub(super) fn end_refresh(&mut self, slot: SymbolSlot) {
        let mut record = self.symbols.record(slot);
        if record.has(flag::REFRESHING) {
            record.unset(flag::REFRESHING);
            record.set_trust(Trust::Live);
        }
    }
}
