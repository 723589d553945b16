//! Books as plainly as they can be written: the truth that the real ones are compared with.

mod numbers;

use std::collections::BTreeMap;

use oxberry_core::book::{
    Applied, Bbo, Books, Capacity, Level, MEDIAN_WINDOW, Order, QueuePosition, Rejection,
    Statistics, Trade, TradingStatus, Trust,
};
use oxberry_core::feed::{Action, Beginning, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, Price, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
};

use numbers::{Admission, Owner, Refresh};

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
    trust: Trust,
    status: TradingStatus,
    /// Orders left without a delete.
    expired: bool,
    /// Two channels claim it.
    contested: bool,
    /// Its channel numbers anew.
    reset: bool,
    /// The channel numbers anew, and nothing said so.
    unannounced: bool,
    /// A new scale may have been lost.
    unscaled: bool,
    /// A failover is under way, and whether it cleared the symbol.
    failover: Option<bool>,
    refresh: Refresh,
    /// A refresh has messages up to `since` that were not read yet.
    ahead: bool,
    since: SeqNum,
    owner: Owner,
    /// The number of its last message.
    last: u32,
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
        self.symbols.insert(symbol_index, NaiveSymbol::new(scale));
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

    /// The number of the symbol's last message.
    pub(crate) fn last(&self, symbol_index: SymbolIndex) -> u32 {
        self.symbols[&symbol_index].last
    }

    /// What the real books should answer, but for the slot; `None` for an unknown symbol.
    pub(crate) fn apply(&mut self, channel: ChannelId, event: &FeedEvent) -> Option<Applied> {
        let place = self
            .symbols
            .keys()
            .position(|&index| index == event.symbol_index)?;
        let mut symbol = self.symbols[&event.symbol_index].clone();
        let before = (symbol.bbo(), symbol.trust, symbol.status);
        let mut trade = None;
        let mut missing = 0;
        let rejection = match symbol.admit(channel, event) {
            Admission::Apply(number) => {
                missing = number;
                let rejection = self.act(&mut symbol, event, &mut trade).err();
                if let Some(rejection) = rejection
                    && !symbol.bears(rejection)
                {
                    symbol.distrust();
                }
                rejection
            }
            Admission::Ignore => None,
            Admission::Refuse(rejection) => Some(rejection),
        };
        let applied = Applied {
            slot: slot(place),
            bbo_changed: before.0 != symbol.bbo(),
            trust_changed: before.1 != symbol.trust,
            status_changed: before.2 != symbol.status,
            trade,
            rejection,
            missing,
        };
        self.symbols.insert(event.symbol_index, symbol);
        Some(applied)
    }

    /// Applies an event that was admitted.
    fn act(
        &mut self,
        symbol: &mut NaiveSymbol,
        event: &FeedEvent,
        trade: &mut Option<Trade>,
    ) -> Result<(), Rejection> {
        let admitted = symbol.clone();
        let mut outcome = symbol.act(event, trade);
        let traded = trade.map(|trade| (trade.price.scaled(symbol.scale), trade.qty));
        // What does not fit is undone as a whole.
        self.symbols.insert(event.symbol_index, symbol.clone());
        let full = if self.orders() > self.capacity.orders as usize {
            Some(Rejection::OrdersFull)
        } else if self.levels() > self.capacity.levels as usize {
            Some(Rejection::LevelsFull)
        } else {
            None
        };
        if let Some(full) = full {
            outcome = Err(full);
            *symbol = admitted;
        }
        symbol.trades.extend(traded);
        outcome
    }

    /// A numbering of a channel begins; says whether trust or status of the symbol changed.
    pub(crate) fn begins(
        &mut self,
        symbol_index: SymbolIndex,
        channel: ChannelId,
        beginning: &Beginning,
    ) -> bool {
        self.happens(symbol_index, |symbol| symbol.begins(channel, beginning))
    }

    /// Messages of a channel up to `last` are lost.
    pub(crate) fn lost(
        &mut self,
        symbol_index: SymbolIndex,
        channel: ChannelId,
        last: SeqNum,
    ) -> bool {
        self.happens(symbol_index, |symbol| symbol.lost(channel, last))
    }

    /// A failover of a channel is over.
    pub(crate) fn settled(&mut self, symbol_index: SymbolIndex, channel: ChannelId) -> bool {
        self.happens(symbol_index, |symbol| symbol.settled(channel))
    }

    fn happens(
        &mut self,
        symbol_index: SymbolIndex,
        change: impl FnOnce(&mut NaiveSymbol),
    ) -> bool {
        let symbol = self.symbols.get_mut(&symbol_index).unwrap();
        let before = (symbol.trust, symbol.status);
        change(symbol);
        (symbol.trust, symbol.status) != before
    }

    /// Panics unless the books have the same state as these, as far as it can be read.
    pub(crate) fn assert_equals(&self, books: &Books<'_>) {
        assert_eq!(books.order_count() as usize, self.orders());
        assert_eq!(books.level_count() as usize, self.levels());
        for (&symbol_index, symbol) in &self.symbols {
            let slot = books.slot(symbol_index).unwrap();
            assert_eq!(books.symbol_index(slot), symbol_index);
            assert_eq!(books.bbo(slot), symbol.bbo());
            assert_eq!(books.trust(slot), symbol.trust);
            assert_eq!(books.trading_status(slot), symbol.status);
            assert_eq!(books.channel(slot), symbol.belongs_to());
            assert_eq!(books.is_contested(slot), symbol.contested);
            assert_eq!(books.scale(slot), symbol.scale);
            let last = (symbol.last != 0).then_some(SymbolSeqNum::from_raw(symbol.last));
            assert_eq!(books.symbol_seq_num(slot), last);
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
    fn new(scale: PriceScale) -> Self {
        Self {
            orders: Vec::new(),
            scale,
            trust: Trust::Live,
            status: TradingStatus::Unknown,
            expired: false,
            contested: false,
            reset: false,
            unannounced: false,
            unscaled: false,
            failover: None,
            refresh: Refresh::None,
            ahead: false,
            since: SeqNum::from_raw(0),
            owner: Owner::Nobody,
            last: 0,
            trades: Vec::new(),
        }
    }

    /// Whether what was refused may be in order.
    fn bears(&self, rejection: Rejection) -> bool {
        match (rejection, self.trust) {
            (Rejection::LateDelete, _) | (Rejection::UnknownOrder, Trust::Partial) => true,
            (Rejection::UnknownOrder, Trust::Recovering) => self.failover.is_none(),
            _ => false,
        }
    }

    fn at(&self, order_id: OrderId) -> Result<usize, Rejection> {
        self.orders
            .iter()
            .position(|order| order.order_id == order_id)
            .ok_or(Rejection::UnknownOrder)
    }

    fn act(&mut self, event: &FeedEvent, trade: &mut Option<Trade>) -> Result<(), Rejection> {
        match event.action {
            Action::Add {
                order_id,
                side,
                price,
                qty,
                sessions,
            }
            | Action::RefreshAdd {
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
            Action::Clear { next } => {
                self.orders.clear();
                self.status = TradingStatus::Unknown;
                self.expired = false;
                self.reset = false;
                self.unannounced = false;
                self.refresh = Refresh::None;
                self.ahead = false;
                self.since = event.seq_num;
                self.last = next.raw().saturating_sub(1);
                self.failover = self.failover.map(|_| true);
                let is_all = self.last == 0 && self.failover.is_none();
                self.set_trust(if is_all {
                    Trust::Live
                } else {
                    Trust::Recovering
                });
            }
            Action::Session { session } => {
                if self.status != TradingStatus::Halted {
                    self.status = TradingStatus::Open;
                }
                if session == TradeSessions::MORNING {
                    self.trades.clear();
                }
                let before = self.orders.len();
                self.orders
                    .retain(|order| !order.last_session.over_at(session));
                self.expired |= self.orders.len() != before;
            }
            Action::Halt => self.status = TradingStatus::Halted,
            Action::Resume => self.status = TradingStatus::Open,
            Action::Close => {
                self.orders.clear();
                self.status = TradingStatus::Closed;
                self.expired = true;
            }
            Action::Define { scale, is_whole } => {
                self.unscaled = false;
                if scale != self.scale {
                    self.since = event.seq_num;
                }
                let is_new = self.last == 0 && self.orders.is_empty();
                if !is_whole && is_new && self.trust != Trust::Recovering {
                    self.distrust();
                }
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
            Action::Unreadable => {
                // Definitions have no number.
                self.unscaled |= event.symbol_seq_num.is_none();
                self.distrust();
            }
            Action::Refresh {
                last,
                through,
                scale,
            } => {
                let too_old = through < self.since || !self.reset && last.raw() < self.last;
                let too_new = self.reset && through > event.seq_num;
                self.refresh = Refresh::None;
                if self.trust != Trust::Live
                    && !self.contested
                    && self.failover.is_none()
                    && !too_old
                    && !too_new
                    && (scale.is_some() || !self.unscaled)
                {
                    if let Some(scale) = scale {
                        self.unscaled = false;
                        self.scale = scale;
                    }
                    self.orders.clear();
                    self.reset = false;
                    self.unannounced = false;
                    self.refresh = Refresh::UnderWay;
                    self.ahead = through > event.seq_num;
                    self.last = last.raw();
                    self.since = through;
                    self.status = TradingStatus::Unknown;
                    self.trust = Trust::Recovering;
                }
            }
            Action::Refreshed => {
                self.refresh = Refresh::None;
                self.trust = Trust::Live;
            }
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
