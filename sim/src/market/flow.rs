//! The order flow of one stock: what its traders do, and what the venue makes of it.

use oxberry_core::matching::{LevelRecord, Matcher, Order, OrderRecord};
use oxberry_core::units::{OrderId, Qty, RawPrice, Side, SymbolSeqNum};
use oxberry_core::xdp::Dialect;

use super::listing::Listing;
use super::pace::Pace;
use super::profile::{
    AGGRESSORS, AMENDMENTS, EXECUTIONS, HIDDEN_TRADES, LAST_IS_PARTIAL, LIFETIMES_NS,
    LONG_LIFETIME_NS, Profile, REDUCTIONS, REPLACES, TAKES_LEVEL_AND_RESTS,
};
use super::venue::{Due, Happening, Venue};
use crate::random::Random;

/// Orders that nobody takes from a side: the stock always has a price.
const LEAST_ORDERS_A_SIDE: usize = 3;

/// The most executions of one aggressor, which together fit into one packet.
const MOST_EXECUTIONS: u64 = 30;

/// Adds per 1,000 messages in the long run, which relates lifetimes to resting orders.
const ADDS_PER_1000_MESSAGES: u64 = 482;

/// How much longer orders would rest if none were executed or replaced, per cent.
const LEAVES_EARLY: u64 = 200;

/// Owners who take off an order do so when something else happens too, per mille.
const LEAVES_WITH_OTHERS: u64 = 700;

/// How long after that they do so at most.
const REACTION_NS: u64 = 1_500_000;

/// How many impulses traders are of one mood, on average.
const MOOD_IMPULSES: u64 = 400;

/// How long an order that would leave its side too thin rests at least once more.
const LEAST_STAY_NS: u64 = 1_000_000_000;

/// How far behind the best level traders change their minds, in levels.
const MANAGED_LEVELS: u64 = 10;

/// How far apart the opening orders come, in nanoseconds: the books fill within a tenth of a second.
const OPENING_GAP_NS: u64 = 1_000_000;

/// The most orders of a level that somebody takes whole to rest there himself.
const MOST_TAKEN: u64 = 6;

/// Scales are in units of 1 / 65,536.
const ONE: u64 = 1 << 16;

/// The resting orders of one stock, in memory of its own.
pub(super) type StockMatcher = Matcher<Box<[OrderRecord]>, Box<[LevelRecord]>>;

/// One stock with its traders and its book.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) listing: Listing,
    pub(super) matcher: StockMatcher,
    /// The number that the stock's next message has.
    pub(super) next_number: SymbolSeqNum,
    /// The stock's place in its channel.
    place: usize,
    profile: &'static Profile,
    pace: Pace,
    tick: u64,
    usual_spread: u64,
    /// By how much long lifetimes are stretched, so that the stock has its usual number of orders.
    lifetime_scale: u64,
    /// Orders that rested before the session and are still to come.
    opening_left: u64,
    /// When the stock's next impulse is due.
    next_impulse: u64,
    /// How many of 1,000 traders would rather buy.
    mood: u64,
}

impl Flow {
    /// A stock without orders. Its first orders, `most_opening` at most, come at once.
    pub(super) fn new(listing: Listing, place: usize, most_opening: u64) -> Self {
        let rate = listing.messages_per_1000_s;
        let usual_orders = usual_orders(rate);
        let adds_per_1000_s = (rate * ADDS_PER_1000_MESSAGES / 1_000).max(1);
        let lifetime_ns = usual_orders * 1_000_000_000_000 / adds_per_1000_s * LEAVES_EARLY / 100;
        let capacity = usize::try_from(usual_orders * 3 + 64).unwrap_or(usize::MAX);
        Self {
            matcher: Matcher::new(
                vec![OrderRecord::EMPTY; capacity].into_boxed_slice(),
                vec![LevelRecord::EMPTY; capacity].into_boxed_slice(),
            ),
            next_number: SymbolSeqNum::from_raw(1),
            place,
            profile: listing.profile(),
            pace: Pace::new(rate),
            tick: listing.tick(),
            usual_spread: (listing.close_ticks * listing.profile().spread_per_10_000)
                .div_ceil(10_000),
            lifetime_scale: lifetime_ns / (LIFETIMES_NS.mean() / ONE),
            opening_left: usual_orders.min(most_opening),
            next_impulse: 0,
            mood: 500,
            listing,
        }
    }

