//! Books as plainly as they can be written: the truth that the real ones are compared with.

use std::collections::BTreeMap;

use oxberry_core::book::{
    Applied, Bbo, BookState, Books, Capacity, Level, MEDIAN_WINDOW, Order, QueuePosition,
    Rejection, Statistics, Trade,
};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    OrderId, Price, PriceScale, Qty, RawPrice, Side, SymbolIndex, SymbolSeqNum,
};

/// One order; a symbol keeps its orders in the sequence in which they joined their queues.
#[derive(Clone, Copy, Debug)]
struct NaiveOrder {
    order_id: OrderId,
    side: Side,
    price: RawPrice,
    qty: Qty,
    last_session: TradeSessions,
}

#[derive(Clone, Debug)]
struct NaiveSymbol {
    orders: Vec<NaiveOrder>,
    scale: PriceScale,
    stale: bool,
    halted: bool,
    closed: bool,
    expired: bool,
    seq_num: Option<SymbolSeqNum>,
    event_num: u64,
    trades: Vec<(Price, Qty)>,
}

/// All symbols.
#[derive(Debug)]
pub(crate) struct NaiveBook {
    capacity: Capacity,
    symbols: BTreeMap<SymbolIndex, NaiveSymbol>,
}

fn last_session(sessions: TradeSessions) -> TradeSessions {
    [
        TradeSessions::LATE,
        TradeSessions::CORE,
        TradeSessions::MORNING,
    ]
    .into_iter()
    .find(|last| sessions.to_wire() & last.to_wire() != 0)
    .unwrap_or(TradeSessions::from_wire(0))
}

impl NaiveBook {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            symbols: BTreeMap::new(),
        }
    }

    pub(crate) fn define(&mut self, symbol_index: SymbolIndex, scale: PriceScale) {
        let symbol = NaiveSymbol {
            orders: Vec::new(),
            scale,
            stale: false,
            halted: false,
            closed: false,
            expired: false,
            seq_num: None,
            event_num: 0,
            trades: Vec::new(),
        };
        self.symbols.insert(symbol_index, symbol);
    }

    fn orders(&self) -> usize {
        self.symbols
            .values()
            .map(|symbol| symbol.orders.len())
            .sum()
    }

    fn levels(&self) -> usize {
        self.symbols.values().map(NaiveSymbol::levels).sum()
    }

    /// What the real books should answer, but for the slot; `None` for an unknown symbol.
    pub(crate) fn apply(&mut self, event: &FeedEvent) -> Option<Applied> {
        let place = self
            .symbols
            .keys()
            .position(|&index| index == event.symbol_index)?;
        let mut symbol = self.symbols[&event.symbol_index].clone();
        let before = (symbol.bbo(), symbol.state());
        let mut trade = None;
        let mut rejection = symbol.act(event.action, &mut trade).err();
        let traded = trade.map(|trade| (trade.price.scaled(symbol.scale), trade.qty));
        // What does not fit is undone as a whole.
        let old = self
            .symbols
            .insert(event.symbol_index, symbol.clone())
            .unwrap();
        let full = if self.orders() > self.capacity.orders as usize {
            Some(Rejection::OrdersFull)
        } else if self.levels() > self.capacity.levels as usize {
            Some(Rejection::LevelsFull)
        } else {
            None
        };
        if full.is_some() {
            rejection = full;
            symbol = old;
        }
        symbol.trades.extend(traded);
        symbol.seq_num = event.symbol_seq_num.or(symbol.seq_num);
        symbol.stale |= rejection.is_some_and(|why| why != Rejection::LateDelete);
        let (bbo, state) = (symbol.bbo(), symbol.state());
        let (bbo_changed, state_changed) = (before.0 != bbo, before.1 != state);
        symbol.event_num += u64::from(bbo_changed || state_changed || trade.is_some());
        let event_num = symbol.event_num;
        self.symbols.insert(event.symbol_index, symbol);
        Some(Applied {
            slot: slot(place),
            bbo_changed,
            state_changed,
            trade,
            rejection,
            event_num,
        })
    }

    /// Panics unless the books have the same state as these, as far as it can be read.
    pub(crate) fn assert_equals(&self, books: &Books<'_>) {
        assert_eq!(books.order_count() as usize, self.orders());
        assert_eq!(books.level_count() as usize, self.levels());
        for (&symbol_index, symbol) in &self.symbols {
            let slot = books.slot(symbol_index).unwrap();
            assert_eq!(books.symbol_index(slot), symbol_index);
            assert_eq!(books.bbo(slot), symbol.bbo());
            assert_eq!(books.state(slot), symbol.state());
            assert_eq!(books.scale(slot), symbol.scale);
            assert_eq!(books.symbol_seq_num(slot), symbol.seq_num);
            assert_eq!(books.event_num(slot), symbol.event_num);
            assert_eq!(books.statistics(slot), symbol.statistics());
            assert_eq!(
                books.last_price(slot),
                symbol.trades.last().map(|trade| trade.0)
            );
            for side in Side::BOTH {
                let depth: Vec<_> = books.depth(slot, side).collect();
                assert_eq!(depth, symbol.depth(side));
                let orders: Vec<_> = books.orders(slot, side).collect();
                assert_eq!(orders, symbol.queue(side));
                let mut ahead = QueuePosition::default();
                for (number, order) in orders.iter().enumerate() {
                    if number == 0 || orders[number - 1].price != order.price {
                        ahead = QueuePosition::default();
                    }
                    assert_eq!(books.order(slot, order.order_id), Some((side, *order)));
                    assert_eq!(books.queue_position(slot, order.order_id), Some(ahead));
                    ahead.orders_ahead += 1;
                    ahead.qty_ahead += u64::from(order.qty.raw());
                }
            }
        }
    }
}

