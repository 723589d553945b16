//! Reading levels and queues.

use super::bbo::Level;
use super::books::Books;
use super::expiry::last_session;
use super::ladder::{self, Rank};
use super::level::EXPIRIES;
use super::order::Found;
use super::refs::{LevelRef, OrderRef};
use super::slot::SymbolSlot;
use crate::feed::TradeSessions;
use crate::units::{OrderId, Qty, RawPrice, Side};

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
        let levels = self.engine.ladders.iter(self.symbols.ladder(slot, side));
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
            cursor: self.first_order(slot, side),
        }
    }

    /// Before the first order of a side.
    pub(super) fn first_order(&self, slot: SymbolSlot, side: Side) -> Cursor {
        Cursor {
            levels: ladder::Position::first(&self.engine.ladders, self.symbols.ladder(slot, side)),
            now: self.symbols.changes(slot),
            heads: [None; EXPIRIES],
            left: self.engine.records.len(),
        }
    }

    /// The level of one price, if orders rest there.
    #[must_use]
    pub fn level(&self, slot: SymbolSlot, side: Side, price: RawPrice) -> Option<Level> {
        let rank = Rank::new(side, price);
        let first = self.first_level(slot, side, rank)?;
        Some(self.engine.level_from(first, rank, side))
    }

    /// The orders of the level of one price, first come first; none where there is no such level.
    #[must_use]
    pub fn level_orders(&self, slot: SymbolSlot, side: Side, price: RawPrice) -> Queue<'_> {
        let mut cursor = Cursor {
            levels: ladder::Position::END,
            now: self.symbols.changes(slot),
            heads: [None; EXPIRIES],
            left: self.engine.records.len(),
        };
        if let Some(first) = self.first_level(slot, side, Rank::new(side, price)) {
            cursor.enter(self, first);
        }
        Queue {
            books: self,
            side,
            cursor,
        }
    }

    /// The first of the levels of a rank.
    fn first_level(&self, slot: SymbolSlot, side: Side, rank: Rank) -> Option<LevelRef> {
        let ladder = self.symbols.ladder(slot, side);
        self.engine.ladders.best(ladder)?;
        let rung = self.engine.ladders.search(ladder, rank).ok()?;
        Some(self.engine.ladders.level(rung))
    }

    /// A resting order with its side.
    #[must_use]
    pub fn order(&self, slot: SymbolSlot, order_id: OrderId) -> Option<(Side, Order)> {
        let Found { order, level, .. } = self
            .engine
            .resting(self.engine.orders.key(slot, order_id))?;
        let side = self.engine.records.owner(level).side();
        Some((side, self.order_at(order, side)))
    }

    /// What is before an order in the queue of its level; walks that level.
    #[must_use]
    pub fn queue_position(&self, slot: SymbolSlot, order_id: OrderId) -> Option<QueuePosition> {
        let Found { order, level, .. } = self
            .engine
            .resting(self.engine.orders.key(slot, order_id))?;
        let head = self
            .symbols
            .ladder(slot, self.engine.records.owner(level).side());
        let rung = self
            .engine
            .ladders
            .search(head, self.engine.records.rank(level))
            .ok()?;
        let now = self.symbols.changes(slot);
        let (own, mut position) = (self.age(order, now), QueuePosition::default());
        for other in self.orders_at(self.engine.ladders.level(rung)) {
            if self.age(other, now) > own {
                position.orders_ahead += 1;
                position.qty_ahead += u64::from(self.engine.records.qty(other).raw());
            }
        }
        Some(position)
    }

    /// How many events ago an order joined its queue.
    fn age(&self, order: OrderRef, now: u32) -> u32 {
        now.wrapping_sub(self.engine.records.arrival(order))
    }

    /// The orders of a level, then those of its siblings.
    fn orders_at(&self, first: LevelRef) -> impl Iterator<Item = OrderRef> {
        let records = &self.engine.records;
        (records.siblings(first)).flat_map(|level| records.queue(level))
    }

    fn order_at(&self, order: OrderRef, side: Side) -> Order {
        let level = self.engine.records.level(order);
        Order {
            order_id: self.engine.records.id(order),
            price: self.engine.records.rank(level).price(side),
            qty: self.engine.records.qty(order),
            last_session: last_session(self.engine.records.owner(level).expiry()),
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
        let (rank, level) = self.levels.next()?;
        Some(self.books.engine.level_from(level, rank, self.side))
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

/// A position between two orders of one side.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// The next price.
    levels: ladder::Position,
    /// The number of the last event of the symbol.
    now: u32,
    /// The next order of each level of the present price.
    heads: [Option<OrderRef>; EXPIRIES],
    /// Orders that follow at most, so that links that lead in a circle come to an end.
    left: u32,
}

impl Cursor {
    /// The next order; the side must be the one that the cursor was made for.
    pub(super) fn next(&mut self, books: &Books<'_>, side: Side) -> Option<Order> {
        let records = &books.engine.records;
        loop {
            let oldest = (self.heads.iter_mut())
                .filter_map(|head| head.map(|order| (books.age(order, self.now), order, head)))
                .max_by_key(|&(age, ..)| age);
            if let Some((_, order, head)) = oldest {
                self.left = self.left.checked_sub(1)?;
                *head = records.order_after(order);
                return Some(books.order_at(order, side));
            }
            let (_, first) = self.levels.next(&books.engine.ladders)?;
            self.enter(books, first);
        }
    }

    /// Goes on with the orders of these levels of one price.
    fn enter(&mut self, books: &Books<'_>, first: LevelRef) {
        let records = &books.engine.records;
        for (head, level) in self.heads.iter_mut().zip(records.siblings(first)) {
            *head = records.first_order(level);
        }
    }
}
