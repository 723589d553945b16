//! Orders: what each message did to one, a row a change (market by order).

use std::collections::BTreeMap;

use oxberry_core::{
    book::{Books, Order, Rejection, SymbolSlot, Trust},
    feed::{Action, FeedEvent, TradeSessions},
    units::{OrderId, Qty, RawPrice, SeqNum, Side, SymbolSeqNum, TradeId},
};

use super::{Told, View};
use crate::{
    export::{Flags, Schema, Value},
    replay::sink::Sink,
};

/// Makes rows.
#[derive(Debug, Default)]
pub(in crate::replay) struct OrderRows {
    /// The order that the present event is about, as it was before.
    was: Option<(Side, Order)>,
    /// The orders that the present event ends without naming them.
    ending: Vec<(Side, Order)>,
    /// Which message gave each resting order its place.
    priorities: BTreeMap<(SymbolSlot, OrderId), SeqNum>,
    values: Vec<Value>,
}

/// A row behind its head.
#[derive(Clone, Copy, Debug)]
struct Change {
    action: &'static str,
    order_id: Option<OrderId>,
    /// The order that a replace takes away; its price and shares if it was known.
    old: Option<(OrderId, Option<Order>)>,
    side: Option<Side>,
    price: Option<RawPrice>,
    size: Option<Qty>,
    left: Option<Qty>,
    trade: Option<(RawPrice, TradeId)>,
    priority: Option<SeqNum>,
    flags: Flags,
}

impl Change {
    const fn of(action: &'static str) -> Self {
        Self {
            action,
            order_id: None,
            old: None,
            side: None,
            price: None,
            size: None,
            left: None,
            trade: None,
            priority: None,
            flags: Flags::LAST,
        }
    }
}

impl View for OrderRows {
    fn schema(&self) -> Schema {
        Schema::identified(&[
            "action",
            "order_id",
            "old_order_id",
            "old_order_px",
            "old_order_sz",
            "side",
            "order_px",
            "order_sz",
            "left_sz",
            "trade_px",
            "trade_id",
            "priority",
            "flags",
        ])
    }

    fn before(&mut self, event: &FeedEvent, books: &Books<'_>) {
        self.was = None;
        self.ending.clear();
        let Some(slot) = books.slot(event.symbol_index) else {
            return;
        };
        if let Action::Session { session } = event.action {
            self.end_before(session, slot, books);
        } else if let Some(order_id) = event.action.order_id() {
            self.was = books.order(slot, order_id);
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what changes no order has no row"
    )]
    fn after(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        if !told.is_of_the_book() {
            return;
        }
        if may_empty(told) {
            self.swept(told, sink);
        }
        match told.event.action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                ..
            } => {
                let change = self.added(told, order_id, (side, price, qty));
                self.row(change, told, sink);
            }
            Action::RefreshAdd {
                order_id,
                side,
                price,
                qty,
                ..
            } => {
                let is_taken = told.books.order(told.applied.slot, order_id).is_some();
                // Else the book did not need it.
                if is_taken && self.was.is_none() {
                    let mut change = self.added(told, order_id, (side, price, qty));
                    change.flags = Flags::LAST.with(Flags::SNAPSHOT);
                    self.row(change, told, sink);
                }
            }
            Action::Modify { .. } => self.modified(told, sink),
            Action::Delete { order_id } => {
                let change = self.cancelled(told, order_id);
                self.row(change, told, sink);
            }
            Action::Execute { .. } => self.executed(told, sink),
            Action::Replace { .. } => self.replaced(told, sink),
            Action::Session { .. } => self.ended(told, sink),
            Action::Clear { .. } | Action::Close => self.cleared(Flags::LAST, told, sink),
            _ => {}
        }
    }
}

impl OrderRows {
    /// What is known of the order that the event is about.
    fn change_of(&self, action: &'static str, order_id: OrderId) -> Change {
        Change {
            order_id: Some(order_id),
            side: self.was.map(|(side, _)| side),
            price: self.was.map(|(_, order)| order.price),
            ..Change::of(action)
        }
    }

    /// The order that the event is about, as it rests after it.
    fn resting(
        &self,
        action: &'static str,
        order_id: OrderId,
        (price, qty): (RawPrice, Qty),
    ) -> Change {
        Change {
            price: Some(price),
            size: Some(qty),
            left: Some(qty),
            ..self.change_of(action, order_id)
        }
    }

    /// Notes which message gave an order its place; says which it is.
    fn place(&mut self, told: &Told<'_, '_>, order_id: OrderId, keeps: bool) -> Option<SeqNum> {
        let key = (told.applied.slot, order_id);
        if told.applied.rejection.is_some() {
            return self.priorities.get(&key).copied();
        }
        let now = told.event.seq_num;
        let place = self.priorities.entry(key).or_insert(now);
        if !keeps {
            *place = now;
        }
        Some(*place)
    }

    fn added(
        &mut self,
        told: &Told<'_, '_>,
        order_id: OrderId,
        (side, price, qty): (Side, RawPrice, Qty),
    ) -> Change {
        Change {
            order_id: Some(order_id),
            side: Some(side),
            price: Some(price),
            size: Some(qty),
            left: Some(qty),
            priority: self.place(told, order_id, false),
            ..Change::of("add")
        }
    }

    fn modified(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        let Action::Modify {
            order_id,
            price,
            qty,
            loses_place,
        } = told.event.action
        else {
            return;
        };
        let keeps = self.was.is_some_and(|(_, was)| was.price == price) && !loses_place;
        let change = Change {
            priority: self.place(told, order_id, keeps),
            ..self.resting("modify", order_id, (price, qty))
        };
        self.row(change, told, sink);
    }

