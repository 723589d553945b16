//! The matching engine of one symbol.

use core::fmt;

use super::ladder::{Ladder, LevelRecord};
use super::pool::{NONE, OrderPool, OrderSlot};
use crate::book::Level;
use crate::units::{OrderId, Qty, RawPrice, Side};

/// An order as it enters or as it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LimitOrder {
    /// Its id, unique among the orders that rest.
    pub id: OrderId,
    /// Its side.
    pub side: Side,
    /// The worst price at which it trades.
    pub price: RawPrice,
    /// The shares that are left of it.
    pub qty: Qty,
}

/// One trade between an order that came and an order that rested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Match {
    /// The order that rested.
    pub resting: OrderId,
    /// The order that came.
    pub incoming: OrderId,
    /// The side of the order that came.
    pub aggressor_side: Side,
    /// The price of the order that rested.
    pub price: RawPrice,
    /// The shares traded.
    pub qty: Qty,
    /// What is left of the order that rested; with nothing left it is gone.
    pub resting_left: Qty,
}

/// Why an operation was refused, or done only in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MatchError {
    /// An order with this id rests already; nothing was done.
    Duplicate,
    /// No order with this id rests; nothing was done.
    Unknown,
    /// The quantity is 0; nothing was done.
    NoQuantity,
    /// The trades stand, but there was no room for the rest of the order.
    Full {
        /// The shares that were neither traded nor kept.
        dropped: Qty,
    },
}

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate => f.write_str("an order with this id rests already"),
            Self::Unknown => f.write_str("no order with this id rests"),
            Self::NoQuantity => f.write_str("an order needs at least one share"),
            Self::Full { dropped } => write!(f, "no room to rest, {dropped} shares dropped"),
        }
    }
}

impl core::error::Error for MatchError {}

/// The resting orders of one symbol and the rules by which they trade.
///
/// `O` and `L` are storage for orders and levels: arrays, slices, boxes or vectors of
/// [`OrderSlot`] and [`LevelRecord`]. The levels of both sides share one storage. Capacity is the
/// length of the storage and never grows.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Matcher<O, L> {
    orders: OrderPool<O>,
    ladder: Ladder<L>,
}

/// A matcher that holds its storage in itself, for a `static` or a microcontroller.
pub type InlineMatcher<const ORDERS: usize, const LEVELS: usize> =
    Matcher<[OrderSlot; ORDERS], [LevelRecord; LEVELS]>;

impl<const ORDERS: usize, const LEVELS: usize> InlineMatcher<ORDERS, LEVELS> {
    /// An empty matcher for `ORDERS` orders at `LEVELS` prices.
    #[must_use]
    pub const fn inline() -> Self {
        const {
            assert!(
                ORDERS > 0 && LEVELS > 0,
                "a matcher needs room for an order"
            );
            assert!(ORDERS < NONE as usize, "links are 32 bits wide");
        }
        Self {
            orders: OrderPool::over_empty([OrderSlot::EMPTY; ORDERS]),
            ladder: Ladder::new([LevelRecord::EMPTY; LEVELS]),
        }
    }
}

