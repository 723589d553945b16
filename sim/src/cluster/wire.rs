//! Turns the venue's deeds into messages of its dialect.

use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex, SymbolSeqNum, SystemId,
    TradeId,
};
use oxberry_core::xdp::{
    DeleteReason, Dialect, LegacySymbolIndexMapping, Message, PartitionTimeReference, ProductId,
    RefreshHeader, SecurityStatus, SecurityStatusCode, SequenceNumberReset, SideCode, SymbolClear,
    SymbolIndexMapping, SymbolTimeReference, TradeSession, TradingSession, TradingSessionChange,
};

use super::deed::{Deed, NewOrder};
use crate::dialects::{self, OrderEvent, OrderFields, Stamp};

/// The matching-engine partition of every symbol.
const SYSTEM: SystemId = SystemId::from_raw(1);

/// A code that is no side, so that no reader can understand the order.
const NO_SIDE: SideCode = SideCode::from_raw(b'?');

/// What a message says beside its deed.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub(super) dialect: Dialect,
    pub(super) symbol_index: SymbolIndex,
    pub(super) symbol_seq_num: SymbolSeqNum,
    /// Whether an execution leaves nothing of its order.
    pub(super) fills: bool,
}

/// Returns whether the message of a deed has a number within its symbol.
pub(super) fn is_numbered(dialect: Dialect, deed: Deed) -> bool {
    match deed {
        Deed::Clear { .. } | Deed::Define(_) | Deed::AddAgain(_) => false,
        Deed::Second(_) => dialect == Dialect::Legacy,
        Deed::Add(_)
        | Deed::Modify { .. }
        | Deed::Delete { .. }
        | Deed::Execute { .. }
        | Deed::Replace { .. }
        | Deed::Trade { .. }
        | Deed::Session(_)
        | Deed::Halt
        | Deed::Resume
        | Deed::Close
        | Deed::Unreadable => true,
    }
}

/// Returns the message that starts a numbering.
pub(super) fn reset(channel_id: ChannelId, (source_time, source_time_ns): (u32, u32)) -> Message {
    SequenceNumberReset {
        source_time,
        source_time_ns,
        product_id: ProductId::ARCA_INTEGRATED,
        channel_id,
    }
    .into()
}

/// Returns the message that a packet of a refresh begins with: the place of the packet in the refresh, and
/// the last numbers of channel and symbol that the refresh covers.
pub(super) fn refresh_header((number, of): (u16, u16), last: (u32, u32)) -> Message {
    RefreshHeader {
        current_refresh_pkt: number,
        total_refresh_pkts: of,
        last_seq_num: SeqNum::from_raw(last.0),
        last_symbol_seq_num: SymbolSeqNum::from_raw(last.1),
    }
    .into()
}

/// Returns the message of a deed.
pub(super) fn message(about: About, deed: Deed) -> Message {
    let event = match deed {
        Deed::Clear { next } => return clear(about, next),
        Deed::Define(scale) => return definition(about, scale),
        Deed::Second(second) => return time_reference(about, second),
        Deed::Session(session) => return session_start(about, session),
        Deed::Halt => return status(about, SecurityStatusCode::HALT),
        Deed::Resume => return status(about, SecurityStatusCode::RESUME),
        Deed::Close => return status(about, SecurityStatusCode::CLOSED),
        Deed::Add(order) => OrderEvent::Add(fields(order)),
        Deed::AddAgain(order) => OrderEvent::AddAgain(fields(order)),
        Deed::Modify { id, price, qty } => OrderEvent::Modify {
            order: changed(id, price, qty),
            keeps_place: false,
        },
        Deed::Delete { id } => OrderEvent::Delete {
            order_id: OrderId::from_raw(id),
            side: SideCode::default(),
            reason: DeleteReason::default(),
        },
        Deed::Execute { id, price, qty } => OrderEvent::Execute {
            order_id: OrderId::from_raw(id),
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(qty),
            trade_id: about.trade_id(),
            fills: about.fills,
        },
        Deed::Trade { price, qty } => OrderEvent::Trade {
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(qty),
            trade_id: TradeId::default(),
        },
        Deed::Replace {
            id,
            new_id,
            price,
            qty,
        } => {
            let (old, new) = (OrderId::from_raw(id), changed(new_id, price, qty));
            return dialects::replacement(about.dialect, about.stamp(), old, new)
                .expect("a venue of the legacy dialect replaces nothing");
        }
        Deed::Unreadable => OrderEvent::Add(OrderFields {
            side: NO_SIDE,
            qty: Qty::from_raw(1),
            ..OrderFields::default()
        }),
    };
    dialects::message(about.dialect, about.stamp(), event)
}