    /// The closing price of yesterday.
    pub(super) fn close(&self) -> RawPrice {
        self.price(self.listing.close_ticks)
    }

    /// The number of the stock's next message, which it uses up.
    pub(super) fn take_number(&mut self) -> SymbolSeqNum {
        let number = self.next_number;
        self.next_number = number.next();
        number
    }

    /// Traders do something that takes at least one message and at most `room`; the next time is
    /// set as a timer.
    pub(super) fn impulse(&mut self, venue: &mut Venue, room: u64) {
        let gap_ns = if self.opening_left > 0 {
            self.opening_left -= 1;
            let side = if self.opening_left.is_multiple_of(2) {
                Side::Bid
            } else {
                Side::Ask
            };
            let ticks = self.passive_price(&mut venue.random, side);
            // It has rested for a while already, so it is one of those that rest long.
            let lifetime_ns = (0..3)
                .map(|_| self.lifetime_ns(&mut venue.random))
                .max()
                .unwrap_or_default();
            self.add(venue, side, ticks, lifetime_ns);
            venue.random.below(OPENING_GAP_NS)
        } else {
            if venue.random.below(MOOD_IMPULSES) == 0 {
                self.mood = venue.random.between(350, 650);
            }
            self.act(venue, room);
            self.pace.next_gap_ns(&mut venue.random)
        };
        self.next_impulse = venue.set_timer(gap_ns, self.place, Due::Impulse);
    }

    /// The lifetime of an order is over: its owner takes it off now, or when something happens.
    pub(super) fn expire(&mut self, venue: &mut Venue, id: OrderId) {
        let Some(order) = self.matcher.order(id) else {
            return;
        };
        let narrows = self.distance(order.side, self.ticks(order.price)) < self.usual_spread;
        if !narrows && venue.random.chance(LEAVES_WITH_OTHERS) {
            let reaction_ns = venue.random.below(REACTION_NS);
            let after_ns = self.next_impulse.saturating_sub(venue.now) + reaction_ns;
            venue.set_timer(after_ns, self.place, Due::Leave(id));
        } else {
            self.leave(venue, id);
        }
    }

    /// An order leaves if it is still there and its side can spare it.
    pub(super) fn leave(&mut self, venue: &mut Venue, id: OrderId) {
        let Some(order) = self.matcher.order(id) else {
            return;
        };
        if self.spare_orders(order.side, 1) > 0 {
            self.delete(venue, order);
        } else {
            let stay_ns = LEAST_STAY_NS + self.lifetime_ns(&mut venue.random);
            venue.set_timer(stay_ns, self.place, Due::Expire(id));
        }
    }

    fn act(&mut self, venue: &mut Venue, room: u64) {
        let mut pick = venue.random.below(1_000);
        let mut falls_to = |weight| {
            let hit = pick < weight;
            pick = pick.wrapping_sub(weight);
            hit
        };
        let done = if falls_to(REPLACES) {
            self.replace(venue, room)
        } else if falls_to(AGGRESSORS) {
            self.aggress(venue, room)
        } else if falls_to(HIDDEN_TRADES) {
            self.trade_hidden(venue)
        } else if falls_to(REDUCTIONS) {
            self.reduce(venue)
        } else if falls_to(AMENDMENTS) {
            self.amend(venue)
        } else {
            None
        };
        if done.is_none() {
            self.quote(venue);
        }
    }

    /// A new order comes that trades with nobody.
    fn quote(&mut self, venue: &mut Venue) {
        let random = &mut venue.random;
        let (side, ticks) = if random.chance(self.profile.improving) {
            let buys_per_mille = self.buys_per_mille();
            let side = random_side(random, buys_per_mille);
            let by = self.profile.improvement.sample(random);
            (side, self.better_price(side, by))
        } else {
            let side = random_side(random, 500);
            (side, self.passive_price(random, side))
        };
        let lifetime_ns = self.lifetime_at_ns(random, side, ticks);
        self.add(venue, side, ticks, lifetime_ns);
    }

