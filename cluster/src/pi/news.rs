//! What the visualisation must know of a change to a book.

use oxberry_core::book::{Applied, BookState, Books, Level};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::PriceScale;
use oxberry_proto::EventNum;
use oxberry_proto::stock::{Quote, StockEvent, SymbolState, TradePrint};

/// The news that an event made, told from the books right after it.
pub(super) fn stock_event(books: &Books<'_>, event: &FeedEvent, applied: &Applied) -> StockEvent {
    let slot = applied.slot;
    let (scale, bbo) = (books.scale(slot), books.bbo(slot));
    StockEvent {
        symbol_index: event.symbol_index,
        event_num: EventNum::from_raw(applied.event_num),
        ts_event: event.ts_event,
        state: state_of(books.state(slot)),
        bid: bbo.bid.map(|level| quote(level, scale)),
        ask: bbo.ask.map(|level| quote(level, scale)),
        trade: applied.trade.map(|trade| TradePrint {
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

/// What a book's state is called outside.
fn state_of(state: BookState) -> SymbolState {
    match state {
        BookState::Live => SymbolState::Live,
        BookState::Recovering => SymbolState::Recovering,
        BookState::Halted => SymbolState::Halted,
        BookState::Closed => SymbolState::Closed,
        // A state that this version does not know is none to trust.
        BookState::Stale | _ => SymbolState::Stale,
    }
}
