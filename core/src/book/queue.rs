//! Reading levels and queues.

use super::bbo::Level;
use super::books::Books;
use super::ladder;
use super::memory::{NONE, chain};
use super::order::{Found, Key, OrderRef};
use super::symbol::SymbolSlot;
use crate::feed::TradeSessions;
use crate::units::{OrderId, Qty, RawPrice, Side};

/// Orders that a [`Cursor`] puts in order at a time.
const SORTED: usize = 32;

/// Orders valid up to the same session share a level, so that they can leave together.
#[inline(always)]
pub(super) fn expiry(sessions: TradeSessions) -> u32 {
    const EXPIRIES: [u8; 8] = [0, 1, 2, 2, 3, 3, 3, 3];
    u32::from(EXPIRIES[usize::from(sessions.to_wire() % 8)])
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
        let levels = self
            .engine
            .ladders
            .iter(self.symbols.ladder(slot.raw(), side));
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
        Cursor {
            levels: ladder::Position::first(self.symbols.ladder(slot, side)),
            level: NONE,
            now: self.symbols.changes(slot),
            sorted: [(0, OrderRef::from_raw(0)); SORTED],
            at: 0,
            len: 0,
        }
    }

    /// A resting order with its side.
    #[must_use]
    pub fn order(&self, slot: SymbolSlot, order_id: OrderId) -> Option<(Side, Order)> {
        let Found { place, level, .. } = self.engine.resting(Key {
            slot: slot.raw(),
            order_id,
        })?;
        let side = self.engine.levels.owner(level).side();
        Some((side, self.order_at(place, side)))
    }

    /// What is before an order in the queue of its level; walks that level.
    #[must_use]
    pub fn queue_position(&self, slot: SymbolSlot, order_id: OrderId) -> Option<QueuePosition> {
        let Found { place, level, .. } = self.engine.resting(Key {
            slot: slot.raw(),
            order_id,
        })?;
        let head = self
            .symbols
            .ladder(slot.raw(), self.engine.levels.owner(level).side());
        let rung = self
            .engine
            .ladders
            .search(head, self.engine.levels.rank(level))
            .ok()?;
        let now = self.symbols.changes(slot.raw());
        let (own, mut position) = (self.age(place, now), QueuePosition::default());
        for other in self.orders_at(self.engine.ladders.level(rung)) {
            if self.age(other, now) > own {
                position.orders_ahead += 1;
                position.qty_ahead += u64::from(self.engine.orders.qty(other).raw());
            }
        }
        Some(position)
    }

    /// How many events ago an order joined its queue.
    fn age(&self, order: OrderRef, now: u32) -> u32 {
        now.wrapping_sub(self.engine.orders.arrival(order))
    }

    /// The orders of a level and its siblings, in no particular order.
    fn orders_at(&self, first: u32) -> impl Iterator<Item = OrderRef> {
        chain(first, |level| self.engine.levels.sibling(level))
            .flat_map(|level| self.engine.levels.members(level))
    }

    fn order_at(&self, place: OrderRef, side: Side) -> Order {
        let level = self.engine.levels.level_of(self.engine.orders.seat(place));
        Order {
            order_id: self.engine.orders.id(place),
            price: self.engine.levels.rank(level).price(side),
            qty: self.engine.orders.qty(place),
            last_session: last_session(self.engine.levels.owner(level).expiry()),
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

/// A place between two orders of one side.
///
/// Levels do not keep their orders in sequence, so a cursor sorts them by age, some at a time.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// The next price.
    levels: ladder::Position,
    /// The first level of the present price.
    level: u32,
    /// The number of the last event of the symbol.
    now: u32,
    /// Orders of the present price by falling age; those from `at` to `len` come next.
    sorted: [(u32, OrderRef); SORTED],
    at: usize,
    len: usize,
}

impl Cursor {
    /// The next order; the side must be the one that the cursor was made for.
    pub(super) fn next(&mut self, books: &Books<'_>, side: Side) -> Option<Order> {
        while self.at == self.len {
            // A full buffer may have left younger orders out.
            let younger_than = (self.len == SORTED).then(|| self.sorted[SORTED - 1].0);
            if younger_than.is_none() {
                (_, self.level) = self.levels.next(&books.engine.ladders)?;
            }
            self.sort(books, younger_than);
        }
        self.at += 1;
        Some(books.order_at(self.sorted[self.at - 1].1, side))
    }

    /// Finds the oldest orders of the present price, of those younger than the given age.
    fn sort(&mut self, books: &Books<'_>, younger_than: Option<u32>) {
        (self.at, self.len) = (0, 0);
        for order in books.orders_at(self.level) {
            let age = books.age(order, self.now);
            if younger_than.is_some_and(|limit| age >= limit) {
                continue;
            }
            let mut to = self.len;
            while to > 0 && self.sorted[to - 1].0 < age {
                if to < SORTED {
                    self.sorted[to] = self.sorted[to - 1];
                }
                to -= 1;
            }
            if to < SORTED {
                self.sorted[to] = (age, order);
                self.len = SORTED.min(self.len + 1);
            }
        }
    }
}