impl About {
    fn stamp(self) -> Stamp {
        Stamp {
            source_time_ns: 0,
            symbol_index: self.symbol_index,
            symbol_seq_num: self.symbol_seq_num,
        }
    }

    /// Returns the trade id of an execution.
    fn trade_id(self) -> TradeId {
        match self.dialect {
            Dialect::Legacy => TradeId::default(),
            Dialect::Xdp | Dialect::Pillar => TradeId::from_raw(1),
        }
    }
}

/// An order that joins.
fn fields(order: NewOrder) -> OrderFields {
    OrderFields {
        side: order.side.into(),
        sessions: TradeSession::from_raw(order.sessions),
        ..changed(order.id, order.price, order.qty)
    }
}

/// An order whose message need not name a side.
fn changed(id: u64, price: u32, qty: u32) -> OrderFields {
    OrderFields {
        id: OrderId::from_raw(id),
        price: RawPrice::from_raw(price),
        qty: Qty::from_raw(qty),
        ..OrderFields::default()
    }
}

fn clear(about: About, next: u32) -> Message {
    SymbolClear {
        symbol_index: about.symbol_index,
        next_source_seq_num: SymbolSeqNum::from_raw(next),
        ..SymbolClear::default()
    }
    .into()
}

fn definition(about: About, scale: PriceScale) -> Message {
    let base = LegacySymbolIndexMapping {
        symbol_index: about.symbol_index,
        system_id: SYSTEM,
        price_scale_code: scale.code(),
        ..LegacySymbolIndexMapping::default()
    };
    match about.dialect {
        Dialect::Legacy => base.into(),
        Dialect::Xdp | Dialect::Pillar => SymbolIndexMapping {
            base,
            ..SymbolIndexMapping::default()
        }
        .into(),
    }
}

fn time_reference(about: About, source_time: u32) -> Message {
    match about.dialect {
        Dialect::Legacy => SymbolTimeReference {
            symbol_index: about.symbol_index,
            symbol_seq_num: about.symbol_seq_num,
            source_time,
        }
        .into(),
        Dialect::Xdp | Dialect::Pillar => PartitionTimeReference {
            id: SYSTEM.raw().into(),
            source_time,
            ..PartitionTimeReference::default()
        }
        .into(),
    }
}

/// Returns the message that a session starts, which is a status in the later dialects.
fn session_start(about: About, session: u8) -> Message {
    if about.dialect == Dialect::Legacy {
        return TradingSessionChange {
            symbol_index: about.symbol_index,
            symbol_seq_num: about.symbol_seq_num,
            trading_session: TradingSession::from_raw(session),
            ..TradingSessionChange::default()
        }
        .into();
    }
    let code = match session {
        1 => SecurityStatusCode::EARLY_SESSION,
        2 => SecurityStatusCode::CORE_SESSION,
        _ => SecurityStatusCode::LATE_SESSION,
    };
    status(about, code)
}

fn status(about: About, security_status: SecurityStatusCode) -> Message {
    SecurityStatus {
        symbol_index: about.symbol_index,
        symbol_seq_num: about.symbol_seq_num,
        security_status,
        ..SecurityStatus::default()
    }
    .into()
}
