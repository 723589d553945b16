//! The order flow of one stock: what its traders do, and what the matching engine makes of it.

use oxberry_core::matching::{LevelRecord, LimitOrder, Matcher, OrderSlot};
use oxberry_core::units::{OrderId, Qty, RawPrice, Side, SymbolSeqNum};
use oxberry_core::xdp::Dialect;

use super::lifetime::{Lifetimes, usual_orders};
use super::listing::Listing;
use super::pace::Pace;
use super::placement::Placement;
use super::profile::{
    AGGRESSORS, AMENDMENTS, EXECUTIONS, HIDDEN_TRADES, LAST_IS_PARTIAL, LONG_LIFETIME_NS, PATIENT,
    Profile, REDUCTIONS, REPLACES, TAKES_LEVEL_AND_RESTS,
};
use super::venue::{Due, Happening, Venue};
use crate::random::Random;

/// Orders that nobody takes from a side: the stock always has a price.
const LEAST_ORDERS_A_SIDE: usize = 3;

/// The most executions of one aggressor, which together fit into one packet.
const MOST_EXECUTIONS: u64 = 30;

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

/// How far apart the opening orders of a stock come at most: the books fill within a second.
const OPENING_GAP_NS: u64 = 10_000_000;

/// The most orders of a level that somebody takes whole to rest there himself.
const MOST_TAKEN: u64 = 6;

