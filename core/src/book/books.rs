//! The books: what they hold and how to look at it.

use super::bbo::Bbo;
use super::capacity::Capacity;
use super::counters::BookCounters;
use super::engine::Engine;
use super::past::ChannelPast;
use super::regions::{MemoryTooSmall, Regions};
use super::rejection::Rejection;
use super::slot::SymbolSlot;
use super::state::{TradingStatus, Trust};
use super::statistics::{Statistics, Tapes};
use super::symbol::{DefineError, Symbols};
use crate::feed::{Action, FeedEvent};
use crate::units::{ChannelId, Price, PriceScale, SymbolIndex, SymbolSeqNum};

/// The order books of many symbols, in memory handed in at start.
#[derive(Debug)]
pub struct Books<'s> {
    pub(super) capacity: Capacity,
    pub(super) symbols: Symbols<'s>,
    pub(super) tapes: Tapes<'s>,
    pub(super) engine: Engine<'s>,
    pub(super) counters: BookCounters,
}

impl<'s> Books<'s> {
    /// Empty books. Writes every word that the capacity needs.
    ///
    /// # Errors
    ///
    /// When `memory` has fewer than [`Capacity::words`] words.
    pub fn new(capacity: Capacity, memory: &'s mut [u32]) -> Result<Self, MemoryTooSmall> {
        let regions = Regions::cut(capacity, memory)?;
        Ok(Self {
            capacity,
            symbols: Symbols::new(regions.index, regions.names, regions.symbols),
            tapes: Tapes::new(regions.tapes),
            engine: Engine::new(capacity, regions.records, regions.ladders),
            counters: BookCounters::default(),
        })
    }

    /// Makes the books as new ones are: without symbols, orders and counts, in the same memory.
    pub fn reset(&mut self) {
        self.symbols.reset();
        self.tapes.reset_all();
        self.engine.reset(self.capacity);
        self.counters = BookCounters::default();
    }

    /// How much the books hold at most.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// Makes a symbol known, with an empty book. A symbol that is known already keeps its slot and
    /// its orders and gets the scale as by [`Action::Define`](crate::feed::Action::Define).
    ///
    /// # Errors
    ///
    /// When all symbols of the capacity are defined, or too many of them collide in the index.
    pub fn define(
        &mut self,
        symbol_index: SymbolIndex,
        scale: PriceScale,
    ) -> Result<SymbolSlot, DefineError> {
        if let Some(slot) = self.symbols.find(symbol_index) {
            if self.rescale(slot, scale).is_err() {
                self.counters.reject(Rejection::ScaleLost);
                self.symbols.record(slot).reject(Rejection::ScaleLost);
            }
            return Ok(slot);
        }
        self.symbols.add(symbol_index, scale)
    }

    /// Makes a symbol known that this event of a channel tells of first: the feed defines it. It may
    /// have been meant by what happened to the channel before; one that a refresh tells of had messages
    /// that nobody could take. Nothing happens for other events, and for symbols that are known.
    ///
    /// # Errors
    ///
    /// As [`Books::define`].
    #[inline]
    pub fn define_by(
        &mut self,
        channel: ChannelId,
        past: &ChannelPast,
        event: &FeedEvent,
    ) -> Result<(), DefineError> {
        let (scale, trust) = if let Action::Define { scale, .. } = event.action {
            (scale, Trust::Live)
        } else if let Action::Refresh {
            scale: Some(scale), ..
        } = event.action
        {
            (scale, Trust::Stale)
        } else {
            return Ok(());
        };
        if self.symbols.find(event.symbol_index).is_none() {
            let slot = self.symbols.add(event.symbol_index, scale)?;
            let mut record = self.symbols.record(slot);
            record.set_channel(Some(channel));
            record.set_trust(trust);
            record.mark();
            self.catch_up(slot, channel, past);
        }
        Ok(())
    }

    /// The slot of a symbol, if it is defined.
    #[must_use]
    pub fn slot(&self, symbol_index: SymbolIndex) -> Option<SymbolSlot> {
        self.symbols.find(symbol_index)
    }

    /// The slots of all symbols, in the order of definition.
    pub fn slots(&self) -> impl DoubleEndedIterator<Item = SymbolSlot> + ExactSizeIterator + use<> {
        (0..self.symbols.count()).map(SymbolSlot::from_raw)
    }

    /// The venue's number of the symbol.
    #[must_use]
    pub fn symbol_index(&self, slot: SymbolSlot) -> SymbolIndex {
        self.symbols.symbol_index(slot)
    }

    /// The scale of the symbol's prices.
    #[must_use]
    pub fn scale(&self, slot: SymbolSlot) -> PriceScale {
        self.symbols.scale(slot)
    }

    /// The best bid and the best ask.
    #[inline(always)]
    #[must_use]
    pub fn bbo(&self, slot: SymbolSlot) -> Bbo {
        self.symbols.bbo(slot)
    }

    /// Whether the book can be trusted.
    #[must_use]
    pub fn trust(&self, slot: SymbolSlot) -> Trust {
        self.symbols.trust(slot)
    }

    /// Whether the symbol trades.
    #[must_use]
    pub fn trading_status(&self, slot: SymbolSlot) -> TradingStatus {
        self.symbols.trading_status(slot)
    }

    /// The channel that the book belongs to: that of the symbol's first event.
    #[must_use]
    pub fn channel(&self, slot: SymbolSlot) -> Option<ChannelId> {
        let channel = self.symbols.channel(slot);
        channel.filter(|_| !self.symbols.is_tentative(slot))
    }

    /// Whether two channels claim the symbol, so that its book is never to be trusted.
    #[must_use]
    pub fn is_contested(&self, slot: SymbolSlot) -> bool {
        self.symbols.is_contested(slot)
    }

    /// The number of the symbol's last message, or that before the one that a clear or a refresh said
    /// comes next; `None` before the first.
    #[must_use]
    pub fn symbol_seq_num(&self, slot: SymbolSlot) -> Option<SymbolSeqNum> {
        self.symbols.seq_num(slot)
    }

    /// What the symbol traded, if it did.
    #[must_use]
    pub fn statistics(&self, slot: SymbolSlot) -> Option<Statistics> {
        self.tapes.tape(slot).statistics()
    }

    /// The price of the symbol's last trade that counts towards volume.
    #[must_use]
    pub fn last_price(&self, slot: SymbolSlot) -> Option<Price> {
        self.tapes.last(slot)
    }

    /// Orders that rest, over all symbols.
    #[must_use]
    pub fn order_count(&self) -> u32 {
        self.engine.live
    }

    /// Levels in use, over all symbols.
    #[must_use]
    pub fn level_count(&self) -> u32 {
        self.engine.levels.live()
    }

    /// What happened so far, by kind.
    #[must_use]
    pub fn counters(&self) -> BookCounters {
        self.counters
    }
}
