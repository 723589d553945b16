//! The packets of a made-up market, in memory.

use oxberry_core::feed::{Channel, EventsOnly, FeedEvent, FeedSymbol};
use oxberry_core::units::{PriceScale, SymbolIndex};
use oxberry_core::xdp::{Dialect, MAX_PACKET, PacketRef};
use oxberry_sim::market::{Market, MarketConfig, MarketError};

/// One channel of a market: its packets back to back, and what it is about.
#[derive(Debug)]
pub struct RecordedChannel {
    /// The dialect.
    pub dialect: Dialect,
    /// Packets back to back.
    pub bytes: Vec<u8>,
    /// Where each packet ends.
    ends: Vec<usize>,
    /// Messages in the packets.
    pub messages: u64,
    /// The symbols and their scales.
    pub symbols: Vec<(SymbolIndex, PriceScale)>,
}

impl RecordedChannel {
    /// Records a market of one channel.
    ///
    /// # Errors
    ///
    /// When there are too many symbols or too few messages for a market.
    pub fn record(dialect: Dialect, symbols: u32, messages: u64) -> Result<Self, MarketError> {
        let market = Market::new(MarketConfig {
            symbols,
            channels: 1,
            messages: Some(messages),
            dialect,
            ..MarketConfig::default()
        })?;
        let listings = market.listings().iter();
        let mut recorded = Self {
            dialect,
            bytes: Vec::new(),
            ends: Vec::new(),
            messages,
            symbols: listings
                .map(|listing| (listing.symbol_index, listing.scale))
                .collect(),
        };
        let mut buffer = [0; MAX_PACKET];
        for mut channel in market.channels() {
            while let Some(length) = channel.next_packet(&mut buffer) {
                recorded.bytes.extend(buffer.iter().take(length));
                recorded.ends.push(recorded.bytes.len());
            }
        }
        Ok(recorded)
    }

    /// The packets in order.
    pub fn packets(&self) -> impl Iterator<Item = PacketRef<'_>> {
        let starts = core::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(self.ends.iter().copied());
        let bytes = ranges.filter_map(|(start, end)| self.bytes.get(start..end));
        bytes.filter_map(|bytes| PacketRef::new(bytes).ok())
    }

    /// The events of all packets.
    #[must_use]
    pub fn events(&self) -> Vec<FeedEvent> {
        let slots = vec![FeedSymbol::EMPTY; self.symbols.len() * 2];
        let mut channel = Channel::new(self.dialect, slots);
        let mut events = Vec::new();
        for packet in self.packets() {
            // The generator's own tests prove that its packets are sound.
            let _ = channel.packet(&packet, &mut EventsOnly(|event| events.push(event)));
        }
        events
    }
}
