//! Streams of order events like those of a real venue, for benchmarks of books.
//!
//! Mix, distances from the best price, sizes and lifetimes follow real Nasdaq flow (wide-spread
//! large caps and narrow-spread small prices); symbols are chosen by Zipf's law; order ids are
//! 64 bits wide and count upwards over all symbols. Every event names an order that rests.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a generator of benchmarks knows its own small numbers, and may panic"
)]

use std::collections::{BTreeMap, VecDeque};

use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    OrderId, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum, TradeId,
};
use oxberry_sim::random::Random;

/// Raw price of one cent at the scale of 4.
const TICK: u32 = 100;
/// Where prices start.
const START_TICKS: u32 = 50_000;
/// The first order id, as a venue's with the market in its upper half.
const FIRST_ID: u64 = 0x0001_0100_0000_0000;

/// How large a market to make up.
#[derive(Clone, Copy, Debug)]
pub struct Market {
    /// Symbols.
    pub symbols: u32,
    /// Orders that rest, about.
    pub live: u32,
    /// Another seed, another stream.
    pub seed: u64,
}

/// Where the orders of a symbol are added: shares in 1/10,000 of all adds, and up to which distance
/// in ticks from the best price of the own side; the first is for prices better than it.
type Distances = [(u64, u32); 9];

/// A share of hundreds of dollars (AAPL, best 50 levels).
const WIDE: Distances = [
    (2016, 8),
    (793, 0),
    (535, 1),
    (414, 2),
    (707, 5),
    (1208, 10),
    (1544, 20),
    (1300, 50),
    (1483, 400),
];

/// A share of tens of dollars with long queues (MSFT).
const TIGHT: Distances = [
    (134, 1),
    (6763, 0),
    (893, 1),
    (312, 2),
    (670, 5),
    (804, 10),
    (379, 20),
    (22, 50),
    (23, 100),
];

#[derive(Clone, Copy, Debug)]
struct Resting {
    id: u64,
    side: Side,
    ticks: u32,
    qty: u32,
}

#[derive(Debug)]
struct Symbol {
    distances: &'static Distances,
    target: usize,
    /// Oldest first.
    orders: Vec<Resting>,
    /// Ids by price, in queue order.
    sides: [BTreeMap<u32, VecDeque<u64>>; 2],
    last: u32,
    seq_num: u32,
}

/// A made-up venue that tells what happens.
#[derive(Debug)]
pub struct Workload {
    random: Random,
    symbols: Vec<Symbol>,
    /// Share of all events up to and with each symbol, of 2^32.
    popularity: Vec<u32>,
    next_id: u64,
    opening: u32,
}

impl Workload {
    /// A venue before its first order.
    #[must_use]
    pub fn new(market: Market) -> Self {
        let count = market.symbols.max(1);
        let weight = |rank: u32| (1u64 << 32) / u64::from(rank + 1);
        let total: u64 = (0..count).map(weight).sum();
        let mut sum = 0;
        let popularity = (0..count)
            .map(|rank| {
                sum += weight(rank);
                u32::try_from((u128::from(sum) << 32) / u128::from(total)).unwrap_or(u32::MAX)
            })
            .collect();
        // Half of the orders by popularity up to a bound, the others in equal parts.
        let live = u64::from(market.live);
        let popular = |rank| (live / 2 * weight(rank) / total).min(4_000.max(live / 200));
        let equal = (live - (0..count).map(popular).sum::<u64>()) / u64::from(count);
        let symbols = (0..count)
            .map(|rank| Symbol {
                distances: if rank % 3 == 2 { &TIGHT } else { &WIDE },
                target: usize::try_from(equal + popular(rank)).unwrap_or(usize::MAX),
                orders: Vec::new(),
                sides: Default::default(),
                last: START_TICKS,
                seq_num: 0,
            })
            .collect();
        Self {
            random: Random::new(market.seed, 0),
            symbols,
            popularity,
            next_id: FIRST_ID,
            opening: 0,
        }
    }

    /// The adds that fill the books; then the day can begin.
    pub fn open(&mut self) -> Vec<FeedEvent> {
        let mut events = Vec::new();
        // Symbols take turns, as on a real morning.
        let most = self
            .symbols
            .iter()
            .map(|symbol| symbol.target)
            .max()
            .unwrap_or(0);
        for round in 0..most {
            for symbol in 0..self.symbols.len() {
                if round < self.symbols[symbol].target {
                    events.push(self.add(symbol));
                }
            }
        }
        self.opening = u32::try_from(events.len()).unwrap_or(u32::MAX);
        events
    }

