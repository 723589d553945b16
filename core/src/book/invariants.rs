//! What always holds, checked at length: for tests, simulation and fuzzing.

use super::books::Books;
use super::refs::LevelRef;
use super::slot::SymbolSlot;
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

/// What was counted on the way.
#[derive(Default)]
struct Seen {
    orders: u32,
    levels: usize,
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
            let broken = |what| Broken {
                symbol_index: Some(self.symbol_index(slot)),
                what,
            };
            if self.sum(slot) != self.sum_of_orders(slot) {
                return Err(broken("the sum of a book is not that of its orders"));
            }
            if let Err(damage) = self.scrub(slot, u32::MAX) {
                return Err(broken(damage.what));
            }
            for side in Side::BOTH {
                self.check_side(slot, side, &mut seen).map_err(broken)?;
            }
        }
        let shared = |what| {
            Err(Broken {
                symbol_index: None,
                what,
            })
        };
        if seen.orders != self.engine.live {
            return shared("the queues hold another number of orders than are counted");
        }
        if seen.levels != self.engine.levels.live() as usize {
            return shared("the ladders hold another number of levels than are in use");
        }
        if seen.orders > self.capacity.orders || seen.levels > self.capacity.levels as usize {
            return shared("there is more than the capacity allows");
        }
        if self.engine.live + self.engine.levels.void_orders()
            != self.engine.orders.count(&self.engine.records)
        {
            return shared("the table holds another number of orders than rest or are void");
        }
        if seen.nodes + self.engine.ladders.free_nodes() != self.engine.ladders.count() {
            return shared("ladder nodes are lost");
        }
        self.engine
            .levels
            .check_spare(&self.engine.records, seen.levels as u32)
            .map_or(Ok(()), shared)
    }

    fn check_side(
        &self,
        slot: SymbolSlot,
        side: Side,
        seen: &mut Seen,
    ) -> Result<(), &'static str> {
        let head = self.symbols.ladder(slot, side);
        if let Some(what) = self.engine.ladders.broken(head) {
            return Err(what);
        }
        seen.nodes += self.engine.ladders.nodes_of(head);
        if self.symbols.best(slot, side) != self.depth(slot, side).next() {
            return Err("the best level is not the first");
        }
        for (rank, first) in self.engine.ladders.iter(head) {
            let (mut level, mut expiries) = (first, 0);
            while level != LevelRef::NONE {
                let owner = self.engine.records.owner(level);
                if self.engine.records.rank(level) != rank {
                    return Err("a level has another price than its position in the ladder");
                }
                if (owner.slot(), owner.side()) != (slot, side) {
                    return Err("a level belongs to another book");
                }
                if expiries & 1 << owner.expiry() != 0 {
                    return Err("a level exists twice");
                }
                expiries |= 1 << owner.expiry();
                seen.levels += 1;
                seen.orders += self.check_members(slot, level)?;
                level = self.engine.records.sibling(level);
            }
        }
        Ok(())
    }

    /// Checks the orders of a level, and says how many it has.
    fn check_members(&self, slot: SymbolSlot, level: LevelRef) -> Result<u32, &'static str> {
        let (mut orders, mut qty) = (0, 0);
        let records = &self.engine.records;
        let mut last = level.record();
        for order in records.queue(level) {
            if records.level(order) != level {
                return Err("an order is in the queue of another level than its own");
            }
            if records.prev(order.record()) != last {
                return Err("a queue leads to an order that it does not lead back from");
            }
            last = order.record();
            let found = self
                .engine
                .resting(self.engine.orders.key(slot, records.id(order)));
            if found.is_none_or(|found| (found.order, found.level) != (order, level)) {
                return Err("an order is not found by its id");
            }
            orders += 1;
            qty += u64::from(records.qty(order).raw());
        }
        if orders == 0 {
            return Err("a level is empty");
        }
        if records.prev(level.record()) != last {
            return Err("a level does not lead to its last order");
        }
        if (records.orders(level), records.level_qty(level)) != (orders, qty) {
            return Err("a level does not sum up its orders");
        }
        Ok(orders)
    }
}
