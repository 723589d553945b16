//! Levels: what the orders of one symbol, side, price and last session sum up to, and who they are.
//!
//! A level is one line and names its first orders in it; the others are named in a chain of
//! annexes, each one line with [`ANNEX`] of them. Who is named where says nothing about the queue,
//! which follows from the arrival numbers of the orders: an order that leaves is replaced in its
//! seat by the one named last. So all seats are full but those after the last, and an order that
//! leaves touches its own level and at most one other order.

use super::ladder::Rank;
use super::memory::{Line, NONE, WORDS, chain};
use super::order::{OrderRef, Orders, Seat};
use super::steps;
use crate::units::{Qty, Side};

/// Orders that a level names itself.
pub(super) const OWN: u32 = 9;
/// Orders that an annex names.
pub(super) const ANNEX: u32 = 14;

/// Words of a level.
const RANK: usize = 0;
/// Slot of the symbol, side, and with which session its orders end; see [`Owner`].
const OWNER: usize = 1;
const QTY: usize = 2;
const ORDERS: usize = 4;
/// The level of the same price that ends with another session, or the next free or void level.
const SIBLING: usize = 5;
/// The last annex.
const LAST: usize = 6;
/// The first orders.
const SEATS: usize = 7;

/// Words of an annex.
const LEVEL: usize = 0;
/// The annex before, or the next free one.
const BEFORE: usize = 1;
const ANNEX_SEATS: usize = 2;

/// Level records for that many levels: some are kept for a while by void orders, more than [`OWN`]
/// in each but one.
pub(super) const fn records(orders: u32, levels: u32) -> usize {
    levels as usize + (orders / (OWN + 1)) as usize + 1
}

/// Annexes for that many orders: the first of a level comes with its order [`OWN`]` + 1`.
pub(super) const fn annexes(orders: u32) -> usize {
    (orders / (OWN + 1)) as usize
}

/// Whose level it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u32);

impl Owner {
    /// More than any symbol's.
    const VOID: u32 = 1 << 31;

    /// Of orders of this symbol and side that end with this session, 0 to 3.
    #[inline(always)]
    pub(super) fn new(slot: u32, side: Side, expiry: u32) -> Self {
        Self(slot << 3 | (side as u32) << 2 | expiry)
    }

    #[inline(always)]
    pub(super) fn slot(self) -> u32 {
        self.0 >> 3
    }

    #[inline(always)]
    pub(super) fn side(self) -> Side {
        if self.0 & 4 == 0 {
            Side::Bid
        } else {
            Side::Ask
        }
    }

    #[inline(always)]
    pub(super) fn expiry(self) -> u32 {
        self.0 & 3
    }
}

/// What an order leaves behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    /// The orders that are left in its level.
    pub(super) orders: u32,
    pub(super) owner: Owner,
    pub(super) rank: Rank,
}

/// The pool of all levels and their annexes.
#[derive(Debug)]
pub(super) struct Levels<'s> {
    lines: &'s mut [Line],
    annexes: &'s mut [Line],
    free: u32,
    free_annex: u32,
    /// Levels in use, without void ones.
    live: u32,
    capacity: u32,
    /// Levels whose orders are void, and how many those are.
    void: u32,
    void_orders: u32,
}

impl<'s> Levels<'s> {
    pub(super) fn new(lines: &'s mut [Line], annexes: &'s mut [Line], capacity: u32) -> Self {
        lines.fill(Line::EMPTY);
        annexes.fill(Line::EMPTY);
        let count = lines.len() as u32;
        let mut free_annex = NONE;
        for (annex, line) in annexes.iter_mut().enumerate().rev() {
            line[BEFORE] = free_annex;
            free_annex = annex as u32;
        }
        let mut levels = Self {
            lines,
            annexes,
            free: NONE,
            free_annex,
            live: 0,
            capacity,
            void: NONE,
            void_orders: 0,
        };
        for level in (0..count).rev() {
            levels.give(level);
        }
        levels
    }

