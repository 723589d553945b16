//! What Pis push to the visualisation.

use oxberry_core::units::{Price, Qty, SymbolIndex, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::name::{EventNum, NodeId};
use crate::records::heads;

/// Pi to visualisation: what changed, as records.
///
/// A Pi without news pushes one without events every second, so that silence means that it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockBatch {
    /// Which replica speaks.
    pub node: NodeId,
    /// How many events follow.
    pub events: u16,
    /// When the Pi sent it.
    pub ts_sent: UnixNanos,
}

/// The best bid and offer of a symbol after a change, and the trade if there was one.
///
/// It holds the whole visible state, so the newest event of a symbol is enough. Twins push equal
/// events; of each number the first to arrive counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StockEvent {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The event's number within the symbol: 1, 2, 3, ….
    pub event_num: EventNum,
    /// When the matching engine did it, if known.
    pub ts_event: Option<UnixNanos>,
    /// Whether the book can be trusted.
    pub state: SymbolState,
    /// The best bid.
    pub bid: Option<Quote>,
    /// The best offer.
    pub ask: Option<Quote>,
    /// The trade that was part of the change.
    pub trade: Option<TradePrint>,
}

/// The best price of a side and what rests there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quote {
    /// The price.
    pub price: Price,
    /// All shares at that price.
    pub qty: u64,
    /// How many orders they are.
    pub orders: u32,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TradePrint {
    /// Its price.
    pub price: Price,
    /// Its shares.
    pub qty: Qty,
}

/// Whether and how the book of a symbol can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SymbolState {
    /// The book is what the venue's is.
    Live,
    /// Messages or room are missing; the numbers may be wrong.
    Stale,
    /// The book is being rebuilt.
    Recovering,
    /// The venue halted trading.
    Halted,
    /// Trading is over for the day.
    Closed,
}

/// Pi to visualisation: no more events from me.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EndOfEvents {
    /// Which replica is done.
    pub node: NodeId,
}

heads! {
    StockBatch lists StockEvent by events: u16;
    EndOfEvents;
}