    /// Orders that rest.
    #[must_use]
    pub fn live(&self) -> usize {
        self.symbols.iter().map(|symbol| symbol.orders.len()).sum()
    }

    /// The symbol index of the n-th symbol, by popularity.
    #[must_use]
    pub fn symbol_index(rank: u32) -> SymbolIndex {
        SymbolIndex::from_raw(rank.wrapping_mul(7) % 8_009 + 1)
    }

    /// The next events.
    pub fn fill(&mut self, events: &mut Vec<FeedEvent>, count: usize) {
        events.clear();
        while events.len() < count {
            let point = (self.random.next() >> 32) as u32;
            let rank = self.popularity.partition_point(|&sum| sum <= point);
            let symbol = rank.min(self.symbols.len() - 1);
            let event = self.event(symbol);
            events.push(event);
        }
    }

    fn event(&mut self, at: usize) -> FeedEvent {
        let symbol = &self.symbols[at];
        let (count, target) = (symbol.orders.len(), symbol.target);
        // 46 % adds and 42 % deletes, leaning towards the number of orders that should rest.
        let lean = (count as i64 - target as i64) * 1_000 / (target as i64 + 10);
        let adds = (460 - lean.clamp(-300, 300)).unsigned_abs();
        let kind = self.random.below(1_000);
        if count == 0 || kind < adds.min(880) {
            return self.add(at);
        }
        match kind {
            ..880 => self.delete(at),
            880..916 => self.replace(at),
            916..922 => self.reduce(at),
            922..976 => self.execute(at),
            _ => self.hidden_trade(at),
        }
    }

    fn message(&mut self, at: usize, action: Action) -> FeedEvent {
        let symbol = &mut self.symbols[at];
        symbol.seq_num += 1;
        FeedEvent {
            seq_num: SeqNum::from_raw(symbol.seq_num),
            symbol_index: Self::symbol_index(at as u32),
            symbol_seq_num: Some(SymbolSeqNum::from_raw(symbol.seq_num)),
            ts_event: None,
            action,
        }
    }

    fn size(&mut self) -> u32 {
        match self.random.below(100) {
            0..50 => 100,
            50..90 => self.random.between(1, 99) as u32,
            90..98 => self.random.between(2, 9) as u32 * 100,
            _ => self.random.between(10, 100) as u32 * 100,
        }
    }

    fn best(&self, at: usize, side: Side) -> Option<u32> {
        let levels = &self.symbols[at].sides[side as usize];
        let best = match side {
            Side::Bid => levels.last_key_value(),
            Side::Ask => levels.first_key_value(),
        };
        best.map(|(&ticks, _)| ticks)
    }

    /// A price for an order of this side that does not cross the other.
    fn price(&mut self, at: usize, side: Side) -> u32 {
        let mut part = self.random.below(10_000);
        let distances = self.symbols[at].distances;
        let (mut low, mut high, mut improves) = (0, 0, false);
        for (number, &(share, up_to)) in distances.iter().enumerate() {
            if part < share {
                low = match number {
                    0 => 1,
                    _ => distances[number - 1].1 + 1,
                };
                (high, improves) = (up_to, number == 0);
                if number <= 1 {
                    low = up_to.min(1);
                } else if number == 2 {
                    low = 1;
                }
                break;
            }
            part -= share;
        }
        // Small distances are likelier within a part.
        let one = self
            .random
            .between(u64::from(low), u64::from(high.max(low)));
        let two = self
            .random
            .between(u64::from(low), u64::from(high.max(low)));
        let distance = one.min(two) as u32;
        let (own, other) = (self.best(at, side), self.best(at, side.opposite()));
        let last = self.symbols[at].last;
        match side {
            Side::Bid => {
                let limit = other.map_or(last, |other| other - 1);
                let own = own.unwrap_or(limit.saturating_sub(2).max(1));
                let price = if improves {
                    own + distance
                } else {
                    own.saturating_sub(distance)
                };
                price.clamp(1, limit.max(1))
            }
            Side::Ask => {
                let limit = other.map_or(last, |other| other + 1);
                let own = own.unwrap_or(limit + 2);
                let price = if improves {
                    own.saturating_sub(distance)
                } else {
                    own + distance
                };
                price.max(limit)
            }
        }
    }