/// The resting orders of one stock, in memory of its own.
pub(super) type StockMatcher = Matcher<Box<[OrderSlot]>, Box<[LevelRecord]>>;

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
    placement: Placement,
    lifetimes: Lifetimes,
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
        let capacity = usize::try_from(usual_orders * 3 + 64).unwrap_or(usize::MAX);
        Self {
            matcher: Matcher::new(
                vec![OrderSlot::EMPTY; capacity].into_boxed_slice(),
                vec![LevelRecord::EMPTY; capacity].into_boxed_slice(),
            ),
            next_number: SymbolSeqNum::from_raw(1),
            place,
            profile: listing.profile(),
            pace: Pace::new(rate),
            placement: Placement::new(&listing),
            lifetimes: Lifetimes::new(rate),
            opening_left: usual_orders.min(most_opening),
            next_impulse: 0,
            mood: 500,
            listing,
        }
    }

    /// The closing price of yesterday.
    pub(super) fn close(&self) -> RawPrice {
        self.placement.price(self.listing.close_ticks)
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
            let random = &mut venue.random;
            // They have rested for a while already, so they are those that rest long.
            let (ticks, lifetime_ns) = if random.chance(500) {
                (
                    self.placement.distant(random, &self.matcher, side),
                    self.lifetimes.patient_ns(random),
                )
            } else {
                (
                    self.placement.passive(random, &self.matcher, side),
                    self.lifetimes.longest_ns(random, 3),
                )
            };
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
        let ticks = self.placement.ticks(order.price);
        let distance = self.placement.distance(&self.matcher, order.side, ticks);
        let narrows = distance < self.placement.usual_spread();
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
            let stay_ns = LEAST_STAY_NS + self.lifetimes.sample_ns(&mut venue.random);
            self.set_lifetime(venue, stay_ns, id);
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
        if random.chance(PATIENT) {
            let side = random_side(random, 500);
            let ticks = self.placement.distant(random, &self.matcher, side);
            let lifetime_ns = self.lifetimes.patient_ns(random);
            return self.add(venue, side, ticks, lifetime_ns);
        }
        let (side, ticks) = if random.chance(self.profile.improving) {
            let buys_per_mille = self.buys_per_mille();
            let side = random_side(random, buys_per_mille);
            (side, self.placement.improving(random, &self.matcher, side))
        } else {
            let side = random_side(random, 500);
            (side, self.placement.passive(random, &self.matcher, side))
        };
        let distance = self.placement.distance(&self.matcher, side, ticks);
        let usual_spread = self.placement.usual_spread();
        let lifetime_ns = self
            .lifetimes
            .at_distance_ns(random, distance, usual_spread);
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
        let order = LimitOrder {
            id,
            side,
            price: self.placement.price(ticks),
            qty,
        };
        self.rest(order);
        venue.happened.push(Happening::Add { order });
        self.set_lifetime(venue, lifetime_ns, id);
    }

    fn delete(&mut self, venue: &mut Venue, order: LimitOrder) {
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
        let ticks = self.placement.moved(&mut venue.random, &self.matcher, old);
        let price = self.placement.price(ticks);
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
                let lifetime_ns = self.lifetimes.sample_ns(&mut venue.random);
                let id = venue.next_order_id(self.listing.system);
                self.set_lifetime(venue, lifetime_ns, id);
                id
            }
        };
        let new = LimitOrder {
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
                LimitOrder {
                    id,
                    side,
                    price: level.price,
                    qty,
                },
            );
            let order = LimitOrder {
                id,
                side,
                price: level.price,
                qty: left,
            };
            self.rest(order);
            venue.happened.push(Happening::Add { order });
            let lifetime_ns = self.lifetimes.sample_ns(&mut venue.random);
            self.set_lifetime(venue, lifetime_ns, id);
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
            LimitOrder {
                id,
                side,
                price: last.price,
                qty: shares(wanted),
            },
        );
        Some(())
    }

    /// An order comes that trades at once and rests with nothing.
    fn execute(&mut self, venue: &mut Venue, order: LimitOrder) {
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
        self.modify(venue, LimitOrder { qty, ..order }, true);
        Some(())
    }

    /// Somebody wants more, or another price, and goes to the end of the queue.
    fn amend(&mut self, venue: &mut Venue) -> Option<()> {
        let order = self.managed_order(&mut venue.random)?;
        let ticks = self
            .placement
            .moved(&mut venue.random, &self.matcher, order);
        let price = self.placement.price(ticks);
        if venue.random.chance(500) && price != order.price {
            self.modify(venue, LimitOrder { price, ..order }, false);
        } else {
            let more = self.profile.size.sample(&mut venue.random);
            let qty = shares(u64::from(order.qty.raw()) + more);
            self.modify(venue, LimitOrder { qty, ..order }, false);
        }
        Some(())
    }

    fn modify(&mut self, venue: &mut Venue, order: LimitOrder, kept_place: bool) {
        self.matcher
            .modify(order.id, order.price, order.qty, &mut never_trades)
            .expect("the order rests, and leaves room for itself");
        venue.happened.push(Happening::Modify { order, kept_place });
    }

    /// Puts an order on the book; callers have seen to it that it reaches nobody and that it fits.
    fn rest(&mut self, order: LimitOrder) {
        self.matcher
            .enter(order, &mut never_trades)
            .expect("the id is new and there is room");
    }

    /// An order near the best prices whose owner may change his mind.
    fn managed_order(&self, random: &mut Random) -> Option<LimitOrder> {
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

    /// How many of 1,000 aggressors buy: half, but fewer the further the price has risen since
    /// yesterday, and more the further it has fallen, so that it stays near.
    fn buys_per_mille(&self) -> u64 {
        let risen = self.placement.risen_per_mille(&self.matcher);
        self.mood
            .saturating_add_signed(-(5 * risen).clamp(-450, 450))
    }

    /// Says when an order leaves. Fleeting ones leave on time, others when something else happens.
    fn set_lifetime(&self, venue: &mut Venue, lifetime_ns: u64, id: OrderId) {
        let is_fleeting = lifetime_ns <= LONG_LIFETIME_NS;
        let due = if is_fleeting {
            Due::Leave(id)
        } else {
            Due::Expire(id)
        };
        venue.set_timer(lifetime_ns, self.place, due);
    }
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

fn never_trades(trade: oxberry_core::matching::Match) {
    unreachable!("the price was chosen behind the other side: {trade:?}")
}
