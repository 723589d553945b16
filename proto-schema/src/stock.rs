//! What Pis push to the visualisation.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, Numbering, Position, Price, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex,
    UnixNanos,
};
use serde::{Deserialize, Serialize};

use crate::name::{NodeId, StreamId};
use crate::records::heads;
use crate::run::Run;
use crate::stock_record::StockRecord;

/// Pi to visualisation: what the numbers `(after, through]` of one stream changed, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockBatch {
    /// The run.
    pub run: Run,
    /// Which replica speaks.
    pub node: NodeId,
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The number before the first that it covers.
    pub after: SeqNum,
    /// The last number that it covers.
    pub through: SeqNum,
    /// Set when the numbering begins with this batch: where the replica left the one before.
    pub begins: Option<Position>,
    /// What the replica says of its trust in the partition.
    pub trust: TrustWord,
    /// How many records follow.
    pub events: u16,
    /// When the Pi sent it.
    pub ts_sent: UnixNanos,
}

/// How far a replica has told its changes of trust in one partition. They move no position, so they
/// are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TrustWord {
    /// Changes told before this message: whoever has heard of fewer has missed one.
    pub told: u32,
    /// Whether there are changes that are not told yet; until then nothing of the partition is live
    /// on this replica's word.
    pub pending: bool,
}

/// Pi to visualisation, every quarter of a second: I am alive, and this is how far I am, as records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockBeat {
    /// The run.
    pub run: Run,
    /// Which replica speaks.
    pub node: NodeId,
    /// How many streams follow.
    pub streams: u16,
    /// When the Pi sent it.
    pub ts_sent: UnixNanos,
}

/// How far a replica is in one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StreamWord {
    /// The stream.
    pub stream: StreamId,
    /// The numbering of the numbers.
    pub numbering: Numbering,
    /// The last number that a [`StockBatch`] of the stream covered.
    pub after: SeqNum,
    /// Nothing changed up to here.
    pub through: SeqNum,
    /// What the replica says of its trust in the partition.
    pub trust: TrustWord,
    /// Whether something before `through` is missing that may still come, or is being repaired.
    pub recovering: bool,
    /// Whether the replica hears nothing of the stream any more.
    pub silent: bool,
    /// Whether the stream is over.
    pub ended: bool,
}

/// The best bid and offer of a symbol after a message that changed them, its trust or its trading
/// status, or printed a trade. Named by the symbol and the position of the message.
///
/// It holds the whole visible state, so the newest event of a symbol is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockEvent {
    /// The number of the message within the numbering of its batch.
    pub seq_num: SeqNum,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// When the matching engine did it, if known.
    pub ts_event: Option<UnixNanos>,
    /// The best prices.
    pub view: View,
    /// The trade that was part of the change.
    pub trade: Option<TradePrint>,
}

/// The best prices of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct View {
    /// The scale of the prices.
    pub scale: PriceScale,
    /// The best bid.
    pub bid: Option<Quote>,
    /// The best offer.
    pub ask: Option<Quote>,
}

/// The best price of a side and what rests there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quote {
    /// The price, in the scale of the symbol.
    pub price: RawPrice,
    /// All shares at that price.
    pub qty: u64,
    /// How many orders they are.
    pub orders: u32,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TradePrint {
    /// Its price, in the scale of the symbol.
    pub price: RawPrice,
    /// Its shares.
    pub qty: Qty,
}

/// How far the book of a symbol can be trusted, and what the venue does with the symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolTrust {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Whether the book can be trusted.
    pub trust: Trust,
    /// Whether the symbol trades.
    pub status: TradingStatus,
}

/// All that a replica knows of a symbol at the moment of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SymbolState {
    /// Its trust and trading status.
    pub trust: SymbolTrust,
    /// As of where that is right, by the channel that it belongs to, if anything was heard of it. The
    /// message that carries the state may be about another channel.
    pub at: Option<(ChannelId, Position)>,
    /// Its best prices.
    pub view: View,
    /// The price of its last trade that counted towards volume.
    pub last_trade: Option<Price>,
}

/// Pi to visualisation: no more events from me.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EndOfEvents {
    /// The run.
    pub run: Run,
    /// Which replica is done.
    pub node: NodeId,
}

heads! {
    StockBatch lists StockRecord by events: u16;
    StockBeat lists StreamWord by streams: u16;
    EndOfEvents;
}