    fn rest(&mut self, at: usize, side: Side, ticks: u32, qty: u32) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let symbol = &mut self.symbols[at];
        symbol.orders.push(Resting {
            id,
            side,
            ticks,
            qty,
        });
        symbol.sides[side as usize]
            .entry(ticks)
            .or_default()
            .push_back(id);
        id
    }

    fn unrest(&mut self, at: usize, index: usize) -> Resting {
        let symbol = &mut self.symbols[at];
        let order = symbol.orders.remove(index);
        let levels = &mut symbol.sides[order.side as usize];
        if let Some(queue) = levels.get_mut(&order.ticks) {
            queue.retain(|&id| id != order.id);
            if queue.is_empty() {
                levels.remove(&order.ticks);
            }
        }
        order
    }

    /// An order to cancel: the youngest are the likeliest, over all magnitudes of age.
    fn pick(&mut self, at: usize) -> usize {
        let count = self.symbols[at].orders.len() as u64;
        let magnitude = self.random.below(u64::from(64 - count.leading_zeros()) + 1);
        let age = self.random.below(1 << magnitude).min(count - 1);
        (count - 1 - age) as usize
    }

    fn add(&mut self, at: usize) -> FeedEvent {
        let side = Side::BOTH[self.random.below(2) as usize];
        let (ticks, qty) = (self.price(at, side), self.size());
        let id = self.rest(at, side, ticks, qty);
        self.message(
            at,
            Action::Add {
                order_id: OrderId::from_raw(id),
                side,
                price: RawPrice::from_raw(ticks * TICK),
                qty: Qty::from_raw(qty),
                sessions: TradeSessions::ALL,
            },
        )
    }

    fn delete(&mut self, at: usize) -> FeedEvent {
        let index = self.pick(at);
        let order = self.unrest(at, index);
        self.message(
            at,
            Action::Delete {
                order_id: OrderId::from_raw(order.id),
            },
        )
    }

    fn replace(&mut self, at: usize) -> FeedEvent {
        let index = self.pick(at);
        let order = self.unrest(at, index);
        let near = self.random.between(0, 6) as u32;
        let limit = self.best(at, order.side.opposite());
        let ticks = match order.side {
            Side::Bid => (order.ticks + near)
                .saturating_sub(3)
                .clamp(1, limit.map_or(u32::MAX, |limit| limit - 1)),
            Side::Ask => (order.ticks + near)
                .saturating_sub(3)
                .max(limit.map_or(1, |limit| limit + 1)),
        };
        let qty = self.size();
        let new = self.rest(at, order.side, ticks, qty);
        self.message(
            at,
            Action::Replace {
                order_id: OrderId::from_raw(order.id),
                new_order_id: OrderId::from_raw(new),
                price: RawPrice::from_raw(ticks * TICK),
                qty: Qty::from_raw(qty),
            },
        )
    }

    fn reduce(&mut self, at: usize) -> FeedEvent {
        let index = self.pick(at);
        let order = &mut self.symbols[at].orders[index];
        order.qty = (order.qty / 2).max(1);
        let action = Action::Modify {
            order_id: OrderId::from_raw(order.id),
            price: RawPrice::from_raw(order.ticks * TICK),
            qty: Qty::from_raw(order.qty),
            loses_place: false,
        };
        self.message(at, action)
    }

    /// The head of the best queue trades, three times in five as a whole.
    fn execute(&mut self, at: usize) -> FeedEvent {
        let side = Side::BOTH[self.random.below(2) as usize];
        let side = if self.best(at, side).is_some() {
            side
        } else {
            side.opposite()
        };
        let Some(ticks) = self.best(at, side) else {
            return self.add(at);
        };
        let id = self.symbols[at].sides[side as usize][&ticks][0];
        let whole = self.random.below(5) < 3;
        let symbol = &mut self.symbols[at];
        let Some(index) = symbol.orders.iter().position(|order| order.id == id) else {
            return self.add(at);
        };
        symbol.last = ticks;
        let order = &mut symbol.orders[index];
        let qty = if whole {
            order.qty
        } else {
            (order.qty / 3).max(1)
        };
        order.qty -= qty;
        if order.qty == 0 {
            self.unrest(at, index);
        }
        self.message(
            at,
            Action::Execute {
                order_id: OrderId::from_raw(id),
                price: RawPrice::from_raw(ticks * TICK),
                qty: Qty::from_raw(qty),
                trade_id: TradeId::from_raw(1),
                effect: ExecutionEffect::Reduce,
                printable: true,
            },
        )
    }

    fn hidden_trade(&mut self, at: usize) -> FeedEvent {
        let (ticks, qty) = (self.symbols[at].last, self.size());
        self.message(
            at,
            Action::Trade {
                price: RawPrice::from_raw(ticks * TICK),
                qty: Qty::from_raw(qty),
                trade_id: TradeId::from_raw(1),
                printable: true,
            },
        )
    }
}
