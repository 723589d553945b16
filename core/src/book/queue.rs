//! Reading levels and queues.

use super::bbo::Level;
use super::books::Books;
use super::ladder;
use super::memory::NONE;
use super::order::OrderRef;
use super::symbol::SymbolSlot;
use crate::feed::TradeSessions;
use crate::units::{OrderId, Qty, RawPrice, Side};

/// Sessions with which the orders of one price may end: none, morning, core, late.
pub(super) const EXPIRIES: usize = 4;

/// Orders valid up to the same session share a level, so that they can leave together.
pub(super) fn expiry(sessions: TradeSessions) -> u32 {
    u8::BITS - sessions.to_wire().leading_zeros()
}

/// The last session of orders with this expiry.
pub(super) fn last_session(expiry: u32) -> TradeSessions {
    TradeSessions::from_wire(if expiry == 0 { 0 } else { 1 << (expiry - 1) })
}

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Order {
    /// Its id.
    pub order_id: OrderId,
    /// Its price.
    pub price: RawPrice,
    /// Its remaining shares.
    pub qty: Qty,
    /// The last session in which it is valid; earlier ones are not remembered.
    pub last_session: TradeSessions,
}

/// How much is before an order in the queue of its level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct QueuePosition {
    /// Orders before it.
    pub orders_ahead: u32,
    /// Their shares.
    pub qty_ahead: u64,
}

impl Books<'_> {
    /// The levels of one side, best first.
    #[must_use]
    pub fn depth(&self, slot: SymbolSlot, side: Side) -> Depth<'_> {
        let levels = self.ladders.iter(self.symbols.ladder(slot.raw(), side));
        Depth {
            books: self,
            side,
            levels,
        }
    }

    /// The orders of one side in price-time order: best price first, and first come first.
    #[must_use]
    pub fn orders(&self, slot: SymbolSlot, side: Side) -> Queue<'_> {
        Queue {
            books: self,
            side,
            cursor: self.first_order(slot.raw(), side),
        }
    }

    /// Before the first order of a side.
    pub(super) fn first_order(&self, slot: u32, side: Side) -> Cursor {
        let levels = ladder::Position::first(self.symbols.ladder(slot, side));
        Cursor {
            levels,
            orders: [OrderRef::NONE; EXPIRIES],
        }
    }

    /// A resting order with its side.
    #[must_use]
    pub fn order(&self, slot: SymbolSlot, order_id: OrderId) -> Option<(Side, Order)> {
        let place = self.resting(slot.raw(), order_id)?;
        let side = self.levels.owner(self.orders.level(place)).side;
        Some((side, self.order_at(place, side)))
    }

    /// What is before an order in the queue of its level; walks that queue.
    #[must_use]
    pub fn queue_position(&self, slot: SymbolSlot, order_id: OrderId) -> Option<QueuePosition> {
        let place = self.resting(slot.raw(), order_id)?;
        let own = self.orders.level(place);
        let side = self.levels.owner(own).side;
        let head = self.symbols.ladder(slot.raw(), side);
        let mut level = self.ladders.find(head, self.levels.key(own))?;
        let (arrival, mut position) = (self.orders.arrival(place), QueuePosition::default());
        while level != NONE {
            let mut other = self.levels.head(level);
            while other.is_some() && self.orders.arrival(other) < arrival {
                position.orders_ahead += 1;
                position.qty_ahead += u64::from(self.orders.qty(other).raw());
                other = self.orders.next(other);
            }
            level = self.levels.sibling(level);
        }
        Some(position)
    }

    /// The level of this key, summed over its siblings.
    pub(super) fn level_from(&self, first: u32, key: ladder::Key, side: Side) -> Level {
        let (mut sum, mut level) = (
            Level {
                price: key.price(side),
                qty: 0,
                orders: 0,
            },
            first,
        );
        while level != NONE {
            sum.qty += self.levels.qty(level);
            sum.orders += self.levels.orders(level);
            level = self.levels.sibling(level);
        }
        sum
    }

    fn order_at(&self, place: OrderRef, side: Side) -> Order {
        let level = self.orders.level(place);
        Order {
            order_id: self.orders.id(place),
            price: self.levels.key(level).price(side),
            qty: self.orders.qty(place),
            last_session: last_session(self.levels.expiry(level)),
        }
    }
}

/// The levels of one side, best first.
#[derive(Clone, Debug)]
pub struct Depth<'a> {
    books: &'a Books<'a>,
    side: Side,
    levels: ladder::Iter<'a>,
}

impl Iterator for Depth<'_> {
    type Item = Level;

    fn next(&mut self) -> Option<Level> {
        let (key, level) = self.levels.next()?;
        Some(self.books.level_from(level, key, self.side))
    }
}

/// The orders of one side in price-time order.
#[derive(Clone, Debug)]
pub struct Queue<'a> {
    books: &'a Books<'a>,
    side: Side,
    cursor: Cursor,
}

impl Iterator for Queue<'_> {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        self.cursor.next(self.books, self.side)
    }
}

/// A place between two orders of one side.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// The next price.
    levels: ladder::Position,
    /// The next order of each level of the present price.
    orders: [OrderRef; EXPIRIES],
}

impl Cursor {
    /// The next order; the side must be the one that the cursor was made for.
    pub(super) fn next(&mut self, books: &Books<'_>, side: Side) -> Option<Order> {
        loop {
            let heads = self.orders.iter_mut().filter(|order| order.is_some());
            if let Some(first) = heads.min_by_key(|order| books.orders.arrival(**order)) {
                let order = *first;
                *first = books.orders.next(order);
                return Some(books.order_at(order, side));
            }
            let (_, mut level) = self.levels.next(&books.ladders)?;
            for order in &mut self.orders {
                if level != NONE {
                    *order = books.levels.head(level);
                    level = books.levels.sibling(level);
                }
            }
        }
    }
}
