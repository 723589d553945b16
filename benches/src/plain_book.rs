//! The plain book that ours is measured against: a hash map of orders, a tree of levels, and a
//! queue in each.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only what happens to orders is compared"
)]

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent};
use oxberry_core::units::{OrderId, Side, SymbolIndex};

/// A hasher that takes one multiplication a word, like those that compilers use.
#[derive(Clone, Copy, Debug, Default)]
pub struct FastHasher(u64);

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = self
            .0
            .wrapping_add(word)
            .wrapping_mul(0xF135_7AEA_2E62_A9C5);
    }
}

#[expect(
    clippy::disallowed_types,
    reason = "the baseline is what people write first"
)]
type FastMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<FastHasher>>;

#[derive(Clone, Copy, Debug)]
struct PlainOrder {
    side: Side,
    price: u32,
    qty: u32,
}

#[derive(Debug, Default)]
struct PlainLevel {
    qty: u64,
    queue: VecDeque<OrderId>,
}

#[derive(Debug, Default)]
struct PlainSymbol {
    bids: BTreeMap<u32, PlainLevel>,
    asks: BTreeMap<u32, PlainLevel>,
}

/// Books of several symbols, as one writes them first.
#[derive(Debug, Default)]
pub struct PlainBooks {
    symbols: FastMap<SymbolIndex, PlainSymbol>,
    orders: FastMap<(SymbolIndex, OrderId), PlainOrder>,
}

/// Price, quantity and order count of a best level.
pub type Best = (u32, u64, u32);

impl PlainSymbol {
    fn side(&mut self, side: Side) -> &mut BTreeMap<u32, PlainLevel> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn join(&mut self, id: OrderId, order: PlainOrder) {
        let level = self.side(order.side).entry(order.price).or_default();
        level.qty += u64::from(order.qty);
        level.queue.push_back(id);
    }

    fn leave(&mut self, id: OrderId, order: PlainOrder) {
        let levels = self.side(order.side);
        if let Some(level) = levels.get_mut(&order.price) {
            level.qty -= u64::from(order.qty);
            if let Some(at) = level.queue.iter().position(|&other| other == id) {
                level.queue.remove(at);
            }
            if level.queue.is_empty() {
                levels.remove(&order.price);
            }
        }
    }

    fn resize(&mut self, order: PlainOrder, qty: u32) {
        if let Some(level) = self.side(order.side).get_mut(&order.price) {
            level.qty = level.qty - u64::from(order.qty) + u64::from(qty);
        }
    }
}

impl PlainBooks {
    /// Applies an event.
    ///
    /// One match over all actions, long as it is: the baseline is what people write first, and what is
    /// measured must not change its shape.
    pub fn apply(&mut self, event: &FeedEvent) {
        let index = event.symbol_index;
        let symbol = self.symbols.entry(index).or_default();
        match event.action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                ..
            } => {
                let order = PlainOrder {
                    side,
                    price: price.raw(),
                    qty: qty.raw(),
                };
                self.orders.insert((index, order_id), order);
                symbol.join(order_id, order);
            }
            Action::Delete { order_id } => {
                if let Some(order) = self.orders.remove(&(index, order_id)) {
                    symbol.leave(order_id, order);
                }
            }
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => {
                if let Some(order) = self.orders.get_mut(&(index, order_id)) {
                    let old = *order;
                    *order = PlainOrder {
                        price: price.raw(),
                        qty: qty.raw(),
                        ..old
                    };
                    if loses_place || old.price != price.raw() {
                        let new = *order;
                        symbol.leave(order_id, old);
                        symbol.join(order_id, new);
                    } else {
                        symbol.resize(old, qty.raw());
                    }
                }
            }
            Action::Execute {
                order_id,
                qty,
                effect,
                ..
            } => {
                let Some(order) = self.orders.get_mut(&(index, order_id)) else {
                    return;
                };
                let old = *order;
                if effect == ExecutionEffect::Fill || old.qty <= qty.raw() {
                    self.orders.remove(&(index, order_id));
                    symbol.leave(order_id, old);
                } else if effect == ExecutionEffect::Reduce {
                    order.qty -= qty.raw();
                    symbol.resize(old, old.qty - qty.raw());
                }
            }
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => {
                if let Some(old) = self.orders.remove(&(index, order_id)) {
                    symbol.leave(order_id, old);
                    let new = PlainOrder {
                        price: price.raw(),
                        qty: qty.raw(),
                        ..old
                    };
                    self.orders.insert((index, new_order_id), new);
                    symbol.join(new_order_id, new);
                }
            }
            _ => {}
        }
    }

    /// The best bid and the best ask.
    #[must_use]
    pub fn bbo(&self, symbol_index: SymbolIndex) -> (Option<Best>, Option<Best>) {
        let best = |(&price, level): (&u32, &PlainLevel)| {
            (
                price,
                level.qty,
                u32::try_from(level.queue.len()).unwrap_or(u32::MAX),
            )
        };
        let Some(symbol) = self.symbols.get(&symbol_index) else {
            return (None, None);
        };
        (
            symbol.bids.last_key_value().map(best),
            symbol.asks.first_key_value().map(best),
        )
    }
}
