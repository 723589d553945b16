//! What happens to orders, before a dialect gives it its bytes.

use oxberry_core::units::{OrderId, Qty, RawPrice, SymbolIndex, SymbolSeqNum, TradeId};
use oxberry_core::xdp::{DeleteReason, SideCode, TradeSession};

/// What every message says beside its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// The nanoseconds within the second of the event.
    pub(crate) source_time_ns: u32,
    pub(crate) symbol_index: SymbolIndex,
    pub(crate) symbol_seq_num: SymbolSeqNum,
}

/// An order as messages describe it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OrderFields {
    pub(crate) id: OrderId,
    pub(crate) side: SideCode,
    pub(crate) price: RawPrice,
    pub(crate) qty: Qty,
    /// The sessions in which it is valid; only the legacy dialect says so.
    pub(crate) sessions: TradeSession,
}

/// What happens to the orders of one symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OrderEvent {
    /// An order joins the book.
    Add(OrderFields),
    /// A resting order is sent again, in a refresh or after a failover.
    AddAgain(OrderFields),
    /// A resting order has a new price or quantity.
    Modify {
        order: OrderFields,
        keeps_place: bool,
    },
    /// An order leaves the book. Only the legacy dialect says its side and why.
    Delete {
        order_id: OrderId,
        side: SideCode,
        reason: DeleteReason,
    },
    /// A resting order trades, in part or, if `fills`, with all of its shares.
    Execute {
        order_id: OrderId,
        price: RawPrice,
        qty: Qty,
        trade_id: TradeId,
        fills: bool,
    },
    /// Shares trade that the book never showed.
    Trade {
        price: RawPrice,
        qty: Qty,
        trade_id: TradeId,
    },
}
