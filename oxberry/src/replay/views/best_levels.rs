//! The best levels of a book as the columns of depth.

use oxberry_core::{
    book::{Books, SymbolSlot},
    units::{RawPrice, Side},
};

use crate::export::{Origin, Schema, Value};

/// The levels of both sides at one place of the depth; zeros for a level that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quote {
    bid_px: RawPrice,
    bid_sz: u64,
    ask_px: RawPrice,
    ask_sz: u64,
}

/// Reads the best levels of a symbol.
pub(super) fn read(books: &Books<'_>, slot: SymbolSlot, quotes: &mut [Quote]) {
    quotes.fill(Quote::default());
    for (quote, level) in quotes.iter_mut().zip(books.depth(slot, Side::Bid)) {
        (quote.bid_px, quote.bid_sz) = (level.price, level.qty);
    }
    for (quote, level) in quotes.iter_mut().zip(books.depth(slot, Side::Ask)) {
        (quote.ask_px, quote.ask_sz) = (level.price, level.qty);
    }
}

/// The columns of so many levels.
pub(super) fn schema(depth: usize) -> Schema {
    let mut schema = Schema::of(&["symbol", "symbol_seq_num", "ts_event_ns"]);
    for place in 1..=depth {
        for name in ["bid_px", "bid_sz", "ask_px", "ask_sz"] {
            schema.push(format!("{name}_{place}"));
        }
    }
    schema
}

/// The values of these columns behind the symbol.
pub(super) fn values(origin: &Origin, quotes: &[Quote], values: &mut Vec<Value>) {
    values.clear();
    values.push(origin.symbol_seq_num.map(|number| number.raw()).into());
    values.push(origin.ts_event.into());
    for quote in quotes {
        values.push(quote.bid_px.into());
        values.push(quote.bid_sz.into());
        values.push(quote.ask_px.into());
        values.push(quote.ask_sz.into());
    }
}
