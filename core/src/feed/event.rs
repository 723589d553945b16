//! The event that books, tapes and the cluster share.

use crate::units::{
    OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum, TradeId, UnixNanos,
};

/// One thing that happened to one symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FeedEvent {
    /// The channel's number of the message that tells it. A message makes one event at most. What
    /// a refresh tells, which is numbered apart, bears the last number that was read before it.
    pub seq_num: SeqNum,
    /// The symbol it happened to.
    pub symbol_index: SymbolIndex,
    /// The message's number within its symbol; `None` for messages that carry none.
    pub symbol_seq_num: Option<SymbolSeqNum>,
    /// When the matching engine did it; `None` while the second is unknown (docs/wire-format.md, 5.3).
    pub ts_event: Option<UnixNanos>,
    /// What happened.
    pub action: Action,
}

impl FeedEvent {
    /// Whether a refresh tells it, as which the status of the symbol has no number.
    #[must_use]
    pub const fn is_of_refresh(&self) -> bool {
        let is_status = matches!(self.action, Action::Halt | Action::Resume | Action::Close);
        is_status && self.symbol_seq_num.is_none()
            || matches!(
                self.action,
                Action::Refresh { .. } | Action::RefreshAdd { .. } | Action::Refreshed
            )
    }
}

// One cache line.
const _: () = assert!(size_of::<FeedEvent>() == 64);

/// What happened to the symbol (docs/wire-format.md, 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
// With a tag of its own the order id, the first field, is at the same place in all that have one.
#[repr(u8)]
pub enum Action {
    /// An order joins the end of its level.
    Add {
        /// The order.
        order_id: OrderId,
        /// Its side.
        side: Side,
        /// Its price.
        price: RawPrice,
        /// Its quantity.
        qty: Qty,
        /// The sessions in which it is valid.
        sessions: TradeSessions,
    },
    /// An order has a new price or quantity, both absolute.
    Modify {
        /// The order.
        order_id: OrderId,
        /// Its new price.
        price: RawPrice,
        /// Its new quantity.
        qty: Qty,
        /// Whether it goes to the end of its level even if the price stays.
        loses_place: bool,
    },
    /// An order leaves the book.
    Delete {
        /// The order.
        order_id: OrderId,
    },
    /// An order traded.
    Execute {
        /// The resting order.
        order_id: OrderId,
        /// The price of the trade, which may differ from that of the order.
        price: RawPrice,
        /// The shares traded.
        qty: Qty,
        /// The trade.
        trade_id: TradeId,
        /// What it does to the order.
        effect: ExecutionEffect,
        /// Whether the trade counts towards volume. Never in the 2011 dialect, whose
        /// [`Action::Trade`]s repeat the executions.
        printable: bool,
    },
    /// An order leaves the book and another one joins the end of its level, on the same side.
    Replace {
        /// The order that leaves.
        order_id: OrderId,
        /// The order that joins.
        new_order_id: OrderId,
        /// The price of the new order.
        price: RawPrice,
        /// The quantity of the new order.
        qty: Qty,
    },
    /// A trade on the tape; it touches no order of the book.
    Trade {
        /// The price.
        price: RawPrice,
        /// The shares.
        qty: Qty,
        /// The trade.
        trade_id: TradeId,
        /// Whether the trade counts towards volume.
        printable: bool,
    },
    /// All orders and the state of the symbol are void. The next message of the symbol has this
    /// number; above 1 there may have been orders that a refresh is to tell again.
    Clear {
        /// The number of the symbol's next message.
        next: SymbolSeqNum,
    },
    /// A trading session starts; orders valid only in earlier ones are void.
    Session {
        /// The session that starts.
        session: TradeSessions,
    },
    /// Trading in the symbol stops, orders stay.
    Halt,
    /// Trading in the symbol goes on.
    Resume,
    /// Trading is over for the day; all orders are void.
    Close,
    /// The feed defines the symbol: prices of later events have this scale.
    Define {
        /// The scale.
        scale: PriceScale,
        /// Whether all that the channel said of the symbol was told. It was not if messages came
        /// before of symbols that nobody had defined, one of which this may be.
        is_whole: bool,
    },
    /// A message of the symbol cannot be understood, so nobody knows what it changed.
    Unreadable,
    /// A refresh of the symbol begins: all its resting orders follow, each as
    /// [`Action::RefreshAdd`], and then [`Action::Refreshed`] if nothing of it was missing.
    Refresh {
        /// The symbol's last message that is in it.
        last: SymbolSeqNum,
        /// The channel's last message that is in it.
        through: SeqNum,
        /// The scale of its prices, if it tells that.
        scale: Option<PriceScale>,
    },
    /// A resting order, told by a refresh: it joins the end of its level.
    RefreshAdd {
        /// The order.
        order_id: OrderId,
        /// Its side.
        side: Side,
        /// Its price.
        price: RawPrice,
        /// Its quantity.
        qty: Qty,
        /// The sessions in which it is valid.
        sessions: TradeSessions,
    },
    /// The refresh of the symbol is complete.
    Refreshed,
    /// A numbered message of the symbol that changes neither book nor tape.
    Other,
}

impl Action {
    /// The resting order that it is about, or the one it adds.
    #[inline(always)]
    #[must_use]
    pub const fn order_id(&self) -> Option<OrderId> {
        match *self {
            Self::Add { order_id, .. }
            | Self::Modify { order_id, .. }
            | Self::Delete { order_id }
            | Self::Execute { order_id, .. }
            | Self::Replace { order_id, .. }
            | Self::RefreshAdd { order_id, .. } => Some(order_id),
            Self::Trade { .. }
            | Self::Clear { .. }
            | Self::Session { .. }
            | Self::Halt
            | Self::Resume
            | Self::Close
            | Self::Define { .. }
            | Self::Unreadable
            | Self::Refresh { .. }
            | Self::Refreshed
            | Self::Other => None,
        }
    }
}

/// What an execution does to its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ExecutionEffect {
    /// The order loses the traded shares, and leaves when none remain.
    Reduce,
    /// The order leaves, whatever remained.
    Fill,
    /// Nothing: a modify or delete follows (2011 dialect with reason 0).
    None,
}

/// The trading sessions in which an order is valid, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TradeSessions(u8);

impl TradeSessions {
    /// The morning session.
    pub const MORNING: Self = Self(1);
    /// The core session.
    pub const CORE: Self = Self(2);
    /// The late session.
    pub const LATE: Self = Self(4);
    /// Every session: what orders of the newer dialects have, whose expiry is explicit.
    pub const ALL: Self = Self(7);

    /// The wire's bit mask; unknown bits are dropped.
    #[must_use]
    pub const fn from_wire(mask: u8) -> Self {
        Self(mask & Self::ALL.0)
    }

    /// The wire's bit mask.
    #[must_use]
    pub const fn to_wire(self) -> u8 {
        self.0
    }

    /// Whether an order valid in `self` is void once `starting` begins: it is valid neither in it
    /// nor in any later session. Of several starting sessions the first counts.
    #[must_use]
    pub const fn over_at(self, starting: Self) -> bool {
        self.0 < starting.0 & starting.0.wrapping_neg()
    }
}

impl core::fmt::Debug for TradeSessions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut names = f.debug_set();
        for (session, name) in [
            (Self::MORNING, "morning"),
            (Self::CORE, "core"),
            (Self::LATE, "late"),
        ] {
            if self.0 & session.0 != 0 {
                names.entry(&format_args!("{name}"));
            }
        }
        names.finish()
    }
}
