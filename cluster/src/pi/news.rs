//! What the visualisation must know of a book.

use oxberry_core::book::{Applied, Bbo, Books, Level, SymbolSlot};
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, Position, PriceScale};
use oxberry_proto::stock::{Quote, StockEvent, SymbolState, SymbolTrust, TradePrint, View};

/// The news that an event made, told from the books right after it.
pub(super) fn stock_event(books: &Books<'_>, event: &FeedEvent, applied: &Applied) -> StockEvent {
    let slot = applied.slot;
    StockEvent {
        seq_num: event.seq_num,
        symbol_index: event.symbol_index,
        ts_event: event.ts_event,
        view: view(books, slot),
        trade: applied.trade.map(|trade| TradePrint {
            price: trade.price,
            qty: trade.qty,
        }),
    }
}

/// Trust and trading status of a symbol.
pub(super) fn trust(books: &Books<'_>, slot: SymbolSlot) -> SymbolTrust {
    SymbolTrust {
        symbol_index: books.symbol_index(slot),
        trust: books.trust(slot),
        status: books.trading_status(slot),
    }
}

/// All that can be seen of a symbol, as of there.
pub(super) fn state(
    books: &Books<'_>,
    slot: SymbolSlot,
    at: Option<(ChannelId, Position)>,
) -> SymbolState {
    SymbolState {
        trust: trust(books, slot),
        at,
        view: view(books, slot),
        last_trade: books.last_price(slot),
    }
}

fn view(books: &Books<'_>, slot: SymbolSlot) -> View {
    let Bbo { bid, ask } = books.bbo(slot);
    let scale: PriceScale = books.scale(slot);
    View {
        scale,
        bid: bid.map(quote),
        ask: ask.map(quote),
    }
}

/// What a level shows outside.
pub(super) const fn quote(level: Level) -> Quote {
    Quote {
        price: level.price,
        qty: level.qty,
        orders: level.orders,
    }
}