/// The n-th slot in order of definition.
fn slot(place: usize) -> oxberry_core::book::SymbolSlot {
    let capacity = Capacity {
        symbols: 8,
        orders: 1,
        levels: 1,
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    for index in 0..8 {
        books
            .define(SymbolIndex::from_raw(index), PriceScale::new(0).unwrap())
            .unwrap();
    }
    books.slots().nth(place).unwrap()
}

impl NaiveSymbol {
    fn state(&self) -> BookState {
        match (self.stale, self.closed, self.halted) {
            (true, _, _) => BookState::Stale,
            (_, true, _) => BookState::Closed,
            (_, _, true) => BookState::Halted,
            _ => BookState::Live,
        }
    }

    fn at(&self, order_id: OrderId) -> Result<usize, Rejection> {
        self.orders
            .iter()
            .position(|order| order.order_id == order_id)
            .ok_or(Rejection::UnknownOrder)
    }

    fn act(&mut self, action: Action, trade: &mut Option<Trade>) -> Result<(), Rejection> {
        match action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            } => {
                some(qty)?;
                self.absent(order_id)?;
                let last_session = last_session(sessions);
                self.orders.push(NaiveOrder {
                    order_id,
                    side,
                    price,
                    qty,
                    last_session,
                });
            }
            Action::Modify {
                order_id,
                price,
                qty,
                loses_place,
            } => {
                let at = self.at(order_id)?;
                some(qty)?;
                let new = NaiveOrder {
                    price,
                    qty,
                    ..self.orders[at]
                };
                if loses_place || price != self.orders[at].price {
                    self.orders.remove(at);
                    self.orders.push(new);
                } else {
                    self.orders[at] = new;
                }
            }
            Action::Delete { order_id } => {
                let expired = self.expired;
                let late = |why| if expired { Rejection::LateDelete } else { why };
                let at = self.at(order_id).map_err(late)?;
                self.orders.remove(at);
            }
            Action::Execute {
                order_id,
                price,
                qty,
                effect,
                printable,
                trade_id: _,
            } => {
                *trade = (printable && qty != Qty::ZERO).then_some(Trade { price, qty });
                let at = self.at(order_id)?;
                some(qty)?;
                let rest = self.orders[at].qty.checked_sub(qty);
                match effect {
                    ExecutionEffect::None => {}
                    ExecutionEffect::Fill => drop(self.orders.remove(at)),
                    ExecutionEffect::Reduce => {
                        self.orders[at].qty = rest.ok_or(Rejection::ExcessExecution)?;
                        self.orders.retain(|order| order.qty != Qty::ZERO);
                    }
                }
            }
            Action::Replace {
                order_id,
                new_order_id,
                price,
                qty,
            } => {
                let at = self.at(order_id)?;
                some(qty)?;
                if new_order_id != order_id {
                    self.absent(new_order_id)?;
                }
                let old = self.orders.remove(at);
                self.orders.push(NaiveOrder {
                    order_id: new_order_id,
                    price,
                    qty,
                    ..old
                });
            }
            Action::Trade {
                price,
                qty,
                printable,
                trade_id: _,
            } => {
                *trade = (printable && qty != Qty::ZERO).then_some(Trade { price, qty });
                some(qty)?;
            }
            Action::Clear => {
                let (scale, event_num, trades) =
                    (self.scale, self.event_num, std::mem::take(&mut self.trades));
                let mut cleared = NaiveBook::new(Capacity {
                    symbols: 1,
                    orders: 0,
                    levels: 0,
                });
                cleared.define(SymbolIndex::from_raw(0), scale);
                *self = cleared.symbols.remove(&SymbolIndex::from_raw(0)).unwrap();
                self.event_num = event_num;
                self.trades = trades;
            }
            Action::Session { session } => {
                if session == TradeSessions::MORNING {
                    self.trades.clear();
                }
                let before = self.orders.len();
                self.orders
                    .retain(|order| !order.last_session.over_at(session));
                self.expired |= self.orders.len() != before;
            }
            Action::Halt => self.halted = true,
            Action::Resume => self.halted = false,
            Action::Close => {
                self.orders.clear();
                self.closed = true;
                self.expired = true;
            }
            Action::Scale { scale } => {
                let old = std::mem::replace(&mut self.scale, scale);
                let rescaled = |order: &NaiveOrder| {
                    Some(NaiveOrder {
                        price: order.price.rescaled(old, scale)?,
                        ..*order
                    })
                };
                let orders: Option<Vec<_>> = self.orders.iter().map(rescaled).collect();
                self.orders.clear();
                self.orders = orders.ok_or(Rejection::ScaleLost)?;
            }
            Action::Stale { .. } => self.stale = true,
            Action::Other => {}
            other => panic!("the naive book does not know {other:?}"),
        }
        Ok(())
    }

    fn absent(&self, order_id: OrderId) -> Result<(), Rejection> {
        if self.at(order_id).is_ok() {
            Err(Rejection::DuplicateOrder)
        } else {
            Ok(())
        }
    }

    /// One for each price and last session of a side.
    fn levels(&self) -> usize {
        let mut levels: Vec<_> = self
            .orders
            .iter()
            .map(|order| (order.side, order.price, order.last_session.to_wire()))
            .collect();
        levels.sort();
        levels.dedup();
        levels.len()
    }

    fn queue(&self, side: Side) -> Vec<Order> {
        let mut orders: Vec<_> = self
            .orders
            .iter()
            .filter(|order| order.side == side)
            .map(
                |&NaiveOrder {
                     order_id,
                     price,
                     qty,
                     last_session,
                     ..
                 }| Order {
                    order_id,
                    price,
                    qty,
                    last_session,
                },
            )
            .collect();
        // A stable sort keeps the order of arrival.
        match side {
            Side::Bid => orders.sort_by_key(|order| std::cmp::Reverse(order.price)),
            Side::Ask => orders.sort_by_key(|order| order.price),
        }
        orders
    }

    fn depth(&self, side: Side) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        for order in self.queue(side) {
            let qty = u64::from(order.qty.raw());
            match levels.last_mut() {
                Some(level) if level.price == order.price => {
                    level.qty += qty;
                    level.orders += 1;
                }
                _ => levels.push(Level {
                    price: order.price,
                    qty,
                    orders: 1,
                }),
            }
        }
        levels
    }

    fn statistics(&self) -> Option<Statistics> {
        let prices: Vec<_> = self.trades.iter().map(|trade| trade.0).collect();
        let volume = self
            .trades
            .iter()
            .map(|trade| u64::from(trade.1.raw()))
            .sum();
        let worth = |&(price, qty): &(Price, Qty)| {
            u128::from(qty.raw()) * u128::from(price.raw().unsigned_abs())
        };
        let notional: u128 = self.trades.iter().map(worth).sum();
        let mut window = prices[prices.len().saturating_sub(MEDIAN_WINDOW)..].to_vec();
        window.sort();
        Some(Statistics {
            trades: prices.len() as u64,
            volume,
            last: *prices.last()?,
            high: *prices.iter().max()?,
            low: *prices.iter().min()?,
            vwap: Price::from_raw(i64::try_from(notional / u128::from(volume)).unwrap()),
            median: window[(window.len() - 1) / 2],
        })
    }

    fn bbo(&self) -> Bbo {
        let best = |side| self.depth(side).first().copied();
        Bbo {
            bid: best(Side::Bid),
            ask: best(Side::Ask),
        }
    }
}

fn some(qty: Qty) -> Result<(), Rejection> {
    if qty == Qty::ZERO {
        Err(Rejection::ZeroQuantity)
    } else {
        Ok(())
    }
}
