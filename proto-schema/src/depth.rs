//! Depth and queues of one symbol, told only when somebody asks.
//!
//! [Stock events](crate::stock) carry the best prices and nothing else, so that a symbol costs the same
//! whether or not anybody looks at it. Whoever looks closer asks the controller, which passes the wish on
//! to the node that is named in it; that node answers where it pushes its stock events.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{
    ChannelId, OrderId, Position, PriceScale, Qty, RawPrice, Side, SymbolIndex, UnixNanos,
};
use serde::{Deserialize, Serialize};

use crate::limits::MAX_DEPTH_QUEUES;
use crate::name::{NodeId, Partition};
use crate::records::heads;
use crate::run::Run;
use crate::view::Quote;

/// What somebody would like to see of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DepthWish {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Its partition.
    pub partition: Partition,
    /// How many levels of each side, from the best on; at most
    /// [`MAX_DEPTH_LEVELS`](crate::limits::MAX_DEPTH_LEVELS) are told.
    pub levels: u8,
    /// The levels whose orders are to be told too.
    pub queues: [Option<LevelName>; MAX_DEPTH_QUEUES],
}

/// One level of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LevelName {
    /// Its side.
    pub side: Side,
    /// Its price, in the scale of the symbol.
    pub price: RawPrice,
}

/// Visualisation to controller: pass this wish on to that node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DepthRequest {
    /// [`crate::SCHEMA_FINGERPRINT`] of the visualisation's program.
    pub schema: u64,
    /// The run.
    pub run: Run,
    /// Who is to tell it.
    pub node: NodeId,
    /// What is wished for.
    pub wish: DepthWish,
}

/// Controller to visualisation: whether the wish was passed on. What it leads to comes from the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DepthAsked {
    /// The run that the controller plays.
    pub run: Run,
    /// Whether there is such a node in it, as far as the controller knows.
    pub is_passed_on: bool,
}

/// Controller to Pi: tell the visualisation this of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TellDepth {
    /// The run.
    pub run: Run,
    /// What is wished for.
    pub wish: DepthWish,
}

/// Pi to visualisation: a part of a book as it is between two messages of the feed, as records. All parts
/// of one answer are of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Depth {
    /// The run.
    pub run: Run,
    /// Which replica speaks.
    pub node: NodeId,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Where the symbol's stream was: all up to there is in the book. Of a symbol that no channel has
    /// spoken of, nothing.
    pub at: Option<(ChannelId, Position)>,
    /// Whether the book can be trusted.
    pub trust: Trust,
    /// Whether the symbol trades.
    pub status: TradingStatus,
    /// The scale of the prices.
    pub scale: PriceScale,
    /// What it is a part of.
    pub part: DepthPart,
    /// When the Pi sent it.
    pub ts_sent: UnixNanos,
    /// How many records follow.
    pub records: u16,
}

/// What a [`Depth`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DepthPart {
    /// The levels of both sides, each side from its best on.
    Levels {
        /// Whether there are more bids than are told.
        more_bids: bool,
        /// Whether there are more asks than are told.
        more_asks: bool,
    },
    /// The orders of one level, first come first. There may be more than are told.
    Queue {
        /// The level.
        level: LevelName,
        /// How many orders rest there; none if there is no such level any more.
        orders: u32,
        /// All their shares.
        qty: u64,
    },
}

/// One record of a [`Depth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DepthRecord {
    /// The next level of the bids.
    Bid(Quote),
    /// The next level of the asks.
    Ask(Quote),
    /// The next order of the queue.
    Order {
        /// Its id.
        order_id: OrderId,
        /// Its remaining shares.
        qty: Qty,
    },
}

heads! {
    DepthRequest;
    DepthAsked;
    TellDepth;
    Depth lists DepthRecord by records: u16;
}