    /// Levels in use.
    pub(super) fn live(&self) -> u32 {
        self.live
    }

    /// Orders that are void but still hold their places.
    pub(super) fn void_orders(&self) -> u32 {
        self.void_orders
    }

    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.live >= self.capacity
    }

    #[inline(always)]
    fn at(&self, level: u32) -> &Line {
        &self.lines[level as usize]
    }

    #[inline(always)]
    fn at_mut(&mut self, level: u32) -> &mut Line {
        &mut self.lines[level as usize]
    }

    /// An empty level; there is one while [`Self::is_full`] does not hold.
    #[inline(always)]
    pub(super) fn take(&mut self, owner: Owner, rank: Rank) -> u32 {
        let level = self.free;
        self.live += 1;
        let line = self.at_mut(level);
        let free = line[SIBLING];
        line[RANK] = rank.raw();
        line[OWNER] = owner.0;
        line.set_long(QTY, 0);
        line[ORDERS] = 0;
        line[SIBLING] = NONE;
        line[LAST] = NONE;
        self.free = free;
        level
    }

    /// Takes a level out of use that has no orders any more.
    #[inline(always)]
    pub(super) fn drop(&mut self, level: u32) {
        self.live -= 1;
        self.give(level);
    }

    #[inline(always)]
    fn give(&mut self, level: u32) {
        let free = self.free;
        let line = self.at_mut(level);
        line[OWNER] = Owner::VOID;
        line[SIBLING] = free;
        self.free = level;
    }

    #[inline(always)]
    pub(super) fn owner(&self, level: u32) -> Owner {
        Owner(self.at(level)[OWNER])
    }

    #[inline(always)]
    pub(super) fn rank(&self, level: u32) -> Rank {
        Rank::from_raw(self.at(level)[RANK])
    }

    pub(super) fn set_rank(&mut self, level: u32, rank: Rank) {
        self.at_mut(level)[RANK] = rank.raw();
    }

    #[inline(always)]
    pub(super) fn qty(&self, level: u32) -> u64 {
        self.at(level).long(QTY)
    }

    #[inline(always)]
    pub(super) fn orders(&self, level: u32) -> u32 {
        self.at(level)[ORDERS]
    }

    #[inline(always)]
    pub(super) fn sibling(&self, level: u32) -> u32 {
        self.at(level)[SIBLING]
    }

    #[inline(always)]
    pub(super) fn set_sibling(&mut self, level: u32, other: u32) {
        self.at_mut(level)[SIBLING] = other;
    }

    /// The level of the order with this seat, if it is one of this symbol.
    #[inline(always)]
    pub(super) fn of_seat(&self, seat: Seat, slot: u32) -> Option<u32> {
        let level = self.level_of(seat);
        (self.owner(level).slot() == slot).then_some(level)
    }

    /// The level of the order with this seat.
    #[inline(always)]
    pub(super) fn level_of(&self, seat: Seat) -> u32 {
        match seat.level() {
            Ok(level) => level,
            Err(annex) => self.annexes[annex as usize][LEVEL],
        }
    }

    /// Makes a level the next of the siblings after the first.
    pub(super) fn insert_sibling(&mut self, first: u32, level: u32) {
        let second = self.sibling(first);
        self.set_sibling(level, second);
        self.set_sibling(first, level);
    }

    /// Takes a level that is not the first out of the siblings.
    pub(super) fn unlink_sibling(&mut self, first: u32, level: u32) {
        let mut before = first;
        while self.sibling(before) != level {
            before = self.sibling(before);
        }
        let after = self.sibling(level);
        self.set_sibling(before, after);
    }

    /// The level of this price whose orders end with this session, from the first of its siblings.
    #[inline(always)]
    pub(super) fn with_expiry(&self, first: u32, expiry: u32) -> Option<u32> {
        let mut level = first;
        while level != NONE {
            if self.owner(level).expiry() == expiry {
                return Some(level);
            }
            level = self.sibling(level);
        }
        None
    }

    /// Changes the shares of one order from `old` to `new`; says whose level it is, and its rank.
    #[inline(always)]
    pub(super) fn resize(&mut self, level: u32, old: Qty, new: Qty) -> (Owner, Rank) {
        let line = self.at_mut(level);
        let qty = line.long(QTY) - u64::from(old.raw()) + u64::from(new.raw());
        line.set_long(QTY, qty);
        (Owner(line[OWNER]), Rank::from_raw(line[RANK]))
    }

    /// Adds an order; says where it sits.
    #[inline(always)]
    pub(super) fn join(&mut self, level: u32, order: OrderRef, qty: Qty) -> Seat {
        let line = self.at_mut(level);
        line.set_long(QTY, line.long(QTY) + u64::from(qty.raw()));
        let orders = line[ORDERS];
        line[ORDERS] = orders + 1;
        if orders < OWN {
            line[SEATS + orders as usize] = order.raw();
            Seat::in_level(level)
        } else {
            self.join_annex(level, orders - OWN, order)
        }
    }

    /// Names an order in the last annex, which has `before` orders before it in all annexes.
    #[inline(never)]
    fn join_annex(&mut self, level: u32, before: u32, order: OrderRef) -> Seat {
        let at = (before % ANNEX) as usize;
        if at == 0 {
            let annex = self.free_annex;
            let last = self.at(level)[LAST];
            let line = &mut self.annexes[annex as usize];
            self.free_annex = line[BEFORE];
            line[LEVEL] = level;
            line[BEFORE] = last;
            self.at_mut(level)[LAST] = annex;
        }
        let annex = self.at(level)[LAST];
        self.annexes[annex as usize][ANNEX_SEATS + at] = order.raw();
        Seat::in_annex(annex)
    }

    /// Takes an order away.
    #[inline(always)]
    pub(super) fn leave(
        &mut self,
        level: u32,
        order: OrderRef,
        qty: Qty,
        orders: &mut Orders<'_>,
    ) -> Left {
        let line = &mut self.lines[level as usize];
        let left = Left {
            orders: line[ORDERS] - 1,
            owner: Owner(line[OWNER]),
            rank: Rank::from_raw(line[RANK]),
        };
        line.set_long(QTY, line.long(QTY) - u64::from(qty.raw()));
        line[ORDERS] = left.orders;
        if left.orders >= OWN {
            self.leave_annex(level, left.orders - OWN, order, orders);
        } else if left.orders > 0 {
            // The one named last takes the seat; both are in the level.
            let seat = position(line, SEATS, order);
            line[seat] = line[SEATS + left.orders as usize];
        }
        left
    }

    /// Takes an order away from a level with annexes, whose last one has `before` before it.
    #[inline(never)]
    fn leave_annex(&mut self, level: u32, before: u32, order: OrderRef, orders: &mut Orders<'_>) {
        steps::count();
        let last = self.pop_annex(level, before);
        if last == order {
            return;
        }
        let seat = orders.seat(order);
        match seat.level() {
            Ok(_) => {
                let line = &mut self.lines[level as usize];
                let at = position(line, SEATS, order);
                line[at] = last.raw();
            }
            Err(annex) => {
                let line = &mut self.annexes[annex as usize];
                let at = position(line, ANNEX_SEATS, order);
                line[at] = last.raw();
            }
        }
        orders.set_seat(last, seat);
    }

    /// Takes the order that is named last in the annexes, before which they have `before`.
    fn pop_annex(&mut self, level: u32, before: u32) -> OrderRef {
        let annex = self.at(level)[LAST];
        let line = &mut self.annexes[annex as usize];
        let at = (before % ANNEX) as usize;
        let order = OrderRef::from_raw(line[ANNEX_SEATS + at]);
        if at == 0 {
            let previous = line[BEFORE];
            line[BEFORE] = self.free_annex;
            self.free_annex = annex;
            self.at_mut(level)[LAST] = previous;
        }
        order
    }

    /// The order that is named last.
    fn pop(&mut self, level: u32) -> OrderRef {
        let line = self.at_mut(level);
        let left = line[ORDERS] - 1;
        line[ORDERS] = left;
        if left < OWN {
            OrderRef::from_raw(line[SEATS + left as usize])
        } else {
            self.pop_annex(level, left - OWN)
        }
    }

    /// Makes all orders of a level void and takes it out of use. What it names itself is handed
    /// over at once when that is all; else it keeps its record until [`Self::pop_void`] has
    /// handed over the last.
    pub(super) fn void(&mut self, level: u32, mut free: impl FnMut(OrderRef)) {
        self.live -= 1;
        if self.orders(level) <= OWN {
            for _ in 0..self.orders(level) {
                steps::count();
                free(self.pop(level));
            }
            self.give(level);
        } else {
            self.void_orders += self.orders(level);
            self.at_mut(level)[OWNER] |= Owner::VOID;
            // Not before the first, so that only one level at a time has few orders left.
            let first = self.void;
            if first == NONE {
                self.at_mut(level)[SIBLING] = NONE;
                self.void = level;
            } else {
                let second = self.sibling(first);
                self.set_sibling(level, second);
                self.set_sibling(first, level);
            }
        }
    }

    /// A void order whose place is to be freed, and the slot of its symbol, if there is one.
    pub(super) fn pop_void(&mut self) -> Option<(u32, OrderRef)> {
        if self.void_orders == 0 {
            return None;
        }
        let level = self.void;
        let slot = (self.at(level)[OWNER] & !Owner::VOID) >> 3;
        let order = self.pop(level);
        self.void_orders -= 1;
        if self.orders(level) == 0 {
            self.void = self.sibling(level);
            self.give(level);
        }
        Some((slot, order))
    }

    /// The orders of a level, in no particular order.
    pub(super) fn members(&self, level: u32) -> impl Iterator<Item = OrderRef> {
        let line = self.at(level);
        let orders = line[ORDERS];
        let own = line.words()[SEATS..].iter().take(orders as usize);
        let mut annex = line[LAST];
        let mut in_last = orders.saturating_sub(OWN + 1) % ANNEX + 1;
        let annexes = core::iter::from_fn(move || {
            let line = self.annexes.get(annex as usize)?;
            annex = line[BEFORE];
            let count = core::mem::replace(&mut in_last, ANNEX);
            Some(line.words()[ANNEX_SEATS..].iter().take(count as usize))
        });
        own.chain(annexes.flatten())
            .map(|&raw| OrderRef::from_raw(raw))
    }

    /// Annexes of a level.
    pub(super) fn annexes_of(&self, level: u32) -> usize {
        chain(self.at(level)[LAST], |annex| {
            self.annexes[annex as usize][BEFORE]
        })
        .count()
    }

    /// What is wrong with the records and annexes that are not among those in use, or `None`.
    pub(super) fn check_spare(&self, levels: usize, annexes: usize) -> Option<&'static str> {
        let void = || chain(self.void, |level| self.sibling(level));
        let free = chain(self.free, |level| self.sibling(level)).count();
        if void().map(|level| self.orders(level)).sum::<u32>() != self.void_orders {
            return Some("void orders are not those of the void levels");
        }
        if levels + void().count() + free != self.lines.len() {
            return Some("level records are lost");
        }
        let before = |annex| self.annexes[annex as usize][BEFORE];
        let free_annexes = chain(self.free_annex, before).count();
        let void_annexes: usize = void().map(|level| self.annexes_of(level)).sum();
        if annexes + void_annexes + free_annexes != self.annexes.len() {
            return Some("annexes are lost");
        }
        None
    }
}

/// The word from `first` on that names the order.
#[inline(always)]
fn position(line: &Line, first: usize, order: OrderRef) -> usize {
    let mut at = first;
    while at < WORDS - 1 && line[at] != order.raw() {
        steps::count();
        at += 1;
    }
    at
}
