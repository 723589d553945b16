//! What comes out of the page: events, rows and what can be said of them, wishes and reports.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{ChannelId, Position, Price, RawPrice, SymbolIndex, UnixNanos};
use oxberry_proto::start::Replica;
use oxberry_proto::stock::{TradePrint, View};
use oxberry_proto::{NodeId, Partition, ProtoError, Run, SymbolName};

use super::word::Rank;

/// What the rim is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask the controller for the symbols, and pass the wish on if there is one.
    Ask {
        /// The replica that is to tell its state.
        tell: Option<Replica>,
    },
    /// Tell a person.
    Report(Report),
}

/// What a person should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// A run begins, shown afresh.
    NewRun(Run),
    /// A node was not heard for too long.
    Died(NodeId),
    /// A node that was thought dead is heard again. Nothing is live on its word before the controller
    /// has let it tell its state.
    Returned(NodeId),
    /// Something that a node said was missed; it is asked for its state.
    Missed(Replica),
    /// A frame could not be read.
    BadFrame(ProtoError),
    /// A node went on after it had said that no more events follow.
    SpokeAfterEnd(NodeId),
    /// The controller's program is of another version.
    AnotherSchema,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames heard.
    pub frames: u64,
    /// Events shown.
    pub events: u64,
    /// Events that another node had told before.
    pub copies: u64,
    /// Events of books that were not the best word on their symbol.
    pub untrusted: u64,
    /// Times that something of a node was missed.
    pub missed: u64,
    /// Frames of another run.
    pub foreign: u64,
    /// Frames that could not be read.
    pub bad_frames: u64,
    /// Frames that had come before.
    pub repeated: u64,
    /// Frames of nodes that had said that no more events follow.
    pub after_end: u64,
}

/// An event that the page took, the first of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The place of its row.
    pub row: usize,
    /// The node that was first.
    pub node: NodeId,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The channel that brought it.
    pub channel: ChannelId,
    /// The position of its message.
    pub position: Position,
    /// When the matching engine did it, if known.
    pub ts_event: Option<UnixNanos>,
    /// What its node said of the book right after it.
    pub trust: Trust,
    /// The best prices after it.
    pub view: View,
    /// The trade that was part of it.
    pub trade: Option<TradePrint>,
}

/// What an event shows of its symbol beside a trade: one that changes nothing of it, as a change of the number of
/// orders or of the trading status does, is no news to who follows best prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    /// The best bid and offer: price and shares.
    pub best: [Option<(RawPrice, u64)>; 2],
    /// How far the book can be trusted.
    pub trust: Trust,
}

impl Face {
    /// What holds before anything was told.
    pub const BLANK: Self = Self {
        best: [None, None],
        trust: Trust::Live,
    };
}

impl Shown {
    /// What it shows beside a trade.
    #[must_use]
    pub fn face(&self) -> Face {
        let View { bid, ask, .. } = self.view;
        Face {
            best: [bid, ask].map(|quote| quote.map(|quote| (quote.price, quote.qty))),
            trust: self.trust,
        }
    }
}

/// One symbol.
#[derive(Clone, Debug)]
pub struct Row {
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// Its name; empty while only the feed itself has told of it.
    pub name: SymbolName,
    /// Its partition.
    pub partition: Partition,
    /// Where the state that is shown stands.
    pub at: Option<(ChannelId, Position)>,
    /// When the matching engine made it, if known.
    pub ts_event: Option<UnixNanos>,
    /// The best prices, once something was heard.
    pub view: Option<View>,
    /// The price of the last trade, if one was told.
    pub last_trade: Option<Price>,
    /// How good the word of the node was that told the state.
    pub(super) rank: Rank,
}

impl Row {
    /// The row of a symbol of which nothing was told yet.
    #[must_use]
    pub const fn new(symbol_index: SymbolIndex, name: SymbolName, partition: Partition) -> Self {
        Self {
            symbol_index,
            name,
            partition,
            at: None,
            ts_event: None,
            view: None,
            last_trade: None,
            rank: Rank::NoWord,
        }
    }
}

/// How a node is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// It speaks.
    Speaking,
    /// It missed three beats.
    Silent,
    /// It was silent for too long: what it held is nobody's word any more.
    Dead,
    /// It said that no more events follow.
    Ended,
}

/// What can be said of a row now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the state that is shown can be trusted.
    pub trust: Trust,
    /// Whether nothing is heard of the symbol any more.
    pub silent: bool,
    /// Whether the symbol trades.
    pub status: TradingStatus,
}

impl Standing {
    /// Of a symbol that nobody speaks for.
    pub const NOBODY: Self = Self {
        trust: Trust::Stale,
        silent: true,
        status: TradingStatus::Unknown,
    };

    /// Whether what is shown is what the venue's book is.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.trust == Trust::Live && !self.silent
    }
}
