//! The book of one symbol, written as plainly as possible: the standard that others are judged by.

use std::collections::BTreeMap;

use oxberry_core::units::{PriceScale, Qty, RawPrice, Side};
use oxberry_proto::stock::{Quote, TradePrint, View};

use super::deed::{Deed, NewOrder};

/// The book of one symbol at the venue.
#[derive(Clone, Debug)]
pub(super) struct NaiveBook {
    scale: PriceScale,
    orders: BTreeMap<u64, NewOrder>,
    /// Those orders as they joined.
    queue: Vec<u64>,
    /// Shares and orders at each price.
    bids: BTreeMap<u32, (u64, u32)>,
    asks: BTreeMap<u32, (u64, u32)>,
}

impl NaiveBook {
    pub(super) const fn new(scale: PriceScale) -> Self {
        Self {
            scale,
            orders: BTreeMap::new(),
            queue: Vec::new(),
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
        }
    }

    pub(super) const fn scale(&self) -> PriceScale {
        self.scale
    }

    pub(super) const fn orders(&self) -> &BTreeMap<u64, NewOrder> {
        &self.orders
    }

    /// The orders as they joined.
    pub(super) fn queue(&self) -> impl Iterator<Item = NewOrder> + '_ {
        self.queue
            .iter()
            .filter_map(|id| self.orders.get(id).copied())
    }

    /// Returns the view that everybody should see.
    pub(super) fn view(&self) -> View {
        let quote = |(&price, &(qty, orders)): (&u32, &(u64, u32))| Quote {
            price: RawPrice::from_raw(price),
            qty,
            orders,
        };
        View {
            scale: self.scale,
            bid: self.bids.last_key_value().map(quote),
            ask: self.asks.first_key_value().map(quote),
        }
    }

    /// Applies a deed. Returns the trade that goes to the tape, if any: in the later dialects executions
    /// do, as `executions_print` says.
    pub(super) fn act(&mut self, deed: Deed, executions_print: bool) -> Option<TradePrint> {
        let print = |price, qty| TradePrint {
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(qty),
        };
        match deed {
            Deed::Add(order) | Deed::AddAgain(order) => self.join(order),
            Deed::Modify { id, price, qty } => {
                if let Some(order) = self.leave(id) {
                    self.join(NewOrder {
                        price,
                        qty,
                        ..order
                    });
                }
            }
            Deed::Delete { id } => {
                self.leave(id);
            }
            Deed::Execute { id, price, qty } => {
                let place = self.queue.iter().position(|&queued| queued == id);
                if let Some(order) = self.leave(id)
                    && order.qty > qty
                {
                    self.join(NewOrder {
                        qty: order.qty - qty,
                        ..order
                    });
                    // It keeps its place.
                    let last = self.queue.pop();
                    self.queue
                        .insert(place.unwrap_or_default(), last.unwrap_or(id));
                }
                return executions_print.then(|| print(price, qty));
            }
            Deed::Replace {
                id,
                new_id,
                price,
                qty,
            } => {
                if let Some(order) = self.leave(id) {
                    self.join(NewOrder {
                        id: new_id,
                        price,
                        qty,
                        ..order
                    });
                }
            }
            Deed::Trade { price, qty } => return Some(print(price, qty)),
            Deed::Session(starts) => self.keep(|order| order.sessions >= starts),
            Deed::Close | Deed::Clear { .. } => self.keep(|_| false),
            Deed::Define(scale) => self.rescale(scale),
            Deed::Halt | Deed::Resume | Deed::Unreadable | Deed::Second(_) => {}
        }
        None
    }

    fn join(&mut self, order: NewOrder) {
        let level = self.levels(order.side).entry(order.price).or_default();
        level.0 += u64::from(order.qty);
        level.1 += 1;
        self.orders.insert(order.id, order);
        self.queue.push(order.id);
    }

    fn leave(&mut self, id: u64) -> Option<NewOrder> {
        let order = self.orders.remove(&id)?;
        self.queue.retain(|&queued| queued != id);
        let levels = self.levels(order.side);
        if let Some(level) = levels.get_mut(&order.price) {
            level.0 -= u64::from(order.qty);
            level.1 -= 1;
            if level.1 == 0 {
                levels.remove(&order.price);
            }
        }
        Some(order)
    }

    /// An order whose last session is over leaves: the highest bit decides.
    fn keep(&mut self, stays: impl Fn(&NewOrder) -> bool) {
        let left = self.orders.values().filter(|order| !stays(order));
        let left: Vec<_> = left.map(|order| order.id).collect();
        for id in left {
            self.leave(id);
        }
    }

    /// Converts the prices to another scale. If that is not exact, all orders are void.
    fn rescale(&mut self, scale: PriceScale) {
        let from = core::mem::replace(&mut self.scale, scale).code();
        let told = |price: u32| {
            let (up, down) = (
                scale.code().saturating_sub(from),
                from.saturating_sub(scale.code()),
            );
            let (up, down) = (10_u64.pow(up.into()), 10_u64.pow(down.into()));
            let price = u64::from(price) * up;
            (price % down == 0).then(|| u32::try_from(price / down).ok())?
        };
        let mut orders = core::mem::take(&mut self.orders);
        let queue = core::mem::take(&mut self.queue);
        self.bids.clear();
        self.asks.clear();
        let queued = queue.into_iter().filter_map(|id| orders.remove(&id));
        let retold: Option<Vec<_>> = queued
            .map(|order| {
                let price = told(order.price)?;
                Some(NewOrder { price, ..order })
            })
            .collect();
        for order in retold.into_iter().flatten() {
            self.join(order);
        }
    }

    const fn levels(&mut self, side: Side) -> &mut BTreeMap<u32, (u64, u32)> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: u64, side: Side, price: u32, qty: u32) -> Deed {
        Deed::Add(NewOrder {
            id,
            side,
            price,
            qty,
            sessions: 3,
        })
    }

    /// Price, quantity and orders of a side.
    type Best = Option<(u32, u64, u32)>;

    fn seen(book: &NaiveBook) -> (Best, Best) {
        let plain = |quote: Quote| (quote.price.raw(), quote.qty, quote.orders);
        let view = book.view();
        (view.bid.map(plain), view.ask.map(plain))
    }

    #[test]
    fn the_best_prices_are_those_of_the_orders_that_rest() {
        let mut book = NaiveBook::new(PriceScale::new(4).unwrap());
        for deed in [
            order(1, Side::Bid, 100, 5),
            order(2, Side::Bid, 101, 5),
            order(3, Side::Bid, 101, 7),
            order(4, Side::Ask, 105, 9),
        ] {
            assert_eq!(book.act(deed, true), None);
        }
        assert_eq!(seen(&book), (Some((101, 12, 2)), Some((105, 9, 1))));
        let trade = Deed::Execute {
            id: 2,
            price: 101,
            qty: 5,
        };
        assert!(book.act(trade, true).is_some());
        assert_eq!(seen(&book).0, Some((101, 7, 1)));
        let replace = Deed::Replace {
            id: 3,
            new_id: 9,
            price: 99,
            qty: 1,
        };
        book.act(replace, true);
        assert_eq!(seen(&book).0, Some((100, 5, 1)));
        book.act(Deed::Define(PriceScale::new(5).unwrap()), true);
        assert_eq!(seen(&book), (Some((1_000, 5, 1)), Some((1_050, 9, 1))));
        book.act(Deed::Session(2), true);
        assert_eq!(seen(&book).0, Some((1_000, 5, 1)));
        book.act(Deed::Session(4), true);
        assert_eq!(seen(&book), (None, None));
    }
}
