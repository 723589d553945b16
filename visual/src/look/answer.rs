//! What a Pi says of a book, as it is kept.

use oxberry_core::book::{TradingStatus, Trust};
use oxberry_core::units::{ChannelId, Instant, OrderId, Position, PriceScale, Qty};
use oxberry_proto::depth::{Depth, DepthRecord};
use oxberry_proto::stock::Quote;
use oxberry_proto::{NodeId, ProtoError, Records};

/// Who said something of a book, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The Pi.
    pub(crate) node: NodeId,
    /// Where its book was; nothing where no channel has spoken of the symbol.
    pub(crate) at: Option<(ChannelId, Position)>,
    /// How far the Pi trusts its book.
    pub(crate) trust: Trust,
    /// Whether the symbol trades.
    pub(crate) status: TradingStatus,
    /// The scale of the prices.
    pub(crate) scale: PriceScale,
    /// When it came here.
    pub(crate) came: Instant,
}

/// The levels of a book, each side from the best on.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    pub(crate) said: Said,
    pub(crate) bids: Vec<Quote>,
    pub(crate) asks: Vec<Quote>,
    /// Whether there are more than these.
    pub(crate) more_bids: bool,
    pub(crate) more_asks: bool,
}

/// The orders of one level, first come first.
#[derive(Clone, Debug)]
pub(crate) struct OrderQueue {
    pub(crate) said: Said,
    /// How many orders rest there.
    pub(crate) orders: u32,
    /// All their shares.
    pub(crate) qty: u64,
    /// The first of them, as many as were told.
    pub(crate) first: Vec<(OrderId, Qty)>,
}

impl Said {
    pub(crate) const fn of(head: &Depth, now: Instant) -> Self {
        Self {
            node: head.node,
            at: head.at,
            trust: head.trust,
            status: head.status,
            scale: head.scale,
            came: now,
        }
    }

    /// Whether it says no less than what was said before. A Pi that is behind its twin is not heard until
    /// what the twin said is so old that the twin seems to be gone.
    pub(crate) fn replaces(&self, before: &Self, patience: core::time::Duration) -> bool {
        let is_further = match (self.at, before.at) {
            (Some((channel, position)), Some((known, reached))) => {
                channel != known || position >= reached
            }
            (here, known) => here.is_some() || known.is_none(),
        };
        is_further || self.node == before.node || before.came.after(patience) <= self.came
    }
}

/// Reads the levels of an answer.
pub(crate) fn levels(
    said: Said,
    (more_bids, more_asks): (bool, bool),
    records: Records<'_, DepthRecord>,
) -> Result<Levels, ProtoError> {
    let mut levels = Levels {
        said,
        bids: Vec::new(),
        asks: Vec::new(),
        more_bids,
        more_asks,
    };
    for record in records {
        match record? {
            DepthRecord::Bid(level) => levels.bids.push(level),
            DepthRecord::Ask(level) => levels.asks.push(level),
            // An order belongs to a queue.
            DepthRecord::Order { .. } => return Err(ProtoError::Malformed),
        }
    }
    Ok(levels)
}

/// Reads the orders of an answer.
pub(crate) fn queue(
    said: Said,
    (orders, qty): (u32, u64),
    records: Records<'_, DepthRecord>,
) -> Result<OrderQueue, ProtoError> {
    let mut first = Vec::new();
    for record in records {
        match record? {
            DepthRecord::Order { order_id, qty } => first.push((order_id, qty)),
            // A level is none of a queue.
            DepthRecord::Bid(_) | DepthRecord::Ask(_) => return Err(ProtoError::Malformed),
        }
    }
    Ok(OrderQueue {
        said,
        orders,
        qty,
        first,
    })
}
