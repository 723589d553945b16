//! Levels: what the orders of one symbol, side, price and last session sum up to, and their queue.

use super::ladder::Key;
use super::memory::{Line, NONE};
use super::order::OrderRef;
use crate::units::Side;

/// Words of a level.
const KEY: usize = 0;
/// Slot of the symbol times two, plus one for asks.
const OWNER: usize = 1;
const QTY: usize = 2;
const ORDERS: usize = 4;
const HEAD: usize = 5;
const TAIL: usize = 6;
/// The level of the same price that ends with another session, or the next free level.
const SIBLING: usize = 7;
const EXPIRY: usize = 8;
/// Arrival number when the level came to be: orders that point here and arrived before are void.
const SINCE: usize = 10;

/// Whose level it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) slot: u32,
    pub(super) side: Side,
}

/// The pool of all levels.
#[derive(Debug)]
pub(super) struct Levels<'s> {
    lines: &'s mut [Line],
    free: u32,
    live: u32,
}

impl<'s> Levels<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        lines.fill(Line::EMPTY);
        let count = lines.len() as u32;
        let mut levels = Self {
            lines,
            free: NONE,
            live: count,
        };
        for level in (0..count).rev() {
            levels.give(level);
        }
        levels
    }

    pub(super) fn live(&self) -> u32 {
        self.live
    }

    pub(super) fn is_full(&self) -> bool {
        self.free == NONE
    }

    fn at(&self, level: u32) -> &Line {
        &self.lines[level as usize]
    }

    fn at_mut(&mut self, level: u32) -> &mut Line {
        &mut self.lines[level as usize]
    }

    /// An empty level, or `None` when all are in use.
    pub(super) fn take(&mut self, owner: Owner, key: Key, expiry: u32, since: u64) -> Option<u32> {
        let level = self.free;
        if level == NONE {
            return None;
        }
        self.free = self.at(level)[SIBLING];
        self.live += 1;
        let line = self.at_mut(level);
        line[KEY] = key.raw();
        line[OWNER] = owner.slot << 1 | u32::from(owner.side == Side::Ask);
        line.set_long(QTY, 0);
        line[ORDERS] = 0;
        line[HEAD] = NONE;
        line[TAIL] = NONE;
        line[SIBLING] = NONE;
        line[EXPIRY] = expiry;
        line.set_long(SINCE, since);
        Some(level)
    }

    /// Gives a level back; orders that still point to it are void from now on.
    pub(super) fn give(&mut self, level: u32) {
        let free = self.free;
        let line = self.at_mut(level);
        line.set_long(SINCE, u64::MAX);
        line[SIBLING] = free;
        self.free = level;
        self.live -= 1;
    }

    /// Whether an order that points to this level and has this arrival number rests in it.
    pub(super) fn holds(&self, level: u32, arrival: u64) -> bool {
        arrival >= self.at(level).long(SINCE)
    }

    pub(super) fn key(&self, level: u32) -> Key {
        Key::from_raw(self.at(level)[KEY])
    }

    pub(super) fn set_key(&mut self, level: u32, key: Key) {
        self.at_mut(level)[KEY] = key.raw();
    }

    pub(super) fn owner(&self, level: u32) -> Owner {
        let owner = self.at(level)[OWNER];
        Owner {
            slot: owner >> 1,
            side: if owner & 1 == 0 { Side::Bid } else { Side::Ask },
        }
    }

    pub(super) fn qty(&self, level: u32) -> u64 {
        self.at(level).long(QTY)
    }

    pub(super) fn set_qty(&mut self, level: u32, qty: u64) {
        self.at_mut(level).set_long(QTY, qty);
    }

    pub(super) fn orders(&self, level: u32) -> u32 {
        self.at(level)[ORDERS]
    }

    pub(super) fn set_orders(&mut self, level: u32, orders: u32) {
        self.at_mut(level)[ORDERS] = orders;
    }

    pub(super) fn head(&self, level: u32) -> OrderRef {
        OrderRef::from_raw(self.at(level)[HEAD])
    }

    pub(super) fn set_head(&mut self, level: u32, order: OrderRef) {
        self.at_mut(level)[HEAD] = order.raw();
    }

    pub(super) fn tail(&self, level: u32) -> OrderRef {
        OrderRef::from_raw(self.at(level)[TAIL])
    }

    pub(super) fn set_tail(&mut self, level: u32, order: OrderRef) {
        self.at_mut(level)[TAIL] = order.raw();
    }

    pub(super) fn sibling(&self, level: u32) -> u32 {
        self.at(level)[SIBLING]
    }

    pub(super) fn set_sibling(&mut self, level: u32, other: u32) {
        self.at_mut(level)[SIBLING] = other;
    }

    pub(super) fn expiry(&self, level: u32) -> u32 {
        self.at(level)[EXPIRY]
    }

    /// The level of this price whose orders end with this session, from the first of its siblings.
    pub(super) fn with_expiry(&self, first: u32, expiry: u32) -> Option<u32> {
        let mut level = first;
        while level != NONE {
            if self.expiry(level) == expiry {
                return Some(level);
            }
            level = self.sibling(level);
        }
        None
    }
}
