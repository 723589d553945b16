//! One symbol of the naive book: its orders in a list, from which all else is counted anew.

use oxberry_core::book::{
    Bbo, Level, MEDIAN_WINDOW, Order, Rejection, Statistics, Trade, TradingStatus, Trust,
};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{ChannelId, OrderId, Price, PriceScale, Qty, RawPrice, SeqNum, Side};

/// One order; a symbol keeps its orders in the sequence in which they joined their queues.
#[derive(Clone, Copy, Debug)]
pub(super) struct NaiveOrder {
    order_id: OrderId,
    side: Side,
    price: RawPrice,
    qty: Qty,
    last_session: TradeSessions,
}

/// One symbol.
#[derive(Clone, Debug)]
pub(super) struct NaiveSymbol {
    pub(super) orders: Vec<NaiveOrder>,
    pub(super) scale: PriceScale,
    pub(super) trust: Trust,
    pub(super) status: TradingStatus,
    /// Orders left without a delete.
    pub(super) expired: bool,
    /// Two channels claim it.
    pub(super) contested: bool,
    /// Its channel numbers anew.
    pub(super) reset: bool,
    /// The channel numbers anew, and nothing said so.
    pub(super) unannounced: bool,
    /// A new scale may have been lost.
    pub(super) unscaled: bool,
    /// A failover is under way, and whether it cleared the symbol.
    pub(super) failover: Option<bool>,
    pub(super) refresh: Refresh,
    /// A refresh has messages up to `since` that were not read yet.
    pub(super) ahead: bool,
    pub(super) since: SeqNum,
    pub(super) owner: Owner,
    /// The number of its last message.
    pub(super) last: u32,
    pub(super) trades: Vec<(Price, Qty)>,
}

/// Whose a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Nobody,
    /// A channel had a failover; nothing of the symbol came yet.
    Perhaps(ChannelId),
    Channel(ChannelId),
}

/// The refresh of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    None,
    UnderWay,
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

impl NaiveSymbol {
    pub(super) fn new(scale: PriceScale) -> Self {
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
    pub(super) fn bears(&self, rejection: Rejection) -> bool {
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

    pub(super) fn act(
        &mut self,
        event: &FeedEvent,
        trade: &mut Option<Trade>,
    ) -> Result<(), Rejection> {
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
    pub(super) fn levels(&self) -> usize {
        let mut levels: Vec<_> = self
            .orders
            .iter()
            .map(|order| (order.side, order.price, order.last_session.to_wire()))
            .collect();
        levels.sort();
        levels.dedup();
        levels.len()
    }

    pub(super) fn queue(&self, side: Side) -> Vec<Order> {
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

    pub(super) fn depth(&self, side: Side) -> Vec<Level> {
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

    pub(super) fn statistics(&self) -> Option<Statistics> {
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

    pub(super) fn bbo(&self) -> Bbo {
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
