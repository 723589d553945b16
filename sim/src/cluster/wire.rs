//! The venue's deeds as messages of its dialect.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what has no message of its own is told by one that nobody can understand"
)]

use oxberry_core::units::{
    ChannelId, OrderId, Qty, RawPrice, SeqNum, SymbolIndex, SymbolSeqNum, SystemId, TradeId,
};
use oxberry_core::xdp::{
    Dialect, ExecutionReason, GtcIndicator, LegacyAddOrder, LegacyAddOrderRefresh,
    LegacyDeleteOrder, LegacyModifyOrder, LegacyOrderExecution, LegacySymbolIndexMapping,
    LegacyTrade, Message, ModifyReason, PartitionTimeReference, PillarAddOrder,
    PillarAddOrderRefresh, PillarDeleteOrder, PillarModifyOrder, PillarNonDisplayedTrade,
    PillarOrderExecution, PillarReplaceOrder, PositionChange, ProductId, RefreshHeader,
    SecurityStatus, SecurityStatusCode, SequenceNumberReset, SideCode, SymbolClear,
    SymbolIndexMapping, SymbolTimeReference, TradeSession, TradingSession, TradingSessionChange,
    XdpAddOrder, XdpAddOrderRefresh, XdpDeleteOrder, XdpModifyOrder, XdpNonDisplayedTrade,
    XdpOrderExecution, XdpReplaceOrder,
};

use super::deed::{Deed, NewOrder};

/// The matching-engine partition of every symbol.
const SYSTEM: SystemId = SystemId::from_raw(1);

/// Which message it is, beside what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub(super) dialect: Dialect,
    pub(super) symbol_index: SymbolIndex,
    pub(super) symbol_seq_num: SymbolSeqNum,
    /// Whether an execution leaves nothing of its order.
    pub(super) fills: bool,
}

/// Whether a deed has a number within its symbol.
pub(super) fn is_numbered(dialect: Dialect, deed: Deed) -> bool {
    match deed {
        Deed::Clear { .. } | Deed::Define(_) | Deed::AddAgain(_) => false,
        Deed::Second(_) => dialect == Dialect::Legacy,
        _ => true,
    }
}

/// The message that starts a numbering.
pub(super) fn reset(channel_id: ChannelId, (source_time, source_time_ns): (u32, u32)) -> Message {
    SequenceNumberReset {
        source_time,
        source_time_ns,
        product_id: ProductId::ARCA_INTEGRATED,
        channel_id,
    }
    .into()
}

/// What a packet of a refresh begins with: its place in the refresh, and the last numbers of channel and
/// symbol that are in it.
pub(super) fn refresh_header((number, of): (u16, u16), last: (u32, u32)) -> Message {
    RefreshHeader {
        current_refresh_pkt: number,
        total_refresh_pkts: of,
        last_seq_num: SeqNum::from_raw(last.0),
        last_symbol_seq_num: SymbolSeqNum::from_raw(last.1),
    }
    .into()
}

