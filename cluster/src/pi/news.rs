//! What the visualisation must know of a change to a book.

use oxberry_core::book::{Books, Level, SymbolSlot, Trade, TradingStatus, Trust};
use oxberry_core::units::{PriceScale, UnixNanos};
use oxberry_proto::EventNum;
use oxberry_proto::stock::{Quote, StockEvent, SymbolState, TradePrint};

/// The news that an event made, told from the books right after it.
pub(super) fn stock_event(
    books: &Books<'_>,
    event_num: EventNum,
    slot: SymbolSlot,
    ts_event: Option<UnixNanos>,
    trade: Option<Trade>,
) -> StockEvent {
    let (scale, bbo) = (books.scale(slot), books.bbo(slot));
    StockEvent {
        symbol_index: books.symbol_index(slot),
        event_num,
        ts_event,
        state: state_of(books.trust(slot), books.trading_status(slot)),
        bid: bbo.bid.map(|level| quote(level, scale)),
        ask: bbo.ask.map(|level| quote(level, scale)),
        trade: trade.map(|trade| TradePrint {
            price: trade.price.scaled(scale),
            qty: trade.qty,
        }),
    }
}

/// What a level shows outside.
fn quote(level: Level, scale: PriceScale) -> Quote {
    Quote {
        price: level.price.scaled(scale),
        qty: level.qty,
        orders: level.orders,
    }
}

/// What trust and trading status are called outside. A book that lacks older orders is none to trust.
fn state_of(trust: Trust, status: TradingStatus) -> SymbolState {
    match (trust, status) {
        (Trust::Recovering, _) => SymbolState::Recovering,
        (Trust::Partial | Trust::Stale, _) => SymbolState::Stale,
        (Trust::Live, TradingStatus::Halted) => SymbolState::Halted,
        (Trust::Live, TradingStatus::Closed) => SymbolState::Closed,
        (Trust::Live, TradingStatus::Unknown | TradingStatus::Open) => SymbolState::Live,
    }
}
