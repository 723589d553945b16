//! Counts what an order flow does, as `docs/market-generator.md` counts real ones.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only events of orders and trades count"
)]

use std::collections::BTreeMap;

use oxberry_core::book::Books;
use oxberry_core::feed::{Action, FeedEvent};
use oxberry_core::units::{OrderId, Side, SymbolIndex};

/// Kinds of stocks, by price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Below 60 dollars.
    Tight,
    /// Below 300 dollars.
    Medium,
    /// Above.
    Wide,
}

/// What the stocks of one kind did. A replace counts as a delete and an add.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    pub(crate) adds: u64,
    pub(crate) deletes: u64,
    pub(crate) executions: u64,
    pub(crate) hidden_trades: u64,
    pub(crate) modifies: u64,
    pub(crate) replaces: u64,
    /// Ticks behind the best of the own side before the add; negative ones improve it.
    pub(crate) distances: Vec<i64>,
    pub(crate) sizes: Vec<i64>,
    /// From add to removal, in nanoseconds.
    pub(crate) lifetimes_ns: Vec<i64>,
    /// Executions of one symbol at one time.
    pub(crate) executions_of_aggressors: Vec<i64>,
    /// Levels better than the one of a deleted order.
    pub(crate) ranks_of_deletes: Vec<i64>,
    /// Before each event, in ticks.
    pub(crate) spreads: Vec<i64>,
    /// Orders at the best bid, before each event.
    pub(crate) best_orders: Vec<i64>,
    /// Between two events of a symbol, in nanoseconds.
    pub(crate) gaps_ns: Vec<i64>,
    /// The busiest second of each symbol, in multiples of its mean second.
    pub(crate) busiest_seconds: Vec<i64>,
}

/// How many of 1,000 lie from `low` to `high`, both included.
pub(crate) fn per_mille(values: &[i64], low: i64, high: i64) -> u64 {
    let within = values
        .iter()
        .filter(|value| (low..=high).contains(*value))
        .count();
    share(within as u64, values.len() as u64)
}

/// The part in 1,000 of the whole.
pub(crate) fn share(part: u64, whole: u64) -> u64 {
    part * 1_000 / whole.max(1)
}

/// The value that `per_mille` of 1,000 lie below.
pub(crate) fn quantile(values: &[i64], per_mille: usize) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let value = sorted
        .get(sorted.len() * per_mille / 1_000)
        .copied()
        .unwrap_or_default();
    value.unsigned_abs()
}

impl Census {
    pub(crate) fn messages(&self) -> u64 {
        self.adds + self.deletes + self.executions + self.hidden_trades + self.modifies
    }
}

/// What is remembered of one symbol.
#[derive(Debug, Default)]
struct Seen {
    kind: Option<Kind>,
    born_ns: BTreeMap<OrderId, u64>,
    last_ns: Option<u64>,
    aggressor: Option<(u64, i64)>,
    seconds: BTreeMap<u64, i64>,
}

/// A census that is being taken.
#[derive(Debug)]
pub(crate) struct Counting {
    starts_ns: u64,
    seen: BTreeMap<SymbolIndex, Seen>,
    censuses: BTreeMap<Kind, Census>,
}

impl Counting {
    /// Counts what happens after a time; what came before is only remembered.
    pub(crate) fn starting_at(starts_ns: u64) -> Self {
        Self {
            starts_ns,
            seen: BTreeMap::new(),
            censuses: BTreeMap::new(),
        }
    }

    /// Counts an event, given the books before it.
    pub(crate) fn see(&mut self, event: &FeedEvent, books: &Books<'_>) {
        let Some(now_ns) = event.ts_event.map(|time| time.raw()) else {
            return;
        };
        let seen = self.seen.entry(event.symbol_index).or_default();
        let slot = books.slot(event.symbol_index).unwrap();
        let tick = 10_i64.pow(u32::from(books.scale(slot).code()) - 2);
        let bbo = books.bbo(slot);
        if let (Some(bid), Some(ask)) = (bbo.bid, bbo.ask)
            && now_ns >= self.starts_ns
        {
            let ask_ticks = i64::from(ask.price.raw()) / tick;
            let kind = *seen.kind.get_or_insert(match ask_ticks {
                0..6_000 => Kind::Tight,
                6_000..30_000 => Kind::Medium,
                _ => Kind::Wide,
            });
            let census = self.censuses.entry(kind).or_default();
            census
                .spreads
                .push(ask_ticks - i64::from(bid.price.raw()) / tick);
            census.best_orders.push(bid.orders.into());
            *seen.seconds.entry(now_ns / 1_000_000_000).or_default() += 1;
            if let Some(last_ns) = seen.last_ns.replace(now_ns) {
                census.gaps_ns.push(signed(now_ns - last_ns));
            }
            count(census, seen, event, books, now_ns, tick);
        }
        remember(seen, event, books, now_ns);
    }