    fn replaced(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        let Action::Replace {
            order_id,
            new_order_id,
            price,
            qty,
        } = told.event.action
        else {
            return;
        };
        self.priorities.remove(&(told.applied.slot, order_id));
        let change = Change {
            old: Some((order_id, self.was.map(|(_, order)| order))),
            priority: self.place(told, new_order_id, false),
            ..self.resting("replace", new_order_id, (price, qty))
        };
        self.row(change, told, sink);
    }

    fn cancelled(&mut self, told: &Told<'_, '_>, order_id: OrderId) -> Change {
        let key = (told.applied.slot, order_id);
        Change {
            size: self.was.map(|(_, order)| order.qty),
            left: Some(Qty::from_raw(0)),
            priority: self.priorities.remove(&key),
            ..self.change_of("cancel", order_id)
        }
    }

    fn executed(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        let Action::Execute {
            order_id,
            price,
            qty,
            trade_id,
            ..
        } = told.event.action
        else {
            return;
        };
        let slot = told.applied.slot;
        let left = told.books.order(slot, order_id);
        let left = left.map_or(Qty::from_raw(0), |(_, order)| order.qty);
        let priority = self.priorities.get(&(slot, order_id)).copied();
        if left.raw() == 0 {
            self.priorities.remove(&(slot, order_id));
        }
        let change = Change {
            size: Some(qty),
            left: Some(left),
            trade: Some((price, trade_id)),
            priority,
            ..self.change_of("fill", order_id)
        };
        self.row(change, told, sink);
    }

    /// Notes the orders that are void once a session starts.
    fn end_before(&mut self, session: TradeSessions, slot: SymbolSlot, books: &Books<'_>) {
        for side in Side::BOTH {
            let orders = books.orders(slot, side);
            let ending = orders.filter(|order| order.last_session.over_at(session));
            self.ending.extend(ending.map(|order| (side, order)));
        }
    }

    /// Makes a row for each order that ended with its session.
    fn ended(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        let mut ending = std::mem::take(&mut self.ending);
        let slot = told.applied.slot;
        ending.retain(|(_, order)| told.books.order(slot, order.order_id).is_none());
        let last = ending.len().saturating_sub(1);
        for (at, &(side, order)) in ending.iter().enumerate() {
            self.was = Some((side, order));
            let mut change = self.cancelled(told, order.order_id);
            if at != last {
                change.flags = Flags::of(Trust::Live);
            }
            self.row(change, told, sink);
        }
        self.ending = ending;
    }

    /// Makes a row if the book lost its orders to something that names none of them.
    #[cold]
    fn swept(&mut self, told: &Told<'_, '_>, sink: &mut Sink) {
        let slot = told.applied.slot;
        let of_event = told.event.action.order_id();
        let is_gone = |order_id| {
            of_event != Some(order_id)
                && told.books.order(slot, order_id).is_none()
                && !self
                    .ending
                    .iter()
                    .any(|(_, order)| order.order_id == order_id)
        };
        if !self.placed(slot).any(is_gone) {
            return;
        }
        let flags = if let Action::Refresh { .. } = told.event.action {
            Flags::LAST.with(Flags::SNAPSHOT)
        } else if let Action::Define { .. } = told.event.action {
            Flags::LAST
        } else {
            // The row of the event itself comes behind.
            Flags::of(Trust::Live)
        };
        self.cleared(flags, told, sink);
    }

    /// The resting orders of a symbol.
    fn placed(&self, slot: SymbolSlot) -> impl Iterator<Item = OrderId> {
        let orders = self.priorities.range((slot, OrderId::default())..);
        let of_symbol = orders.take_while(move |((of, _), _)| *of == slot);
        of_symbol.map(|(&(_, order_id), _)| order_id)
    }

    fn cleared(&mut self, flags: Flags, told: &Told<'_, '_>, sink: &mut Sink) {
        let slot = told.applied.slot;
        let gone: Vec<_> = self.placed(slot).collect();
        for order_id in gone {
            self.priorities.remove(&(slot, order_id));
        }
        let change = Change {
            flags,
            ..Change::of("clear")
        };
        self.row(change, told, sink);
    }

    fn row(&mut self, change: Change, told: &Told<'_, '_>, sink: &mut Sink) {
        let slot = told.applied.slot;
        let flags = change.flags.with(Flags::of(told.books.trust(slot)));
        let old = change.old.and_then(|(_, order)| order);
        self.values.clear();
        self.values.extend(told.origin.identity());
        self.values.extend([
            Value::Word(change.action),
            change.order_id.map(OrderId::raw).into(),
            change.old.map(|(id, _)| id.raw()).into(),
            old.map(|order| order.price).into(),
            old.map(|order| order.qty.raw()).into(),
            change.side.map_or(Value::Absent, Value::side),
            change.price.into(),
            change.size.map(Qty::raw).into(),
            change.left.map(Qty::raw).into(),
            change.trade.map(|(price, _)| price).into(),
            change.trade.map(|(_, id)| id.raw()).into(),
            change.priority.map(SeqNum::raw).into(),
            flags.bits().into(),
        ]);
        sink.row((slot, 0), &told.origin, told.books, &mut self.values);
    }
}

/// Whether a book may be empty now although no message said so: a refresh tells its orders anew, its numbers
/// start again, at 1 or behind messages that are missing, or no resting price can be told in a new scale.
fn may_empty(told: &Told<'_, '_>) -> bool {
    told.applied.trust_changed
        || told.applied.missing > 0
        || told.applied.rejection == Some(Rejection::ScaleLost)
        || told.event.symbol_seq_num == Some(SymbolSeqNum::from_raw(1))
        || matches!(told.event.action, Action::Refresh { .. })
}
