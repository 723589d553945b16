//! Applying events: whether one follows, and what is told of what it did.

use super::applied::{Applied, UnknownSymbol};
use super::books::Books;
use super::engine::Subject;
use super::refs::Bucket;
use super::slot::SymbolSlot;
use crate::feed::FeedEvent;
use crate::units::ChannelId;

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
}