    fn add(&mut self, venue: &mut Venue, side: Side, ticks: u64, lifetime_ns: u64) {
        if self.matcher.len() + 1 >= self.matcher.capacity() {
            if let Some(order) = self.managed_order(&mut venue.random) {
                self.delete(venue, order);
            }
            return;
        }
        let id = venue.next_order_id(self.listing.system);
        let qty = shares(self.profile.size.sample(&mut venue.random));
        let order = Order {
            id,
            side,
            price: self.price(ticks),
            qty,
        };
        self.rest(order);
        venue.happened.push(Happening::Add { order });
        venue.set_timer(lifetime_ns, self.place, Due::Expire(id));
    }

    fn delete(&mut self, venue: &mut Venue, order: Order) {
        self.matcher.cancel(order.id).expect("the order rests");
        venue.happened.push(Happening::Delete { order });
    }

    /// Somebody changes price and size of an order by taking it off and putting up another one.
    fn replace(&mut self, venue: &mut Venue, room: u64) -> Option<()> {
        // The legacy dialect has a delete and an add for it.
        if room < 2 {
            return None;
        }
        let old = self.managed_order(&mut venue.random)?;
        let price = self.moved_price(&mut venue.random, old);
        self.matcher.cancel(old.id).expect("the order rests");
        let qty = if venue.random.chance(500) {
            old.qty
        } else {
            shares(self.profile.size.sample(&mut venue.random))
        };
        // There the same id comes again, and with it the order's lifetime.
        let id = match venue.dialect {
            Dialect::Legacy => old.id,
            Dialect::Xdp | Dialect::Pillar => {
                let lifetime_ns = self.lifetime_ns(&mut venue.random);
                let id = venue.next_order_id(self.listing.system);
                venue.set_timer(lifetime_ns, self.place, Due::Expire(id));
                id
            }
        };
        let new = Order {
            id,
            price,
            qty,
            ..old
        };
        self.rest(new);
        venue.happened.push(Happening::Replace { old, new });
        Some(())
    }

    /// Somebody takes what rests on the other side.
    fn aggress(&mut self, venue: &mut Venue, room: u64) -> Option<()> {
        let side = random_side(&mut venue.random, self.buys_per_mille());
        let spare = self.spare_orders(side.opposite(), room.min(MOST_EXECUTIONS));
        let level = self.matcher.best(side.opposite())?;
        let id = venue.next_order_id(self.listing.system);
        if venue.random.chance(TAKES_LEVEL_AND_RESTS)
            && u64::from(level.orders) <= spare.min(MOST_TAKEN)
            && u64::from(level.orders) < room
        {
            let left = shares(self.profile.size.sample(&mut venue.random));
            let qty = shares(level.qty + u64::from(left.raw()));
            self.execute(
                venue,
                Order {
                    id,
                    side,
                    price: level.price,
                    qty,
                },
            );
            let order = Order {
                id,
                side,
                price: level.price,
                qty: left,
            };
            self.rest(order);
            venue.happened.push(Happening::Add { order });
            let lifetime_ns = self.lifetime_ns(&mut venue.random);
            venue.set_timer(lifetime_ns, self.place, Due::Expire(id));
            return Some(());
        }
        let orders = EXECUTIONS.sample(&mut venue.random).min(spare);
        let (mut wanted, mut last) = (0, None);
        for order in self
            .matcher
            .orders(side.opposite())
            .take(usize::try_from(orders).ok()?)
        {
            wanted += u64::from(order.qty.raw());
            last = Some(order);
        }
        let last = last?;
        if last.qty.raw() > 1 && venue.random.chance(LAST_IS_PARTIAL) {
            wanted -= venue.random.between(1, u64::from(last.qty.raw() - 1));
        }
        self.execute(
            venue,
            Order {
                id,
                side,
                price: last.price,
                qty: shares(wanted),
            },
        );
        Some(())
    }

    /// An order comes that trades at once and rests with nothing.
    fn execute(&mut self, venue: &mut Venue, order: Order) {
        self.matcher.take(order, &mut |trade| {
            let trade_id = venue.next_trade_id();
            venue.happened.push(Happening::Execute { trade, trade_id });
        });
    }