impl<O, L> Matcher<O, L>
where
    O: AsRef<[OrderSlot]> + AsMut<[OrderSlot]>,
    L: AsRef<[LevelRecord]> + AsMut<[LevelRecord]>,
{
    /// An empty matcher over storage that the caller hands in, whatever it held before.
    pub fn new(orders: O, levels: L) -> Self {
        let mut matcher = Self {
            orders: OrderPool::over_empty(orders),
            ladder: Ladder::new(levels),
        };
        matcher.clear();
        matcher
    }

    /// Forgets all orders.
    pub fn clear(&mut self) {
        self.orders.clear();
        self.ladder.clear();
    }

    /// An order comes: it trades as far as its price reaches, and the rest of it rests.
    /// Returns how much rests.
    ///
    /// # Errors
    /// [`MatchError::Duplicate`], [`MatchError::NoQuantity`] or [`MatchError::Full`].
    pub fn enter(
        &mut self,
        order: LimitOrder,
        on_trade: &mut impl FnMut(Match),
    ) -> Result<Qty, MatchError> {
        if self.orders.find(order.id.raw()).is_some() {
            return Err(MatchError::Duplicate);
        }
        self.enter_new(order, on_trade)
    }

    /// An order comes that trades at once or not at all; returns what is left of it.
    pub fn take(&mut self, order: LimitOrder, on_trade: &mut impl FnMut(Match)) -> Qty {
        let opposite = order.side.opposite();
        let limit = order.price.raw();
        let mut left = order.qty.raw();
        while left > 0 {
            let Some(level) = self.ladder.best_mut(opposite) else {
                break;
            };
            let reaches = match order.side {
                Side::Bid => level.price <= limit,
                Side::Ask => level.price >= limit,
            };
            if !reaches {
                break;
            }
            let slot = level.first;
            let resting = self.orders.get_mut(slot);
            let traded = left.min(resting.qty);
            left -= traded;
            // The pool reads a slot without shares as free, so a filled order keeps them until
            // it leaves, which takes them from the level too.
            let resting_left = resting.qty - traded;
            if resting_left > 0 {
                resting.qty = resting_left;
                level.qty -= u64::from(traded);
            }
            let trade = Match {
                resting: OrderId::from_raw(resting.id),
                incoming: order.id,
                aggressor_side: order.side,
                price: RawPrice::from_raw(level.price),
                qty: Qty::from_raw(traded),
                resting_left: Qty::from_raw(resting_left),
            };
            if resting_left == 0 {
                self.leave(slot);
            }
            on_trade(trade);
        }
        Qty::from_raw(left)
    }

    /// Gives a resting order another price or quantity, both absolute; returns how much rests.
    ///
    /// # Errors
    /// [`MatchError::Unknown`], [`MatchError::NoQuantity`] or [`MatchError::Full`].
    pub fn modify(
        &mut self,
        id: OrderId,
        price: RawPrice,
        qty: Qty,
        on_trade: &mut impl FnMut(Match),
    ) -> Result<Qty, MatchError> {
        let slot = self.orders.find(id.raw()).ok_or(MatchError::Unknown)?;
        if qty == Qty::ZERO {
            return Err(MatchError::NoQuantity);
        }
        let resting = *self.orders.get(slot);
        if price.raw() == resting.price && qty.raw() <= resting.qty {
            self.orders.get_mut(slot).qty = qty.raw();
            if let Ok(position) = self.ladder.find(resting.side, resting.price) {
                self.ladder.get_mut(position).qty -= u64::from(resting.qty - qty.raw());
            }
            return Ok(qty);
        }
        self.leave(slot);
        self.enter_new(
            LimitOrder {
                id,
                side: resting.side,
                price,
                qty,
            },
            on_trade,
        )
    }

    /// Takes an order off the book; returns what was left of it.
    ///
    /// # Errors
    /// [`MatchError::Unknown`].
    pub fn cancel(&mut self, id: OrderId) -> Result<Qty, MatchError> {
        let slot = self.orders.find(id.raw()).ok_or(MatchError::Unknown)?;
        let qty = self.orders.get(slot).qty;
        self.leave(slot);
        Ok(Qty::from_raw(qty))
    }

    /// A resting order.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<LimitOrder> {
        self.orders
            .find(id.raw())
            .map(|slot| view(self.orders.get(slot)))
    }

    /// The best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.level(side, 0)
    }

    /// The level `rank` places behind the best of its side.
    #[must_use]
    pub fn level(&self, side: Side, rank: usize) -> Option<Level> {
        self.ladder.at_rank(side, rank).map(LevelRecord::view)
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        (0..self.ladder.depth(side)).map_while(move |rank| self.level(side, rank))
    }

    /// The orders of one level, first come first.
    pub fn queue(&self, side: Side, rank: usize) -> impl Iterator<Item = LimitOrder> {
        let mut slot = self
            .ladder
            .at_rank(side, rank)
            .map_or(NONE, |level| level.first);
        core::iter::from_fn(move || {
            if slot == NONE {
                return None;
            }
            let record = self.orders.get(slot);
            slot = record.behind;
            Some(view(record))
        })
    }

    /// The orders of a side in the order in which they would trade.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = LimitOrder> {
        (0..self.ladder.depth(side)).flat_map(move |rank| self.queue(side, rank))
    }

    /// How many orders rest.
    #[must_use]
    pub fn len(&self) -> usize {
        self.orders.live()
    }

    /// Whether no order rests.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many orders can rest at once.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.orders.capacity()
    }

    /// How many price levels a side has.
    #[must_use]
    pub fn depth(&self, side: Side) -> usize {
        self.ladder.depth(side)
    }

    /// Compares everything that is kept twice, for tests; walks all orders.
    ///
    /// # Panics
    /// When the matcher contradicts itself.
    pub fn check_invariants(&self) {
        self.orders.check_invariants();
        self.ladder.check_invariants();
        let mut queued = 0;
        for side in Side::BOTH {
            for rank in 0..self.depth(side) {
                let Some(level) = self.ladder.at_rank(side, rank) else {
                    continue;
                };
                let (mut orders, mut qty, mut ahead, mut slot) = (0, 0, NONE, level.first);
                while slot != NONE {
                    let record = self.orders.get(slot);
                    assert_eq!(
                        record.side, side,
                        "order {} is on the wrong side",
                        record.id
                    );
                    assert_eq!(
                        record.price, level.price,
                        "order {} is misplaced",
                        record.id
                    );
                    assert_eq!(record.ahead, ahead, "order {} has a broken link", record.id);
                    assert!(record.qty > 0, "order {} rests with nothing", record.id);
                    orders += 1;
                    qty += u64::from(record.qty);
                    assert!(orders as usize <= self.len(), "a queue runs in a circle");
                    (ahead, slot) = (slot, record.behind);
                }
                assert_eq!(level.last, ahead, "level {} has a wrong end", level.price);
                assert_eq!(level.orders, orders, "level {} counts wrong", level.price);
                assert_eq!(level.qty, qty, "level {} sums wrong", level.price);
                assert!(orders > 0, "level {} is empty", level.price);
                queued += orders as usize;
            }
        }
        assert_eq!(queued, self.len(), "an order is in no queue");
    }

    fn enter_new(
        &mut self,
        order: LimitOrder,
        on_trade: &mut impl FnMut(Match),
    ) -> Result<Qty, MatchError> {
        if order.qty == Qty::ZERO {
            return Err(MatchError::NoQuantity);
        }
        let left = self.take(order, on_trade);
        if left == Qty::ZERO || self.rest(LimitOrder { qty: left, ..order }) {
            Ok(left)
        } else {
            Err(MatchError::Full { dropped: left })
        }
    }

    /// Puts an order at the end of its queue; false when an order or level more does not fit.
    fn rest(
        &mut self,
        LimitOrder {
            id,
            side,
            price,
            qty,
        }: LimitOrder,
    ) -> bool {
        let found = self.ladder.find(side, price.raw());
        if found.is_err() && !self.ladder.has_room() {
            return false;
        }
        let Some(slot) = self.orders.insert(id.raw(), side, price.raw(), qty.raw()) else {
            return false;
        };
        let level = match found {
            Ok(position) => self.ladder.get_mut(position),
            Err(position) => match self.ladder.insert(side, position, price.raw()) {
                Some(level) => level,
                None => unreachable!("room was checked above"),
            },
        };
        level.orders += 1;
        level.qty += u64::from(qty.raw());
        let ahead = core::mem::replace(&mut level.last, slot);
        if ahead == NONE {
            level.first = slot;
        } else {
            self.orders.get_mut(ahead).behind = slot;
        }
        self.orders.get_mut(slot).ahead = ahead;
        true
    }

    /// Takes an order out of its queue and frees its slot, and its level if it was the only one.
    fn leave(&mut self, slot: u32) {
        let OrderSlot {
            side,
            price,
            qty,
            ahead,
            behind,
            ..
        } = *self.orders.get(slot);
        if ahead != NONE {
            self.orders.get_mut(ahead).behind = behind;
        }
        if behind != NONE {
            self.orders.get_mut(behind).ahead = ahead;
        }
        self.orders.remove(slot);
        let Ok(position) = self.ladder.find(side, price) else {
            unreachable!("a resting order has a level");
        };
        let level = self.ladder.get_mut(position);
        if level.orders == 1 {
            self.ladder.remove(side, position);
            return;
        }
        level.orders -= 1;
        level.qty -= u64::from(qty);
        if ahead == NONE {
            level.first = behind;
        }
        if behind == NONE {
            level.last = ahead;
        }
    }
}

fn view(record: &OrderSlot) -> LimitOrder {
    LimitOrder {
        id: OrderId::from_raw(record.id),
        side: record.side,
        price: RawPrice::from_raw(record.price),
        qty: Qty::from_raw(record.qty),
    }
}
