//! Books as lists of orders.

use std::collections::BTreeMap;

use super::Looks;
use super::message::{PlainEvent, What};

/// An order: its id, whether it buys, its price and its shares.
pub(crate) type PlainOrder = (u64, bool, u32, u32);

#[derive(Clone, Debug, Default)]
struct PlainBook {
    /// As they joined their queues.
    orders: Vec<PlainOrder>,
    last: u32,
    trust: Trust,
    /// The channel numbers anew, and the symbol was not heard since.
    reset: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trust {
    #[default]
    Live,
    Recovering,
    Partial,
    Stale,
}

/// The books of all symbols of a channel.
#[derive(Debug)]
pub(crate) struct PlainBooks {
    books: BTreeMap<u32, PlainBook>,
}

impl PlainBooks {
    pub(crate) fn new(symbols: impl Iterator<Item = u32>) -> Self {
        let books = symbols
            .map(|symbol| (symbol, PlainBook::default()))
            .collect();
        Self { books }
    }

    pub(crate) fn lost(&mut self) {
        for book in self.books.values_mut() {
            book.trust = Trust::Stale;
        }
    }

    pub(crate) fn begins(&mut self, in_the_middle: bool) {
        for book in self.books.values_mut() {
            if book.last > 0 || !book.orders.is_empty() {
                book.trust = Trust::Stale;
                book.reset = true;
            } else if in_the_middle && book.trust == Trust::Live {
                book.trust = Trust::Partial;
            } else if book.trust == Trust::Recovering {
                book.trust = Trust::Stale;
            }
        }
    }

    pub(crate) fn looks(&self, symbol: u32) -> Looks {
        let book = &self.books[&symbol];
        let best = |buys: bool| {
            let side = || book.orders.iter().filter(move |order| order.1 == buys);
            let prices = side().map(|order| order.2);
            let price = if buys { prices.max() } else { prices.min() }?;
            let at_best = side().filter(|order| order.2 == price);
            Some((price, at_best.map(|order| u64::from(order.3)).sum()))
        };
        Looks {
            trust: match book.trust {
                Trust::Live => "live",
                Trust::Recovering => "recovering",
                Trust::Partial => "partial",
                Trust::Stale => "stale",
            },
            best: [best(true), best(false)],
        }
    }

    /// The orders of one side by price and time.
    pub(crate) fn queue(&self, symbol: u32, buys: bool) -> Vec<PlainOrder> {
        let mut orders = self.books[&symbol].orders.clone();
        orders.retain(|order| order.1 == buys);
        orders.sort_by_key(|order| {
            let price = i64::from(order.2);
            if buys { -price } else { price }
        });
        orders
    }

    pub(crate) fn apply(&mut self, event: &PlainEvent) {
        let book = self.books.get_mut(&event.symbol).unwrap();
        if let Some(number) = event.symbol_number
            && !book.takes(number)
        {
            book.trust = Trust::Stale;
            return;
        }
        if !book.act(event.what) {
            book.trust = Trust::Stale;
        }
    }
}

impl PlainBook {
    /// Whether a message with this number is to be applied.
    fn takes(&mut self, number: u32) -> bool {
        if self.trust == Trust::Recovering && number <= self.last {
            return true;
        }
        let starts = self.last == 0 && matches!(self.trust, Trust::Partial | Trust::Stale);
        if number == 1 && (self.reset || starts) {
            *self = Self {
                last: 1,
                ..Self::default()
            };
            return true;
        }
        if number == 0 || !self.reset && number <= self.last {
            return false;
        }
        if self.reset {
            self.orders.clear();
            self.last = 0;
            self.reset = false;
        }
        let late_start = self.last == 0 && self.trust == Trust::Partial;
        if number != self.last + 1 && !late_start {
            self.trust = Trust::Stale;
        }
        self.last = number;
        true
    }

    /// Does what the message says; false when it contradicts the book.
    fn act(&mut self, what: What) -> bool {
        let at = |orders: &[PlainOrder], id| orders.iter().position(|order| order.0 == id);
        // Who began in the middle of a day does not know older orders.
        let without = matches!(self.trust, Trust::Partial | Trust::Recovering);
        match what {
            What::Add {
                order,
                buys,
                price,
                shares,
            } => {
                if at(&self.orders, order).is_some() {
                    return false;
                }
                self.orders.push((order, buys, price, shares));
            }
            What::Modify {
                order,
                price,
                shares,
                loses_place,
            } => {
                let Some(place) = at(&self.orders, order) else {
                    return without;
                };
                let (id, buys, old, _) = self.orders[place];
                if loses_place || price != old {
                    self.orders.remove(place);
                    self.orders.push((id, buys, price, shares));
                } else {
                    self.orders[place].3 = shares;
                }
            }
            What::Delete { order } => {
                let Some(place) = at(&self.orders, order) else {
                    return without;
                };
                self.orders.remove(place);
            }
            What::Execute { order, shares, .. } => {
                let Some(place) = at(&self.orders, order) else {
                    return without;
                };
                if self.orders[place].3 < shares {
                    return false;
                }
                self.orders[place].3 -= shares;
                if self.orders[place].3 == 0 {
                    self.orders.remove(place);
                }
            }
            What::Replace {
                order,
                new,
                price,
                shares,
            } => {
                let Some(place) = at(&self.orders, order) else {
                    return without;
                };
                if new != order && at(&self.orders, new).is_some() {
                    return false;
                }
                let (_, buys, ..) = self.orders.remove(place);
                self.orders.push((new, buys, price, shares));
            }
            What::Clear { next } => {
                *self = Self {
                    last: next.saturating_sub(1),
                    trust: if next > 1 {
                        Trust::Recovering
                    } else {
                        Trust::Live
                    },
                    ..Self::default()
                };
            }
            What::Status("closed") => self.orders.clear(),
            What::Trade { .. } | What::Status(_) | What::Scale(_) | What::Nothing => {}
        }
        true
    }
}
