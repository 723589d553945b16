//! What can be seen of a symbol.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, Position, Price, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex, UnixNanos,
};
use serde::{Deserialize, Serialize};

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
