//! What happened, as messages of a dialect.

use oxberry_core::book::Level;
use oxberry_core::matching::LimitOrder;
use oxberry_core::units::{OrderId, Qty, SymbolSeqNum};
use oxberry_core::xdp::{
    Ascii, DeleteReason, Dialect, ExchangeCode, ExecutionReason, GtcIndicator, LegacyAddOrder,
    LegacyDeleteOrder, LegacyModifyOrder, LegacyOrderExecution, LegacySymbolIndexMapping,
    LegacyTrade, LiquidityIndicator, MarketId, Message, ModifyReason, PartitionTimeReference,
    PillarAddOrder, PillarDeleteOrder, PillarModifyOrder, PillarNonDisplayedTrade,
    PillarOrderExecution, PillarReplaceOrder, PositionChange, SecurityStatus, SymbolClear,
    SymbolIndexMapping, SymbolTimeReference, TradeSession, XdpAddOrder, XdpDeleteOrder,
    XdpModifyOrder, XdpNonDisplayedTrade, XdpOrderExecution, XdpReplaceOrder,
};

use super::flow::Flow;
use super::venue::Happening;

/// The second and the nanoseconds in it at which something happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventTime {
    pub(super) second: u32,
    pub(super) nanosecond: u32,
}

/// Round lots of every stock.
const LOT: u16 = 100;
/// One cent, in hundredths of a cent.
const MPV_CENT: u16 = 100;

/// The messages that define a stock at the start of the day: 3, 32 and 34.
pub(super) fn definition(dialect: Dialect, flow: &mut Flow, time: EventTime) -> [Message; 3] {
    let listing = &flow.listing;
    let mapping = LegacySymbolIndexMapping {
        symbol_index: listing.symbol_index,
        symbol: Ascii::new(listing.symbol.as_bytes()).unwrap_or_default(),
        market_id: MarketId::ARCA_EQUITIES,
        system_id: listing.system,
        exchange_code: match listing.listed_market {
            'N' => ExchangeCode::NYSE,
            'Q' => ExchangeCode::NASDAQ,
            _ => ExchangeCode::ARCA,
        },
        price_scale_code: listing.scale.code(),
        lot_size: LOT,
        prev_close_price: flow.close(),
        ..LegacySymbolIndexMapping::default()
    };
    let clear = SymbolClear {
        source_time: time.second,
        source_time_ns: time.nanosecond,
        symbol_index: listing.symbol_index,
        next_source_seq_num: flow.next_number,
    };
    let status = SecurityStatus {
        source_time: time.second,
        source_time_ns: time.nanosecond,
        symbol_index: listing.symbol_index,
        symbol_seq_num: flow.take_number(),
        ..SecurityStatus::default()
    };
    let mapping = match dialect {
        Dialect::Legacy => mapping.into(),
        Dialect::Xdp | Dialect::Pillar => SymbolIndexMapping {
            base: mapping,
            mpv: MPV_CENT,
            unit_of_trade: LOT,
            ..SymbolIndexMapping::default()
        }
        .into(),
    };
    [mapping, clear.into(), status.into()]
}

/// The message that says the second of the messages that follow.
pub(super) fn time_reference(dialect: Dialect, flow: &mut Flow, second: u32) -> Message {
    match dialect {
        Dialect::Legacy => SymbolTimeReference {
            symbol_index: flow.listing.symbol_index,
            symbol_seq_num: flow.take_number(),
            source_time: second,
        }
        .into(),
        Dialect::Xdp | Dialect::Pillar => PartitionTimeReference {
            id: flow.listing.system.raw().into(),
            symbol_seq_num: 0,
            source_time: second,
        }
        .into(),
    }
}

/// The messages of one happening.
pub(super) fn messages(
    dialect: Dialect,
    flow: &mut Flow,
    time: EventTime,
    happening: Happening,
    emit: &mut impl FnMut(Message),
) {
    match dialect {
        Dialect::Legacy => legacy(flow, time, happening, emit),
        Dialect::Xdp => emit(xdp(flow, time, happening)),
        Dialect::Pillar => emit(pillar(flow, time, happening)),
    }
}