    /// Two orders meet of which nothing is shown, at the best prices or between them.
    fn trade_hidden(&mut self, venue: &mut Venue) -> Option<()> {
        let (bid, ask) = (self.matcher.best(Side::Bid)?, self.matcher.best(Side::Ask)?);
        let middle = bid.price.raw().midpoint(ask.price.raw());
        let price = match venue.random.below(4) {
            0 => bid.price,
            1 => ask.price,
            _ => RawPrice::from_raw(middle),
        };
        let qty = shares(self.profile.size.sample(&mut venue.random));
        let trade_id = venue.next_trade_id();
        venue.happened.push(Happening::HiddenTrade {
            price,
            qty,
            trade_id,
            bid,
            ask,
        });
        Some(())
    }

    /// Somebody takes back a part of an order, which keeps its place.
    fn reduce(&mut self, venue: &mut Venue) -> Option<()> {
        let order = self
            .managed_order(&mut venue.random)
            .filter(|order| order.qty.raw() > 1)?;
        let qty = shares(venue.random.between(1, u64::from(order.qty.raw() - 1)));
        self.modify(venue, Order { qty, ..order }, true);
        Some(())
    }

    /// Somebody wants more, or another price, and goes to the end of the queue.
    fn amend(&mut self, venue: &mut Venue) -> Option<()> {
        let order = self.managed_order(&mut venue.random)?;
        let price = self.moved_price(&mut venue.random, order);
        if venue.random.chance(500) && price != order.price {
            self.modify(venue, Order { price, ..order }, false);
        } else {
            let more = self.profile.size.sample(&mut venue.random);
            let qty = shares(u64::from(order.qty.raw()) + more);
            self.modify(venue, Order { qty, ..order }, false);
        }
        Some(())
    }

    fn modify(&mut self, venue: &mut Venue, order: Order, kept_place: bool) {
        self.matcher
            .modify(order.id, order.price, order.qty, &mut never_trades)
            .expect("the order rests, and leaves room for itself");
        venue.happened.push(Happening::Modify { order, kept_place });
    }

    /// Puts an order on the book; callers have seen to it that it reaches nobody and that it fits.
    fn rest(&mut self, order: Order) {
        self.matcher
            .enter(order, &mut never_trades)
            .expect("the id is new and there is room");
    }

    /// An order near the best prices whose owner may change his mind.
    fn managed_order(&self, random: &mut Random) -> Option<Order> {
        let side = random_side(random, 500);
        let levels = self
            .matcher
            .depth(side)
            .min(usize::try_from(MANAGED_LEVELS).ok()?);
        let rank = usize::try_from(random.below(levels as u64)).ok()?;
        let orders = u64::from(self.matcher.level(side, rank)?.orders);
        let place = usize::try_from(random.below(orders.min(MANAGED_LEVELS))).ok()?;
        self.matcher.queue(side, rank).nth(place)
    }

    /// How many orders a side could lose, `most` at most.
    fn spare_orders(&self, side: Side, most: u64) -> u64 {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.matcher
            .orders(side)
            .skip(LEAST_ORDERS_A_SIDE)
            .take(most)
            .count() as u64
    }

    /// The price `by` ticks better than the best of its own side, as far as the spread allows.
    fn better_price(&self, side: Side, by: u64) -> u64 {
        let best = self.reference(side);
        self.behind_the_other_side(
            side,
            match side {
                Side::Bid => best.saturating_add(by),
                Side::Ask => best.saturating_sub(by),
            },
        )
    }

    /// A price at the best of its own side or behind it; but when the spread is unusually wide,
    /// every other order goes into it.
    fn passive_price(&self, random: &mut Random, side: Side) -> u64 {
        let spread = self.spread();
        if spread > 2 * self.usual_spread && random.chance(500) {
            let by = random.between(1, spread / 2);
            return self.better_price(side, by);
        }
        let distance = self.profile.distance.sample(random);
        let best = self.reference(side);
        self.behind_the_other_side(
            side,
            match side {
                Side::Bid => best.saturating_sub(distance),
                Side::Ask => best.saturating_add(distance),
            },
        )
    }

    /// Another price for an order that rests.
    fn moved_price(&self, random: &mut Random, order: Order) -> RawPrice {
        let ticks = self.ticks(order.price);
        let by = self.profile.move_by.sample(random);
        let moved = if random.chance(500) {
            ticks.saturating_sub(by)
        } else {
            ticks + by
        };
        self.price(self.behind_the_other_side(order.side, moved))
    }