/// The message of a deed.
pub(super) fn message(about: About, deed: Deed) -> Message {
    match deed {
        Deed::Clear { next } => SymbolClear {
            symbol_index: about.symbol_index,
            next_source_seq_num: SymbolSeqNum::from_raw(next),
            ..SymbolClear::default()
        }
        .into(),
        Deed::Define(scale) => {
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
        Deed::Second(source_time) => match about.dialect {
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
        },
        Deed::Session(session) if about.dialect == Dialect::Legacy => TradingSessionChange {
            symbol_index: about.symbol_index,
            symbol_seq_num: about.symbol_seq_num,
            trading_session: TradingSession::from_raw(session),
            ..TradingSessionChange::default()
        }
        .into(),
        Deed::Session(session) => status(
            about,
            match session {
                1 => SecurityStatusCode::EARLY_SESSION,
                2 => SecurityStatusCode::CORE_SESSION,
                _ => SecurityStatusCode::LATE_SESSION,
            },
        ),
        Deed::Halt => status(about, SecurityStatusCode::HALT),
        Deed::Resume => status(about, SecurityStatusCode::RESUME),
        Deed::Close => status(about, SecurityStatusCode::CLOSED),
        deed => match about.dialect {
            Dialect::Legacy => legacy(about, deed),
            Dialect::Xdp => xdp(about, deed),
            Dialect::Pillar => pillar(about, deed),
        },
    }
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

/// A side that is none.
const NO_SIDE: SideCode = SideCode::from_raw(b'?');

fn legacy(about: About, deed: Deed) -> Message {
    let About {
        symbol_index,
        symbol_seq_num,
        ..
    } = about;
    let number = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
    let day = GtcIndicator::DAY;
    let add = |order: NewOrder, side| LegacyAddOrder {
        symbol_index,
        symbol_seq_num,
        order_id: number(order.id),
        price: RawPrice::from_raw(order.price),
        volume: Qty::from_raw(order.qty),
        side,
        order_id_gtc_indicator: day,
        trade_session: TradeSession::from_raw(order.sessions),
        ..LegacyAddOrder::default()
    };
    match deed {
        Deed::Add(order) => add(order, order.side.into()).into(),
        Deed::AddAgain(order) => LegacyAddOrderRefresh {
            symbol_index,
            symbol_seq_num,
            order_id: number(order.id),
            price: RawPrice::from_raw(order.price),
            volume: Qty::from_raw(order.qty),
            side: order.side.into(),
            order_id_gtc_indicator: day,
            trade_session: TradeSession::from_raw(order.sessions),
            ..LegacyAddOrderRefresh::default()
        }
        .into(),
        Deed::Modify { id, price, qty } => LegacyModifyOrder {
            symbol_index,
            symbol_seq_num,
            order_id: number(id),
            price: RawPrice::from_raw(price),
            volume: Qty::from_raw(qty),
            order_id_gtc_indicator: day,
            reason_code: ModifyReason::CHANGE,
            ..LegacyModifyOrder::default()
        }
        .into(),
        Deed::Execute { id, price, qty } => LegacyOrderExecution {
            symbol_index,
            symbol_seq_num,
            order_id: number(id),
            price: RawPrice::from_raw(price),
            volume: Qty::from_raw(qty),
            order_id_gtc_indicator: day,
            reason_code: if about.fills {
                ExecutionReason::FILLED
            } else {
                ExecutionReason::PARTIAL_FILL
            },
            ..LegacyOrderExecution::default()
        }
        .into(),
        Deed::Trade { price, qty } => LegacyTrade {
            symbol_index,
            symbol_seq_num,
            price: RawPrice::from_raw(price),
            volume: Qty::from_raw(qty),
            ..LegacyTrade::default()
        }
        .into(),
        Deed::Delete { id } => LegacyDeleteOrder {
            symbol_index,
            symbol_seq_num,
            order_id: number(id),
            order_id_gtc_indicator: day,
            ..LegacyDeleteOrder::default()
        }
        .into(),
        _ => LegacyAddOrder {
            symbol_index,
            symbol_seq_num,
            volume: Qty::from_raw(1),
            side: NO_SIDE,
            ..LegacyAddOrder::default()
        }
        .into(),
    }
}

/// The newer dialects differ in the types of a few fields alone.
macro_rules! modern {
    ($dialect:ident, $add:ident, $again:ident, $modify:ident, $delete:ident, $execute:ident,
     $replace:ident, $trade:ident) => {
        fn $dialect(about: About, deed: Deed) -> Message {
            let About {
                symbol_index,
                symbol_seq_num,
                ..
            } = about;
            let price_of = RawPrice::from_raw;
            let add = |order: NewOrder, side| $add {
                symbol_index,
                symbol_seq_num,
                order_id: OrderId::from_raw(order.id),
                price: price_of(order.price).into(),
                volume: Qty::from_raw(order.qty),
                side,
                ..$add::default()
            };
            match deed {
                Deed::Add(order) => add(order, order.side.into()).into(),
                Deed::AddAgain(order) => $again {
                    symbol_index,
                    symbol_seq_num,
                    order_id: OrderId::from_raw(order.id),
                    price: price_of(order.price).into(),
                    volume: Qty::from_raw(order.qty),
                    side: order.side.into(),
                    ..$again::default()
                }
                .into(),
                Deed::Modify { id, price, qty } => $modify {
                    symbol_index,
                    symbol_seq_num,
                    order_id: OrderId::from_raw(id),
                    price: price_of(price).into(),
                    volume: Qty::from_raw(qty),
                    position_change: PositionChange::LOST,
                    ..$modify::default()
                }
                .into(),
                Deed::Execute { id, price, qty } => $execute {
                    symbol_index,
                    symbol_seq_num,
                    order_id: OrderId::from_raw(id),
                    trade_id: TradeId::from_raw(1),
                    price: price_of(price).into(),
                    volume: Qty::from_raw(qty),
                    ..$execute::default()
                }
                .into(),
                Deed::Replace {
                    id,
                    new_id,
                    price,
                    qty,
                } => $replace {
                    symbol_index,
                    symbol_seq_num,
                    order_id: OrderId::from_raw(id),
                    new_order_id: OrderId::from_raw(new_id),
                    price: price_of(price).into(),
                    volume: Qty::from_raw(qty),
                    ..$replace::default()
                }
                .into(),
                Deed::Trade { price, qty } => $trade {
                    symbol_index,
                    symbol_seq_num,
                    price: price_of(price).into(),
                    volume: Qty::from_raw(qty),
                    ..$trade::default()
                }
                .into(),
                Deed::Delete { id } => $delete {
                    symbol_index,
                    symbol_seq_num,
                    order_id: OrderId::from_raw(id),
                    ..$delete::default()
                }
                .into(),
                _ => $add {
                    symbol_index,
                    symbol_seq_num,
                    volume: Qty::from_raw(1),
                    side: NO_SIDE,
                    ..$add::default()
                }
                .into(),
            }
        }
    };
}

modern!(
    xdp,
    XdpAddOrder,
    XdpAddOrderRefresh,
    XdpModifyOrder,
    XdpDeleteOrder,
    XdpOrderExecution,
    XdpReplaceOrder,
    XdpNonDisplayedTrade
);
modern!(
    pillar,
    PillarAddOrder,
    PillarAddOrderRefresh,
    PillarModifyOrder,
    PillarDeleteOrder,
    PillarOrderExecution,
    PillarReplaceOrder,
    PillarNonDisplayedTrade
);
