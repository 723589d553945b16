//! Actions as messages of the Pillar dialect.

use oxberry_core::{
    units::{OrderId, SymbolIndex, SymbolSeqNum},
    xdp::{
        HaltCondition, MarketState, Message, PillarAddOrder, PillarCrossTrade, PillarDeleteOrder,
        PillarImbalance, PillarModifyOrder, PillarNonDisplayedTrade, PillarOrderExecution,
        PillarReplaceOrder, PositionChange, PrintableFlag, RetailPriceImprovement, SecurityStatus,
        SecurityStatusCode, SsrState, SymbolClear, TradeCancel,
    },
};

use super::{
    super::action::{Action, Imbalance, Order, Stamp, Trade},
    scale::Scale,
};

/// What every message of a symbol says beside its action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heading {
    pub(super) stamp: Stamp,
    pub(super) symbol_index: SymbolIndex,
    pub(super) symbol_seq_num: SymbolSeqNum,
    pub(super) scale: Scale,
}

/// What the status of a symbol is, beside what its next message changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    ssr_state: SsrState,
    market_state: MarketState,
}

/// The message of an action.
pub(super) fn message(heading: Heading, action: Action, standing: &mut Standing) -> Message {
    match action {
        Action::Add(order) => add(heading, order),
        Action::Modify { order, loses_place } => modify(heading, order, loses_place),
        Action::Delete(order_id) => delete(heading, order_id),
        Action::Execute {
            order_id,
            trade,
            printable,
        } => execute(heading, order_id, trade, printable),
        Action::Replace { old, new } => replace(heading, old, new),
        Action::Trade(trade) => hidden_trade(heading, trade),
        Action::Cross { trade, cross_type } => PillarCrossTrade {
            source_time_ns: heading.nanosecond(),
            symbol_index: heading.symbol_index,
            symbol_seq_num: heading.symbol_seq_num,
            cross_id: trade.id.raw(),
            price: heading.scale.price(trade.price),
            volume: trade.qty,
            cross_type,
        }
        .into(),
        Action::TradeCancel(trade_id) => TradeCancel {
            source_time_ns: heading.nanosecond(),
            symbol_index: heading.symbol_index,
            symbol_seq_num: heading.symbol_seq_num,
            trade_id,
        }
        .into(),
        Action::Status { status, halt } => self::status(heading, status, halt, standing),
        Action::Imbalance(imbalance) => self::imbalance(heading, imbalance),
        Action::Retail(rpi_indicator) => RetailPriceImprovement {
            source_time_ns: heading.nanosecond(),
            symbol_index: heading.symbol_index,
            symbol_seq_num: heading.symbol_seq_num,
            rpi_indicator,
        }
        .into(),
        Action::Clear => clear(heading),
    }
}

impl Heading {
    fn nanosecond(&self) -> u32 {
        self.stamp.event.to_parts().1
    }
}

fn add(heading: Heading, order: Order) -> Message {
    PillarAddOrder {
        source_time_ns: heading.nanosecond(),
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        order_id: order.id,
        price: heading.scale.price(order.price),
        volume: order.qty,
        side: order.side.into(),
        firm_id: order.firm,
        ..PillarAddOrder::default()
    }
    .into()
}

fn modify(heading: Heading, order: Order, loses_place: bool) -> Message {
    PillarModifyOrder {
        source_time_ns: heading.nanosecond(),
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        order_id: order.id,
        price: heading.scale.price(order.price),
        volume: order.qty,
        position_change: if loses_place {
            PositionChange::LOST
        } else {
            PositionChange::KEPT
        },
        side: order.side.into(),
        ..PillarModifyOrder::default()
    }
    .into()
}

fn delete(heading: Heading, order_id: OrderId) -> Message {
    PillarDeleteOrder {
        source_time_ns: heading.nanosecond(),
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        order_id,
        ..PillarDeleteOrder::default()
    }
    .into()
}

fn execute(heading: Heading, order_id: OrderId, trade: Trade, printable: bool) -> Message {
    PillarOrderExecution {
        source_time_ns: heading.nanosecond(),
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        order_id,
        trade_id: trade.id,
        price: heading.scale.price(trade.price),
        volume: trade.qty,
        printable_flag: if printable {
            PrintableFlag::PRINTED
        } else {
            PrintableFlag::NOT_PRINTED
        },
        ..PillarOrderExecution::default()
    }
    .into()
}

fn replace(heading: Heading, old: OrderId, new: Order) -> Message {
    PillarReplaceOrder {
        source_time_ns: heading.nanosecond(),
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        order_id: old,
        new_order_id: new.id,
        price: heading.scale.price(new.price),
        volume: new.qty,
        side: new.side.into(),
        ..PillarReplaceOrder::default()
    }
    .into()
}

fn hidden_trade(heading: Heading, trade: Trade) -> Message {
    PillarNonDisplayedTrade {
        source_time_ns: heading.nanosecond(),
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        trade_id: trade.id,
        price: heading.scale.price(trade.price),
        volume: trade.qty,
        ..PillarNonDisplayedTrade::default()
    }
    .into()
}

/// There is no order from here on, and the symbol's numbers start again: its book is whole.
pub(super) fn clear(heading: Heading) -> Message {
    let (source_time, source_time_ns) = heading.stamp.event.to_parts();
    SymbolClear {
        source_time,
        source_time_ns,
        symbol_index: heading.symbol_index,
        next_source_seq_num: SymbolSeqNum::from_raw(1),
    }
    .into()
}

fn status(
    heading: Heading,
    security_status: SecurityStatusCode,
    halt_condition: HaltCondition,
    standing: &mut Standing,
) -> Message {
    match security_status {
        SecurityStatusCode::SSR_ACTIVATED | SecurityStatusCode::SSR_CONTINUED => {
            standing.ssr_state = SsrState::IN_EFFECT;
        }
        SecurityStatusCode::SSR_DEACTIVATED => standing.ssr_state = SsrState::NONE,
        SecurityStatusCode::EARLY_SESSION => standing.market_state = MarketState::EARLY,
        SecurityStatusCode::CORE_SESSION => standing.market_state = MarketState::CORE,
        SecurityStatusCode::LATE_SESSION => standing.market_state = MarketState::LATE,
        _ => {}
    }
    let (source_time, source_time_ns) = heading.stamp.event.to_parts();
    SecurityStatus {
        source_time,
        source_time_ns,
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        security_status,
        halt_condition,
        ssr_state: standing.ssr_state,
        market_state: standing.market_state,
        ..SecurityStatus::default()
    }
    .into()
}

fn imbalance(heading: Heading, it: Imbalance) -> Message {
    let (source_time, source_time_ns) = heading.stamp.event.to_parts();
    let price = |price| heading.scale.price(price);
    PillarImbalance {
        source_time,
        source_time_ns,
        symbol_index: heading.symbol_index,
        symbol_seq_num: heading.symbol_seq_num,
        reference_price: price(it.reference),
        paired_qty: it.paired,
        total_imbalance_qty: it.imbalance,
        auction_time: it.auction_time,
        auction_type: it.auction,
        imbalance_side: it.side,
        continuous_book_clearing_price: price(it.near),
        auction_interest_clearing_price: price(it.far),
        ..PillarImbalance::default()
    }
    .into()
}