    /// The nearest price that trades with nobody and is above zero.
    fn behind_the_other_side(&self, side: Side, ticks: u64) -> u64 {
        let other = self
            .matcher
            .best(side.opposite())
            .map(|level| self.ticks(level.price));
        match (side, other) {
            (Side::Bid, Some(ask)) => ticks.min(ask - 1).max(1),
            (Side::Ask, Some(bid)) => ticks.max(bid + 1),
            (Side::Bid | Side::Ask, None) => ticks.max(1),
        }
    }

    /// The best price of a side in ticks, or what it would be if there were one.
    fn reference(&self, side: Side) -> u64 {
        if let Some(level) = self.matcher.best(side) {
            return self.ticks(level.price);
        }
        let half = self.usual_spread.div_ceil(2);
        match side {
            Side::Bid => self.listing.close_ticks.saturating_sub(half),
            Side::Ask => self.listing.close_ticks + half,
        }
    }

    /// How many ticks a price is away from the best of the other side.
    fn distance(&self, side: Side, ticks: u64) -> u64 {
        self.reference(side.opposite()).abs_diff(ticks)
    }

    fn spread(&self) -> u64 {
        self.reference(Side::Ask)
            .saturating_sub(self.reference(Side::Bid))
    }

    /// How many of 1,000 aggressors buy: half, but fewer the further the price has risen since
    /// yesterday, and more the further it has fallen, so that it stays near.
    fn buys_per_mille(&self) -> u64 {
        let close = self.listing.close_ticks;
        let middle = self
            .reference(Side::Bid)
            .midpoint(self.reference(Side::Ask));
        let moved_per_mille = middle.abs_diff(close) * 1_000 / close;
        let bias = (5 * moved_per_mille).min(450);
        if middle > close {
            500 - bias
        } else {
            500 + bias
        }
    }

    fn lifetime_ns(&self, random: &mut Random) -> u64 {
        let lifetime_ns = LIFETIMES_NS.sample(random);
        if lifetime_ns <= LONG_LIFETIME_NS {
            return lifetime_ns;
        }
        let stretched = u128::from(lifetime_ns) * u128::from(self.lifetime_scale) / u128::from(ONE);
        u64::try_from(stretched)
            .unwrap_or(u64::MAX)
            .max(LONG_LIFETIME_NS)
    }

    /// The lifetime of an order at a price: who makes the spread unusually narrow does so for a
    /// moment, and far from it orders rest longer.
    fn lifetime_at_ns(&self, random: &mut Random, side: Side, ticks: u64) -> u64 {
        let distance = self.distance(side, ticks);
        if distance < self.usual_spread {
            let samples = if distance < self.usual_spread / 2 {
                4
            } else {
                2
            };
            (0..samples)
                .map(|_| self.lifetime_ns(random))
                .min()
                .unwrap_or_default()
        } else if distance > 3 * self.usual_spread {
            self.longest_lifetime_ns(random, 2)
        } else {
            self.lifetime_ns(random)
        }
    }

    fn longest_lifetime_ns(&self, random: &mut Random, samples: u32) -> u64 {
        (0..samples)
            .map(|_| self.lifetime_ns(random))
            .max()
            .unwrap_or_default()
    }

    fn price(&self, ticks: u64) -> RawPrice {
        RawPrice::from_raw(u32::try_from(ticks * self.tick).unwrap_or(u32::MAX))
    }

    fn ticks(&self, price: RawPrice) -> u64 {
        u64::from(price.raw()) / self.tick
    }
}

/// How many orders of a stock rest in the long run: some dozens, and more the busier it is.
fn usual_orders(messages_per_1000_s: u64) -> u64 {
    let activity = 1 + messages_per_1000_s / 1_000;
    30 + 5 * u64::from(activity.saturating_pow(4).ilog2())
}

fn random_side(random: &mut Random, buys_per_mille: u64) -> Side {
    if random.chance(buys_per_mille) {
        Side::Bid
    } else {
        Side::Ask
    }
}

fn shares(number: u64) -> Qty {
    Qty::from_raw(u32::try_from(number).unwrap_or(u32::MAX))
}

fn never_trades(trade: oxberry_core::matching::Trade) {
    unreachable!("the price was chosen behind the other side: {trade:?}")
}