fn legacy(
    flow: &mut Flow,
    EventTime { second, nanosecond }: EventTime,
    happening: Happening,
    emit: &mut impl FnMut(Message),
) {
    let symbol_index = flow.listing.symbol_index;
    let delete = |symbol_seq_num: SymbolSeqNum, order: LimitOrder, reason_code| LegacyDeleteOrder {
        source_time_ns: nanosecond,
        symbol_index,
        symbol_seq_num,
        order_id: number(order.id),
        side: order.side.into(),
        order_id_gtc_indicator: GtcIndicator::DAY,
        reason_code,
    };
    let add = |symbol_seq_num: SymbolSeqNum, order: LimitOrder| LegacyAddOrder {
        source_time_ns: nanosecond,
        symbol_index,
        symbol_seq_num,
        order_id: number(order.id),
        price: order.price,
        volume: order.qty,
        side: order.side.into(),
        order_id_gtc_indicator: GtcIndicator::DAY,
        trade_session: TradeSession::MORNING_CORE,
    };
    let symbol_seq_num = flow.take_number();
    let message = match happening {
        Happening::Add { order } => add(symbol_seq_num, order).into(),
        Happening::Delete { order } => {
            delete(symbol_seq_num, order, DeleteReason::USER_CANCEL).into()
        }
        Happening::Replace { old, new } => {
            emit(delete(symbol_seq_num, old, DeleteReason::MODIFY).into());
            add(flow.take_number(), new).into()
        }
        Happening::Modify { order, kept_place } => LegacyModifyOrder {
            source_time_ns: nanosecond,
            symbol_index,
            symbol_seq_num,
            order_id: number(order.id),
            price: order.price,
            volume: order.qty,
            side: order.side.into(),
            order_id_gtc_indicator: GtcIndicator::DAY,
            reason_code: if kept_place {
                ModifyReason::FILL
            } else {
                ModifyReason::CHANGE
            },
        }
        .into(),
        Happening::Execute { trade, trade_id } => LegacyOrderExecution {
            source_time_ns: nanosecond,
            symbol_index,
            symbol_seq_num,
            order_id: number(trade.resting),
            price: trade.price,
            volume: trade.qty,
            order_id_gtc_indicator: GtcIndicator::DAY,
            reason_code: if trade.resting_left == Qty::ZERO {
                ExecutionReason::FILLED
            } else {
                ExecutionReason::PARTIAL_FILL
            },
            trade_id,
        }
        .into(),
        Happening::HiddenTrade {
            price,
            qty,
            trade_id,
            bid,
            ask,
        } => LegacyTrade {
            source_time: second,
            source_time_ns: nanosecond,
            symbol_index,
            symbol_seq_num,
            trade_id,
            price,
            volume: qty,
            liquidity_indicator_flag: LiquidityIndicator::NONE,
            ask_price: ask.price,
            ask_volume: shown(ask),
            bid_price: bid.price,
            bid_volume: shown(bid),
            ..LegacyTrade::default()
        }
        .into(),
    };
    emit(message);
}

fn xdp(flow: &mut Flow, time: EventTime, happening: Happening) -> Message {
    let source_time_ns = time.nanosecond;
    let symbol_index = flow.listing.symbol_index;
    let symbol_seq_num = flow.take_number();
    match happening {
        Happening::Add { order } => XdpAddOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: order.id,
            price: order.price,
            volume: order.qty,
            side: order.side.into(),
            ..XdpAddOrder::default()
        }
        .into(),
        Happening::Delete { order } => XdpDeleteOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: order.id,
            ..XdpDeleteOrder::default()
        }
        .into(),
        Happening::Replace { old, new } => XdpReplaceOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: old.id,
            new_order_id: new.id,
            price: new.price,
            volume: new.qty,
            ..XdpReplaceOrder::default()
        }
        .into(),
        Happening::Modify { order, kept_place } => XdpModifyOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: order.id,
            price: order.price,
            volume: order.qty,
            position_change: position_change(kept_place),
            ..XdpModifyOrder::default()
        }
        .into(),
        Happening::Execute { trade, trade_id } => XdpOrderExecution {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: trade.resting,
            trade_id,
            price: trade.price,
            volume: trade.qty,
            ..XdpOrderExecution::default()
        }
        .into(),
        Happening::HiddenTrade {
            price,
            qty,
            trade_id,
            ..
        } => XdpNonDisplayedTrade {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            trade_id,
            price,
            volume: qty,
            ..XdpNonDisplayedTrade::default()
        }
        .into(),
    }
}

fn pillar(flow: &mut Flow, time: EventTime, happening: Happening) -> Message {
    let source_time_ns = time.nanosecond;
    let symbol_index = flow.listing.symbol_index;
    let symbol_seq_num = flow.take_number();
    match happening {
        Happening::Add { order } => PillarAddOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: order.id,
            price: order.price.into(),
            volume: order.qty,
            side: order.side.into(),
            ..PillarAddOrder::default()
        }
        .into(),
        Happening::Delete { order } => PillarDeleteOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: order.id,
            ..PillarDeleteOrder::default()
        }
        .into(),
        Happening::Replace { old, new } => PillarReplaceOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: old.id,
            new_order_id: new.id,
            price: new.price.into(),
            volume: new.qty,
            side: new.side.into(),
            ..PillarReplaceOrder::default()
        }
        .into(),
        Happening::Modify { order, kept_place } => PillarModifyOrder {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: order.id,
            price: order.price.into(),
            volume: order.qty,
            position_change: position_change(kept_place),
            side: order.side.into(),
            ..PillarModifyOrder::default()
        }
        .into(),
        Happening::Execute { trade, trade_id } => PillarOrderExecution {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            order_id: trade.resting,
            trade_id,
            price: trade.price.into(),
            volume: trade.qty,
            ..PillarOrderExecution::default()
        }
        .into(),
        Happening::HiddenTrade {
            price,
            qty,
            trade_id,
            ..
        } => PillarNonDisplayedTrade {
            source_time_ns,
            symbol_index,
            symbol_seq_num,
            trade_id,
            price: price.into(),
            volume: qty,
            ..PillarNonDisplayedTrade::default()
        }
        .into(),
    }
}

const fn position_change(kept_place: bool) -> PositionChange {
    if kept_place {
        PositionChange::KEPT
    } else {
        PositionChange::LOST
    }
}

/// The number of a legacy order, whose ids are 32 bits wide.
fn number(id: OrderId) -> u32 {
    u32::try_from(id.raw()).unwrap_or(u32::MAX)
}

/// The size of a level, which the message's field may be too narrow for.
fn shown(level: Level) -> Qty {
    Qty::from_raw(u32::try_from(level.qty).unwrap_or(u32::MAX))
}
