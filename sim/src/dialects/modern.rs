//! Messages of the two later dialects, which differ only in their names and in the types of a few
//! fields.

use oxberry_core::xdp::PositionChange;

/// Declares a dialect: its module, its messages, and the field of its modifications and replacements
/// that the other one does not have.
macro_rules! dialect {
    ($dialect:ident: $add:ident, $again:ident, $modify:ident, $delete:ident, $execution:ident,
     $replace:ident, $trade:ident; $($side:ident)?) => {
        pub(super) mod $dialect {
            use oxberry_core::units::{OrderId, Qty, RawPrice, TradeId};
            use oxberry_core::xdp::{
                $add, $again, $delete, $execution, $modify, $replace, $trade, Message,
            };

            use super::position_change;
            use crate::dialects::event::{OrderEvent, OrderFields, Stamp};

            /// The message of an event.
            pub(in crate::dialects) fn message(stamp: Stamp, event: OrderEvent) -> Message {
                match event {
                    OrderEvent::Add(order) => add(stamp, order).into(),
                    OrderEvent::AddAgain(order) => add_again(stamp, order).into(),
                    OrderEvent::Modify { order, keeps_place } => {
                        modify(stamp, order, keeps_place).into()
                    }
                    OrderEvent::Delete { order_id, .. } => delete(stamp, order_id).into(),
                    OrderEvent::Execute {
                        order_id,
                        price,
                        qty,
                        trade_id,
                        fills: _,
                    } => $execution {
                        source_time_ns: stamp.source_time_ns,
                        symbol_index: stamp.symbol_index,
                        symbol_seq_num: stamp.symbol_seq_num,
                        order_id,
                        trade_id,
                        price: price.into(),
                        volume: qty,
                        ..$execution::default()
                    }
                    .into(),
                    OrderEvent::Trade {
                        price,
                        qty,
                        trade_id,
                    } => trade(stamp, price, qty, trade_id).into(),
                }
            }

            /// One order leaves and another one joins.
            pub(in crate::dialects) fn replacement(
                stamp: Stamp,
                old: OrderId,
                new: OrderFields,
            ) -> Message {
                $replace {
                    source_time_ns: stamp.source_time_ns,
                    symbol_index: stamp.symbol_index,
                    symbol_seq_num: stamp.symbol_seq_num,
                    order_id: old,
                    new_order_id: new.id,
                    price: new.price.into(),
                    volume: new.qty,
                    $($side: new.side,)?
                    ..$replace::default()
                }
                .into()
            }

            fn add(stamp: Stamp, order: OrderFields) -> $add {
                $add {
                    source_time_ns: stamp.source_time_ns,
                    symbol_index: stamp.symbol_index,
                    symbol_seq_num: stamp.symbol_seq_num,
                    order_id: order.id,
                    price: order.price.into(),
                    volume: order.qty,
                    side: order.side,
                    ..$add::default()
                }
            }

            fn add_again(stamp: Stamp, order: OrderFields) -> $again {
                $again {
                    source_time_ns: stamp.source_time_ns,
                    symbol_index: stamp.symbol_index,
                    symbol_seq_num: stamp.symbol_seq_num,
                    order_id: order.id,
                    price: order.price.into(),
                    volume: order.qty,
                    side: order.side,
                    ..$again::default()
                }
            }

            fn modify(stamp: Stamp, order: OrderFields, keeps_place: bool) -> $modify {
                $modify {
                    source_time_ns: stamp.source_time_ns,
                    symbol_index: stamp.symbol_index,
                    symbol_seq_num: stamp.symbol_seq_num,
                    order_id: order.id,
                    price: order.price.into(),
                    volume: order.qty,
                    position_change: position_change(keeps_place),
                    $($side: order.side,)?
                    ..$modify::default()
                }
            }

            fn delete(stamp: Stamp, order_id: OrderId) -> $delete {
                $delete {
                    source_time_ns: stamp.source_time_ns,
                    symbol_index: stamp.symbol_index,
                    symbol_seq_num: stamp.symbol_seq_num,
                    order_id,
                    ..$delete::default()
                }
            }

            fn trade(stamp: Stamp, price: RawPrice, qty: Qty, trade_id: TradeId) -> $trade {
                $trade {
                    source_time_ns: stamp.source_time_ns,
                    symbol_index: stamp.symbol_index,
                    symbol_seq_num: stamp.symbol_seq_num,
                    trade_id,
                    price: price.into(),
                    volume: qty,
                    ..$trade::default()
                }
            }
        }
    };
}

dialect!(xdp: XdpAddOrder, XdpAddOrderRefresh, XdpModifyOrder, XdpDeleteOrder, XdpOrderExecution,
    XdpReplaceOrder, XdpNonDisplayedTrade;);
dialect!(pillar: PillarAddOrder, PillarAddOrderRefresh, PillarModifyOrder, PillarDeleteOrder,
    PillarOrderExecution, PillarReplaceOrder, PillarNonDisplayedTrade; side);

const fn position_change(keeps_place: bool) -> PositionChange {
    if keeps_place {
        PositionChange::KEPT
    } else {
        PositionChange::LOST
    }
}