    /// The censuses by kind of stock.
    pub(crate) fn finish(mut self) -> BTreeMap<Kind, Census> {
        for seen in self.seen.into_values() {
            let Some(census) = seen.kind.and_then(|kind| self.censuses.get_mut(&kind)) else {
                continue;
            };
            census
                .executions_of_aggressors
                .extend(seen.aggressor.map(|(_, count)| count));
            let (first, last) = (
                seen.seconds.first_key_value(),
                seen.seconds.last_key_value(),
            );
            if let (Some((first, _)), Some((last, _))) = (first, last) {
                let events: i64 = seen.seconds.values().sum();
                let most = seen.seconds.values().max().copied().unwrap_or_default();
                census
                    .busiest_seconds
                    .push(most * signed(last - first + 1) / events);
            }
        }
        self.censuses
    }
}

fn count(
    census: &mut Census,
    seen: &mut Seen,
    event: &FeedEvent,
    books: &Books<'_>,
    now_ns: u64,
    tick: i64,
) {
    let slot = books.slot(event.symbol_index).unwrap();
    let best = |side| match side {
        Side::Bid => books.bbo(slot).bid,
        Side::Ask => books.bbo(slot).ask,
    };
    let mut add = |side, price: oxberry_core::units::RawPrice, qty: oxberry_core::units::Qty| {
        census.adds += 1;
        census.sizes.push(qty.raw().into());
        let behind = best(side).map(|best| i64::from(best.price.raw()) - i64::from(price.raw()));
        census.distances.extend(behind.map(|behind| match side {
            Side::Bid => behind / tick,
            Side::Ask => -behind / tick,
        }));
    };
    let mut leaves = None;
    match event.action {
        Action::Add {
            side, price, qty, ..
        } => add(side, price, qty),
        Action::Modify { .. } => census.modifies += 1,
        Action::Delete { order_id } => {
            census.deletes += 1;
            leaves = Some(order_id);
        }
        Action::Replace {
            order_id,
            price,
            qty,
            ..
        } => {
            let (side, _) = books.order(slot, order_id).unwrap();
            add(side, price, qty);
            census.deletes += 1;
            census.replaces += 1;
            leaves = Some(order_id);
        }
        Action::Execute { order_id, qty, .. } => {
            census.executions += 1;
            let (_, order) = books.order(slot, order_id).unwrap();
            if order.qty == qty {
                leaves = Some(order_id);
            }
            match &mut seen.aggressor {
                Some((time_ns, count)) if *time_ns == now_ns => *count += 1,
                other => {
                    let before = other.replace((now_ns, 1));
                    census
                        .executions_of_aggressors
                        .extend(before.map(|(_, count)| count));
                }
            }
        }
        Action::Trade { .. } => census.hidden_trades += 1,
        _ => {}
    }
    let Some(id) = leaves else { return };
    census.lifetimes_ns.extend(
        seen.born_ns
            .get(&id)
            .map(|born_ns| signed(now_ns - born_ns)),
    );
    if !matches!(event.action, Action::Execute { .. }) {
        let (side, order) = books.order(slot, id).unwrap();
        let rank = books
            .depth(slot, side)
            .take_while(|level| level.price != order.price)
            .count();
        census.ranks_of_deletes.push(i64::try_from(rank).unwrap());
    }
}

/// Keeps the births of orders.
fn remember(seen: &mut Seen, event: &FeedEvent, books: &Books<'_>, now_ns: u64) {
    match event.action {
        Action::Add { order_id, .. } => {
            seen.born_ns.insert(order_id, now_ns);
        }
        Action::Delete { order_id } => {
            seen.born_ns.remove(&order_id);
        }
        Action::Replace {
            order_id,
            new_order_id,
            ..
        } => {
            seen.born_ns.remove(&order_id);
            seen.born_ns.insert(new_order_id, now_ns);
        }
        Action::Execute { order_id, qty, .. } => {
            let slot = books.slot(event.symbol_index).unwrap();
            if books
                .order(slot, order_id)
                .is_some_and(|(_, order)| order.qty == qty)
            {
                seen.born_ns.remove(&order_id);
            }
        }
        _ => {}
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}
