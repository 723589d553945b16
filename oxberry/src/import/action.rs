//! What happens in a market, between the format that told it and the messages that will tell it.

use oxberry_core::{
    units::{OrderId, Price, Qty, Side, TradeId, UnixNanos},
    xdp::{
        AuctionType, CrossType, FirmId, HaltCondition, ImbalanceSide, RpiIndicator,
        SecurityStatusCode,
    },
};

/// When something happened, and when it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// When the matching engine did it.
    pub(super) event: UnixNanos,
    /// When it was sent, or received where only that is known.
    pub(super) sent: UnixNanos,
}

/// An order as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) firm: FirmId,
}

/// Something that happens to a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// An order joins the book, at the end of its price.
    Add(Order),
    /// An order has this price and quantity from now on.
    Modify { order: Order, loses_place: bool },
    /// An order leaves, or what is left of it.
    Delete(OrderId),
    /// A resting order trades; if all of it, it leaves.
    Execute {
        order_id: OrderId,
        trade: Trade,
        /// Whether it counts towards volume.
        printable: bool,
    },
    /// An order leaves and another one joins at the end of its price.
    Replace { old: OrderId, new: Order },
    /// Shares trade that the book never showed.
    Trade(Trade),
    /// An auction prints all that traded in it.
    Cross { trade: Trade, cross_type: CrossType },
    /// A trade is void.
    TradeCancel(TradeId),
    /// Whether the symbol trades, or may be sold short.
    Status {
        status: SecurityStatusCode,
        halt: HaltCondition,
    },
    /// How an auction would go.
    Imbalance(Imbalance),
    /// Where retail orders would find a better price.
    Retail(RpiIndicator),
    /// There is no order of the symbol any more; those that come next are all there are.
    Clear,
}

/// Shares that traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trade {
    pub(super) id: TradeId,
    pub(super) price: Price,
    pub(super) qty: Qty,
}

/// How an auction would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Imbalance {
    pub(super) auction: AuctionType,
    /// When it is to be, decimal hhmm; 0 where that is not fixed.
    pub(super) auction_time: u16,
    pub(super) paired: Qty,
    pub(super) imbalance: Qty,
    pub(super) side: ImbalanceSide,
    pub(super) reference: Price,
    /// Where it would clear with the orders of the continuous book.
    pub(super) near: Price,
    /// Where it would clear without them.
    pub(super) far: Price,
}

impl Action {
    /// The prices that it tells.
    pub(super) fn prices(&self) -> impl Iterator<Item = Price> + use<> {
        let prices = match self {
            Self::Add(order) | Self::Modify { order, .. } | Self::Replace { new: order, .. } => {
                [Some(order.price), None, None]
            }
            Self::Execute { trade, .. } | Self::Trade(trade) | Self::Cross { trade, .. } => {
                [Some(trade.price), None, None]
            }
            Self::Imbalance(it) => [it.reference, it.near, it.far].map(Some),
            Self::Delete(_)
            | Self::TradeCancel(_)
            | Self::Status { .. }
            | Self::Retail(_)
            | Self::Clear => [None; 3],
        };
        prices.into_iter().flatten()
    }

    /// Whether a book that does not hear of it is wrong.
    pub(super) const fn is_of_book(&self) -> bool {
        matches!(
            self,
            Self::Add(_)
                | Self::Modify { .. }
                | Self::Delete(_)
                | Self::Execute { .. }
                | Self::Replace { .. }
                | Self::Clear
        )
    }
}
