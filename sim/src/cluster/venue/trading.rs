//! Ordinary trading: orders join, change, trade and leave.

use oxberry_core::units::{Side, SymbolIndex};
use oxberry_core::xdp::Dialect;

use super::channel::Channel;
use crate::cluster::deed::{Deed, NewOrder};

/// The price and quantity that a trader has in mind.
#[derive(Clone, Copy, Debug)]
struct Wish {
    /// The price that separates bids from asks.
    middle: u32,
    /// The distance from that price.
    away: u32,
    qty: u32,
}

impl Wish {
    const fn price(self, side: Side) -> u32 {
        match side {
            Side::Bid => self.middle - 1 - self.away,
            Side::Ask => self.middle + self.away,
        }
    }
}

impl Channel<'_> {
    /// Lets a trader do something with one of the symbols.
    pub(super) fn trade(&mut self) {
        let symbol_index = self.any_symbol();
        let kind = self.random.below(100);
        let away = u32::try_from(self.random.below(12)).unwrap_or(0);
        let qty = u32::try_from(self.random.between(1, 5) * 100).unwrap_or(100);
        let rests = self.random.next();
        let Some(symbol) = self.symbols.get_mut(&symbol_index) else {
            return;
        };
        if !symbol.is_defined {
            if kind >= 6 {
                // It is listed later, when something may have been missed already.
                return;
            }
            symbol.is_defined = true;
            let scale = symbol.book.scale();
            return self.say(symbol_index, Deed::Define(scale));
        }
        let chosen = symbol.resting(rests);
        let middle = self.middle(symbol_index);
        let wish = Wish { middle, away, qty };
        let deed = match chosen.filter(|_| kind >= 45) {
            None => Deed::Add(self.new_order(wish, rests >> 32)),
            Some(order) => self.change(kind, order, wish),
        };
        self.say(symbol_index, deed);
        if kind == 99 && chosen.is_some() {
            self.delete_late(symbol_index);
        }
    }

    /// Returns the price that separates the bids of a symbol from its asks.
    pub(super) fn middle(&self, symbol_index: SymbolIndex) -> u32 {
        10_u32.pow(self.scale(symbol_index).code().into()) * 10
    }

    fn new_order(&mut self, wish: Wish, random: u64) -> NewOrder {
        let id = self.next_order;
        self.next_order += 1;
        let side = if random & 1 == 0 {
            Side::Bid
        } else {
            Side::Ask
        };
        let sessions = match self.market.dialect {
            Dialect::Legacy => u8::try_from(1 + (random >> 1) % 7).unwrap_or(7),
            Dialect::Xdp | Dialect::Pillar => 7,
        };
        NewOrder {
            id,
            side,
            price: wish.price(side),
            qty: wish.qty,
            sessions,
        }
    }

    /// Returns what happens to a resting order, or instead a trade beside the book.
    fn change(&mut self, kind: u64, order: NewOrder, wish: Wish) -> Deed {
        let (id, price, qty) = (order.id, wish.price(order.side), wish.qty);
        match kind {
            45..70 => Deed::Delete { id },
            70..80 => Deed::Modify { id, price, qty },
            80..92 => Deed::Execute {
                id,
                price: order.price,
                qty: qty.min(order.qty),
            },
            92..96 if self.market.dialect != Dialect::Legacy => {
                let new_id = self.next_order;
                self.next_order += 1;
                Deed::Replace {
                    id,
                    new_id,
                    price,
                    qty,
                }
            }
            _ => Deed::Trade { price, qty },
        }
    }

    /// Deletes an order that had left without a delete.
    fn delete_late(&mut self, symbol_index: SymbolIndex) {
        let symbol = self.symbols.get_mut(&symbol_index);
        if let Some(id) = symbol.and_then(|symbol| symbol.voided.pop()) {
            self.say(symbol_index, Deed::Delete { id });
        }
    }
}
