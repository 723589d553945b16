//! What always holds, checked at length: for tests, simulation and fuzzing.

use super::books::Books;
use super::memory::NONE;
use super::order::OrderRef;
use super::symbol::SymbolSlot;
use crate::units::{Side, SymbolIndex};

/// A rule that the books break; a bug in this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Broken {
    /// The symbol whose book breaks it, or `None` for what the symbols share.
    pub symbol_index: Option<SymbolIndex>,
    /// What is wrong.
    pub what: &'static str,
}

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.symbol_index {
            Some(symbol_index) => write!(f, "symbol index {symbol_index}: {}", self.what),
            None => f.write_str(self.what),
        }
    }
}

impl core::error::Error for Broken {}

/// Orders, levels and ladder nodes counted on the way.
#[derive(Default)]
struct Seen {
    orders: u32,
    levels: u32,
    nodes: usize,
}

impl Books<'_> {
    /// Walks everything and compares what is stored twice.
    ///
    /// # Errors
    ///
    /// With the first rule found broken.
    pub fn check_invariants(&self) -> Result<(), Broken> {
        let mut seen = Seen::default();
        for slot in self.slots() {
            for side in Side::BOTH {
                self.check_side(slot, side, &mut seen)
                    .map_err(|what| Broken {
                        symbol_index: Some(self.symbol_index(slot)),
                        what,
                    })?;
            }
        }
        let shared = |what| {
            Err(Broken {
                symbol_index: None,
                what,
            })
        };
        if seen.orders != self.live {
            return shared("the queues hold another number of orders than are counted");
        }
        if seen.levels != self.levels.live() {
            return shared("the ladders hold another number of levels than are in use");
        }
        if seen.orders > self.capacity.orders || seen.levels > self.capacity.levels {
            return shared("there is more than the capacity allows");
        }
        if self.live + self.void.count() != self.orders.count() {
            return shared("the table holds another number of orders than rest or are void");
        }
        if seen.nodes + self.ladders.free_nodes() != self.ladders.count() {
            return shared("ladder nodes are lost");
        }
        Ok(())
    }

    fn check_side(
        &self,
        slot: SymbolSlot,
        side: Side,
        seen: &mut Seen,
    ) -> Result<(), &'static str> {
        let head = self.symbols.ladder(slot.raw(), side);
        if let Some(what) = self.ladders.broken(head) {
            return Err(what);
        }
        seen.nodes += self.ladders.nodes_of(head);
        if self.symbols.best(slot.raw(), side) != self.depth(slot, side).next() {
            return Err("the best level is not the first");
        }
        for (key, first) in self.ladders.iter(head) {
            let (mut level, mut expiries) = (first, 0);
            while level != NONE {
                if self.levels.key(level) != key {
                    return Err("a level has another price than its place in the ladder");
                }
                let owner = self.levels.owner(level);
                if (owner.slot, owner.side) != (slot.raw(), side) {
                    return Err("a level belongs to another book");
                }
                let expiry = 1 << self.levels.expiry(level);
                if expiries & expiry != 0 {
                    return Err("a level exists twice");
                }
                expiries |= expiry;
                seen.levels += 1;
                seen.orders += self.check_queue(slot, level)?;
                level = self.levels.sibling(level);
            }
        }
        Ok(())
    }

    /// Checks the queue of a level, and says how many orders it has.
    fn check_queue(&self, slot: SymbolSlot, level: u32) -> Result<u32, &'static str> {
        let (mut order, mut previous) = (self.levels.head(level), OrderRef::NONE);
        let (mut orders, mut qty, mut arrival) = (0, 0, None);
        while order.is_some() {
            if self.orders.level(order) != level || self.orders.previous(order) != previous {
                return Err("an order does not know its level or who is before it");
            }
            if Some(self.orders.arrival(order)) <= arrival {
                return Err("a queue is not in order of arrival");
            }
            if self.resting(slot.raw(), self.orders.id(order)) != Some(order) {
                return Err("an order is not found by its id");
            }
            arrival = Some(self.orders.arrival(order));
            orders += 1;
            qty += u64::from(self.orders.qty(order).raw());
            (order, previous) = (self.orders.next(order), order);
        }
        if self.levels.tail(level) != previous {
            return Err("a level does not know its last order");
        }
        if orders == 0 {
            return Err("a level is empty");
        }
        if (self.levels.orders(level), self.levels.qty(level)) != (orders, qty) {
            return Err("a level does not sum up its orders");
        }
        Ok(orders)
    }
}
