//! Applying events: whether one follows, and what is told of what it did.

use super::applied::{Applied, UnknownSymbol};
use super::books::Books;
use super::change::printed;
use super::counters::BookCounters;
use super::engine::{Engine, Subject};
use super::refs::Bucket;
use super::slot::SymbolSlot;
use super::statistics::Tapes;
use super::symbol::SymbolRecord;
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
        match self.apply_next(target, channel, event) {
            Some(applied) => Ok(applied),
            None => self.apply_other(target, channel, event),
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

    /// Applies an event if it is the next message of its symbol and nothing is odd, as nearly always; else
    /// it is one for [`Self::apply_other`].
    #[inline(always)]
    pub(super) fn apply_next(
        &mut self,
        target: Target,
        channel: ChannelId,
        event: &FeedEvent,
    ) -> Option<Applied> {
        // The record is looked up once for all that follows.
        let mut record = self.symbols.record_in(target.slot)?;
        if !record.follows(channel, event.symbol_seq_num) {
            return None;
        }
        record.count_message();
        self.counters.events += 1;
        let (engine, tapes, counters) = (&mut self.engine, &mut self.tapes, &mut self.counters);
        let applied = apply_to(record, target, event, engine, tapes, counters);
        Some(applied.unwrap_or_else(|| self.control(target.slot, event)))
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

    /// Applies an event whose number was looked at.
    #[inline(never)]
    pub(super) fn apply_admitted(&mut self, target: Target, event: &FeedEvent) -> Applied {
        let record = self.symbols.record(target.slot);
        let (engine, tapes, counters) = (&mut self.engine, &mut self.tapes, &mut self.counters);
        let applied = apply_to(record, target, event, engine, tapes, counters);
        applied.unwrap_or_else(|| self.control(target.slot, event))
    }
}

/// Applies an event to the symbol that has this record; only notes one that is about more than one order,
/// of which nothing is told.
#[inline(always)]
fn apply_to(
    mut record: SymbolRecord<'_>,
    target: Target,
    event: &FeedEvent,
    engine: &mut Engine<'_>,
    tapes: &mut Tapes<'_>,
    counters: &mut BookCounters,
) -> Option<Applied> {
    let Target { slot, home } = target;
    record.note();
    let mut subject = Subject::new(slot, record);
    let outcome = engine.change(&mut subject, home, &event.action)?;
    let trade = printed(&event.action);
    if let Some(trade) = trade {
        tapes.count(slot, trade, subject.record.scale());
    }
    let (bbo_changed, trust_changed, rejection) = match outcome {
        Ok(bbo_changed) => (bbo_changed, false, None),
        Err(rejection) => {
            counters.reject(rejection);
            (false, subject.record.reject(rejection), Some(rejection))
        }
    };
    Some(Applied {
        slot,
        bbo_changed,
        trust_changed,
        status_changed: false,
        trade,
        rejection,
        missing: 0,
    })
}
