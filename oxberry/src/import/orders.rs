//! The orders that are alive: what the next message of each is understood by.

#[allow(
    clippy::disallowed_types,
    reason = "orders are only looked up; no order of iteration is seen"
)]
use std::collections::HashMap;

use oxberry_core::units::{OrderId, Price, Qty, Side, SymbolIndex};

/// Memory of a symbol is given back when fewer than one in so many places are taken.
const SPARSE: usize = 8;

/// An order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resting {
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) qty: Qty,
}

/// All orders that are alive, by symbol. Nothing else grows while a file is read.
#[derive(Debug, Default)]
pub(super) struct LiveOrders {
    #[allow(clippy::disallowed_types, reason = "as above")]
    symbols: HashMap<SymbolIndex, HashMap<OrderId, Resting>>,
    alive: usize,
    most: usize,
}

impl LiveOrders {
    /// An order joins; says whether there was none by this name.
    pub(super) fn add(&mut self, symbol: SymbolIndex, id: OrderId, order: Resting) -> bool {
        let orders = self.symbols.entry(symbol).or_default();
        let is_new = orders.insert(id, order).is_none();
        self.alive += usize::from(is_new);
        self.most = self.most.max(self.alive);
        is_new
    }

    /// An order, if it is alive.
    pub(super) fn get(&mut self, symbol: SymbolIndex, id: OrderId) -> Option<&mut Resting> {
        self.symbols.get_mut(&symbol)?.get_mut(&id)
    }

    /// An order leaves.
    pub(super) fn remove(&mut self, symbol: SymbolIndex, id: OrderId) -> Option<Resting> {
        let orders = self.symbols.get_mut(&symbol)?;
        let order = orders.remove(&id)?;
        self.alive -= 1;
        if orders.len() < orders.capacity() / SPARSE {
            orders.shrink_to(orders.len() * 2);
        }
        Some(order)
    }

    /// All orders of a symbol leave.
    #[cfg(feature = "dbn")]
    pub(super) fn clear(&mut self, symbol: SymbolIndex) {
        let orders = self.symbols.remove(&symbol).unwrap_or_default();
        self.alive -= orders.len();
    }

    /// The most that were alive at once.
    pub(super) const fn most(&self) -> usize {
        self.most
    }
}
