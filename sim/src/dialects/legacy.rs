//! Messages of the 2011 dialect.

use oxberry_core::units::{OrderId, Qty, RawPrice, TradeId};
use oxberry_core::xdp::{
    DeleteReason, ExecutionReason, GtcIndicator, LegacyAddOrder, LegacyAddOrderRefresh,
    LegacyDeleteOrder, LegacyModifyOrder, LegacyOrderExecution, LegacyTrade, Message, ModifyReason,
    SideCode,
};

use super::event::{OrderEvent, OrderFields, Stamp};

/// The message of an event.
pub(super) fn message(stamp: Stamp, event: OrderEvent) -> Message {
    match event {
        OrderEvent::Add(order) => add(stamp, order).into(),
        OrderEvent::AddAgain(order) => add_again(stamp, order).into(),
        OrderEvent::Modify { order, keeps_place } => modify(stamp, order, keeps_place).into(),
        OrderEvent::Delete {
            order_id,
            side,
            reason,
        } => delete(stamp, order_id, side, reason).into(),
        OrderEvent::Execute {
            order_id,
            price,
            qty,
            trade_id,
            fills,
        } => LegacyOrderExecution {
            source_time_ns: stamp.source_time_ns,
            symbol_index: stamp.symbol_index,
            symbol_seq_num: stamp.symbol_seq_num,
            order_id: number(order_id),
            price,
            volume: qty,
            order_id_gtc_indicator: GtcIndicator::DAY,
            reason_code: if fills {
                ExecutionReason::FILLED
            } else {
                ExecutionReason::PARTIAL_FILL
            },
            trade_id,
        }
        .into(),
        OrderEvent::Trade {
            price,
            qty,
            trade_id,
        } => trade(stamp, price, qty, trade_id).into(),
    }
}

/// A trade, without the best bid and offer that the message has room for.
pub(crate) fn trade(stamp: Stamp, price: RawPrice, qty: Qty, trade_id: TradeId) -> LegacyTrade {
    LegacyTrade {
        source_time_ns: stamp.source_time_ns,
        symbol_index: stamp.symbol_index,
        symbol_seq_num: stamp.symbol_seq_num,
        trade_id,
        price,
        volume: qty,
        ..LegacyTrade::default()
    }
}

fn add(stamp: Stamp, order: OrderFields) -> LegacyAddOrder {
    LegacyAddOrder {
        source_time_ns: stamp.source_time_ns,
        symbol_index: stamp.symbol_index,
        symbol_seq_num: stamp.symbol_seq_num,
        order_id: number(order.id),
        price: order.price,
        volume: order.qty,
        side: order.side,
        order_id_gtc_indicator: GtcIndicator::DAY,
        trade_session: order.sessions,
    }
}

fn add_again(stamp: Stamp, order: OrderFields) -> LegacyAddOrderRefresh {
    LegacyAddOrderRefresh {
        source_time: 0,
        source_time_ns: stamp.source_time_ns,
        symbol_index: stamp.symbol_index,
        symbol_seq_num: stamp.symbol_seq_num,
        order_id: number(order.id),
        price: order.price,
        volume: order.qty,
        side: order.side,
        order_id_gtc_indicator: GtcIndicator::DAY,
        trade_session: order.sessions,
    }
}

fn modify(stamp: Stamp, order: OrderFields, keeps_place: bool) -> LegacyModifyOrder {
    LegacyModifyOrder {
        source_time_ns: stamp.source_time_ns,
        symbol_index: stamp.symbol_index,
        symbol_seq_num: stamp.symbol_seq_num,
        order_id: number(order.id),
        price: order.price,
        volume: order.qty,
        side: order.side,
        order_id_gtc_indicator: GtcIndicator::DAY,
        reason_code: if keeps_place {
            ModifyReason::FILL
        } else {
            ModifyReason::CHANGE
        },
    }
}

fn delete(
    stamp: Stamp,
    order_id: OrderId,
    side: SideCode,
    reason_code: DeleteReason,
) -> LegacyDeleteOrder {
    LegacyDeleteOrder {
        source_time_ns: stamp.source_time_ns,
        symbol_index: stamp.symbol_index,
        symbol_seq_num: stamp.symbol_seq_num,
        order_id: number(order_id),
        side,
        order_id_gtc_indicator: GtcIndicator::DAY,
        reason_code,
    }
}

/// The number of a legacy order, whose ids are 32 bits wide.
fn number(id: OrderId) -> u32 {
    u32::try_from(id.raw()).unwrap_or(u32::MAX)
}
