//! Turns what happened at the venue into messages of a dialect.

use oxberry_core::book::Level;
use oxberry_core::matching::LimitOrder;
use oxberry_core::units::Qty;
use oxberry_core::xdp::{
    Ascii, DeleteReason, Dialect, ExchangeCode, LegacySymbolIndexMapping, LegacyTrade,
    LiquidityIndicator, MarketId, Message, PartitionTimeReference, SecurityStatus, SymbolClear,
    SymbolIndexMapping, SymbolTimeReference, TradeSession,
};

use super::flow::Flow;
use super::venue::Happening;
use crate::dialects::{self, OrderEvent, OrderFields, Stamp};

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

/// Returns the messages that define a stock at the start of the day, of types 3, 32 and 34.
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

/// Returns the message that gives the second of those that follow.
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

/// Emits the messages of one happening: two for a replacement in the legacy dialect, else one.
pub(super) fn messages(
    dialect: Dialect,
    flow: &mut Flow,
    time: EventTime,
    happening: Happening,
    emit: &mut impl FnMut(Message),
) {
    let stamp = next_stamp(flow, time);
    let event = match happening {
        Happening::Add { order } => OrderEvent::Add(fields(order)),
        Happening::Modify { order, kept_place } => OrderEvent::Modify {
            order: fields(order),
            keeps_place: kept_place,
        },
        Happening::Delete { order } => delete(order, DeleteReason::USER_CANCEL),
        Happening::Execute { trade, trade_id } => OrderEvent::Execute {
            order_id: trade.resting,
            price: trade.price,
            qty: trade.qty,
            trade_id,
            fills: trade.resting_left == Qty::ZERO,
        },
        Happening::HiddenTrade {
            price,
            qty,
            trade_id,
            bid,
            ask,
        } => {
            if dialect == Dialect::Legacy {
                let trade = dialects::legacy_trade(stamp, price, qty, trade_id);
                return emit(with_quotes(trade, time, bid, ask).into());
            }
            OrderEvent::Trade {
                price,
                qty,
                trade_id,
            }
        }
        Happening::Replace { old, new } => {
            let new = fields(new);
            if let Some(message) = dialects::replacement(dialect, stamp, old.id, new) {
                return emit(message);
            }
            let leaves = delete(old, DeleteReason::MODIFY);
            emit(dialects::message(dialect, stamp, leaves));
            let stamp = next_stamp(flow, time);
            return emit(dialects::message(dialect, stamp, OrderEvent::Add(new)));
        }
    };
    emit(dialects::message(dialect, stamp, event));
}

/// The stamp of the stock's next message, which takes its number.
fn next_stamp(flow: &mut Flow, time: EventTime) -> Stamp {
    Stamp {
        source_time_ns: time.nanosecond,
        symbol_index: flow.listing.symbol_index,
        symbol_seq_num: flow.take_number(),
    }
}

fn fields(order: LimitOrder) -> OrderFields {
    OrderFields {
        id: order.id,
        side: order.side.into(),
        price: order.price,
        qty: order.qty,
        sessions: TradeSession::MORNING_CORE,
    }
}

fn delete(order: LimitOrder, reason: DeleteReason) -> OrderEvent {
    OrderEvent::Delete {
        order_id: order.id,
        side: order.side.into(),
        reason,
    }
}

/// A legacy trade with its second and the best bid and offer, which no other message has.
fn with_quotes(trade: LegacyTrade, time: EventTime, bid: Level, ask: Level) -> LegacyTrade {
    LegacyTrade {
        source_time: time.second,
        liquidity_indicator_flag: LiquidityIndicator::NONE,
        ask_price: ask.price,
        ask_volume: shown(ask),
        bid_price: bid.price,
        bid_volume: shown(bid),
        ..trade
    }
}

/// The size of a level, which the message's field may be too narrow for.
fn shown(level: Level) -> Qty {
    Qty::from_raw(u32::try_from(level.qty).unwrap_or(u32::MAX))
}
