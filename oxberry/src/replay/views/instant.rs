//! The books of an instant: one table, made when everything up to then was read.

use oxberry_core::{
    book::{Books, QueuePosition, SymbolSlot},
    units::Side,
};

use super::{
    Told, View,
    best_levels::{self, Quote},
    is_of_order_or_trade,
    queue::{self, Standing},
};
use crate::{
    export::{Origin, Schema, Value},
    replay::sink::Sink,
};

/// What is shown of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::replay) enum Shown {
    /// So many levels of each side.
    Depth(usize),
    /// All orders, in price-time order.
    Orders,
}

/// Keeps what came last, and shows the books at the end.
#[derive(Debug)]
pub(in crate::replay) struct BooksAt {
    shown: Shown,
    /// The last message of an order or a trade, also in a refresh, by slot.
    last: Vec<Option<Origin>>,
    values: Vec<Value>,
}

impl BooksAt {
    pub(in crate::replay) const fn new(shown: Shown) -> Self {
        Self {
            shown,
            last: Vec::new(),
            values: Vec::new(),
        }
    }

    /// The orders of a side: who is first at its price is first in its queue.
    fn queues(&mut self, slot: SymbolSlot, origin: &Origin, books: &Books<'_>, sink: &mut Sink) {
        for side in Side::BOTH {
            let mut ahead = QueuePosition::default();
            let mut price = None;
            for order in books.orders(slot, side) {
                if price.replace(order.price) != Some(order.price) {
                    ahead = QueuePosition::default();
                }
                let standing = Standing { side, order, ahead };
                let order_id = order.order_id;
                queue::values(origin, order_id, Some(standing), &mut self.values);
                sink.row((slot, order_id.raw()), origin, books, &mut self.values);
                ahead.orders_ahead += 1;
                ahead.qty_ahead += u64::from(order.qty.raw());
            }
        }
    }
}

impl View for BooksAt {
    fn schema(&self) -> Schema {
        match self.shown {
            Shown::Depth(depth) => best_levels::schema(depth),
            Shown::Orders => queue::queue_schema(),
        }
    }

    fn after(&mut self, told: &Told<'_, '_>, _: &mut Sink) {
        if !is_of_order_or_trade(told.event.action) && !told.event.is_of_refresh() {
            return;
        }
        // A slot is a number below the number of symbols.
        let at = usize::try_from(told.applied.slot.raw()).unwrap_or(usize::MAX);
        if at >= self.last.len() {
            self.last.resize(at + 1, None);
        }
        if let Some(last) = self.last.get_mut(at) {
            *last = Some(told.origin);
        }
    }

    fn end(&mut self, books: &Books<'_>, sink: &mut Sink) {
        let Shown::Depth(depth) = self.shown else {
            for (at, slot) in books.slots().enumerate() {
                let last = self.last.get(at).copied().flatten();
                let origin = last.unwrap_or_else(|| nothing_of(slot, books));
                self.queues(slot, &origin, books, sink);
            }
            return;
        };
        let mut quotes = vec![Quote::default(); depth];
        for (at, slot) in books.slots().enumerate() {
            let last = self.last.get(at).copied().flatten();
            // A symbol that was asked for by its name has a row whatever it is.
            let has_orders = Side::BOTH
                .iter()
                .any(|&side| books.depth(slot, side).next().is_some());
            if last.is_none() && !has_orders && !sink.is_named(slot) {
                continue;
            }
            let origin = last.unwrap_or_else(|| nothing_of(slot, books));
            best_levels::read(books, slot, &mut quotes);
            best_levels::values(&origin, &quotes, &mut self.values);
            sink.row((slot, 0), &origin, books, &mut self.values);
        }
    }
}

/// Where a row comes from that no message told.
fn nothing_of(slot: SymbolSlot, books: &Books<'_>) -> Origin {
    Origin {
        symbol_index: books.symbol_index(slot),
        channel: books.channel(slot).unwrap_or_default(),
        position: None,
        symbol_seq_num: None,
        ts_event: None,
        ts_send: None,
        action: None,
    }
}
