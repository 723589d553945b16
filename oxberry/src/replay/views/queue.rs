//! The queue: where chosen orders stand, a row at each change.

use std::collections::BTreeMap;

use oxberry_core::{
    book::{Books, Order, QueuePosition, SymbolSlot, Trust},
    units::{OrderId, Side},
};

use super::{Told, View};
use crate::{
    export::{Origin, Schema, Value},
    replay::sink::Sink,
};

/// The columns of a table of queues.
const COLUMNS: [&str; 6] = [
    "order_id",
    "side",
    "order_px",
    "order_sz",
    "position",
    "shares_ahead",
];

/// Makes rows, and knows what each order's last one showed.
#[derive(Debug)]
pub(in crate::replay) struct QueueRows {
    orders: Vec<OrderId>,
    shown: BTreeMap<(SymbolSlot, OrderId), Shown>,
    values: Vec<Value>,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    standing: Option<Standing>,
    trust: Trust,
}

/// An order in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) side: Side,
    pub(super) order: Order,
    pub(super) ahead: QueuePosition,
}

impl QueueRows {
    /// Rows of these orders, of whatever symbol.
    pub(in crate::replay) fn new(orders: Vec<OrderId>) -> Self {
        Self {
            orders,
            shown: BTreeMap::new(),
            values: Vec::new(),
        }
    }

    /// Makes the rows of a symbol's orders.
    fn show(&mut self, slot: SymbolSlot, origin: &Origin, books: &Books<'_>, sink: &mut Sink) {
        let trust = books.trust(slot);
        for &order_id in &self.orders {
            let found = books.order(slot, order_id);
            let standing = found.map(|(side, order)| Standing {
                side,
                order,
                ahead: books.queue_position(slot, order_id).unwrap_or_default(),
            });
            let key = (slot, order_id);
            let before = self.shown.get(&key).copied();
            if standing.is_none() && before.is_none_or(|shown| shown.standing.is_none()) {
                continue;
            }
            let shown = Shown { standing, trust };
            if before == Some(shown) {
                continue;
            }
            self.shown.insert(key, shown);
            values(origin, order_id, standing, &mut self.values);
            sink.row((slot, order_id.raw()), origin, books, &mut self.values);
        }
    }
}

impl View for QueueRows {
    fn schema(&self) -> Schema {
        queue_schema()
    }

    fn after(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        self.show(told.applied.slot, &told.origin, told.books, sink);
    }

    fn shaken(&mut self, origin: &Origin, books: &Books<'_>, sink: &mut Sink) {
        let mut slots: Vec<_> = self.shown.keys().map(|&(slot, _)| slot).collect();
        slots.dedup();
        for slot in slots {
            let symbol_index = books.symbol_index(slot);
            let origin = Origin {
                symbol_index,
                ..*origin
            };
            self.show(slot, &origin, books, sink);
        }
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for order in &self.orders {
            if !self.shown.keys().any(|(_, shown)| shown == order) {
                remarks.push(format!("--order {order}: no such order was in a book"));
            }
        }
        remarks
    }
}

/// The columns of a table of queues.
pub(super) fn queue_schema() -> Schema {
    Schema::identified(&COLUMNS)
}

/// The values of these columns behind the symbol; of an order that left little is known.
pub(super) fn values(
    origin: &Origin,
    order_id: OrderId,
    standing: Option<Standing>,
    values: &mut Vec<Value>,
) {
    values.clear();
    values.extend(origin.identity());
    values.push(order_id.raw().into());
    let Some(Standing { side, order, ahead }) = standing else {
        let size = Value::Unsigned(0);
        values.extend([
            Value::Absent,
            Value::Absent,
            size,
            Value::Absent,
            Value::Absent,
        ]);
        return;
    };
    values.extend([
        Value::side(side),
        order.price.into(),
        order.qty.raw().into(),
        (u64::from(ahead.orders_ahead) + 1).into(),
        ahead.qty_ahead.into(),
    ]);
}
