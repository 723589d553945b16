//! Chooses the prices of new orders of one stock that do not trade at once.

use oxberry_core::matching::LimitOrder;
use oxberry_core::units::{RawPrice, Side};

use super::flow::StockMatcher;
use super::listing::Listing;
use super::profile::Profile;
use crate::random::Random;

/// Chooses prices from what rests. Prices are in ticks of a cent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    profile: &'static Profile,
    /// The raw value of a tick.
    tick: u64,
    close_ticks: u64,
    usual_spread: u64,
}

impl Placement {
    pub(super) fn new(listing: &Listing) -> Self {
        let profile = listing.profile();
        Self {
            profile,
            tick: listing.tick(),
            close_ticks: listing.close_ticks,
            usual_spread: (listing.close_ticks * profile.spread_per_10_000).div_ceil(10_000),
        }
    }

    pub(super) const fn usual_spread(&self) -> u64 {
        self.usual_spread
    }

    /// Better than the best of its own side, as far as the spread allows.
    pub(super) fn improving(&self, random: &mut Random, book: &StockMatcher, side: Side) -> u64 {
        self.better(book, side, self.profile.improvement.sample(random))
    }

    /// At the best of its own side or behind it; but when the spread is unusually wide, every other
    /// order goes into it.
    pub(super) fn passive(&self, random: &mut Random, book: &StockMatcher, side: Side) -> u64 {
        let spread = self
            .reference(book, Side::Ask)
            .saturating_sub(self.reference(book, Side::Bid));
        if spread > 2 * self.usual_spread && random.chance(500) {
            let by = random.between(1, spread / 2);
            return self.better(book, side, by);
        }
        self.behind(book, side, self.profile.distance.sample(random))
    }

    /// Well behind the best of its own side.
    pub(super) fn distant(&self, random: &mut Random, book: &StockMatcher, side: Side) -> u64 {
        let distance = self.usual_spread * random.between(8, 40) / 4;
        self.behind(book, side, distance)
    }

    /// Another price for an order that rests.
    pub(super) fn moved(&self, random: &mut Random, book: &StockMatcher, order: LimitOrder) -> u64 {
        let ticks = self.ticks(order.price);
        let by = self.profile.move_by.sample(random);
        let moved = if random.chance(500) {
            ticks.saturating_sub(by)
        } else {
            ticks + by
        };
        self.not_crossing(book, order.side, moved)
    }

    /// How many ticks a price is away from the best of the other side.
    pub(super) fn distance(&self, book: &StockMatcher, side: Side, ticks: u64) -> u64 {
        self.reference(book, side.opposite()).abs_diff(ticks)
    }

    /// How far the price has risen since yesterday, as a share of 1,000; negative when it fell.
    pub(super) fn risen_per_mille(&self, book: &StockMatcher) -> i64 {
        let middle = self
            .reference(book, Side::Bid)
            .midpoint(self.reference(book, Side::Ask));
        let share = middle.abs_diff(self.close_ticks) * 1_000 / self.close_ticks;
        let share = i64::try_from(share).unwrap_or(i64::MAX);
        if middle > self.close_ticks {
            share
        } else {
            -share
        }
    }

    pub(super) fn price(&self, ticks: u64) -> RawPrice {
        RawPrice::from_raw(u32::try_from(ticks * self.tick).unwrap_or(u32::MAX))
    }

    pub(super) fn ticks(&self, price: RawPrice) -> u64 {
        u64::from(price.raw()) / self.tick
    }

    fn better(&self, book: &StockMatcher, side: Side, by: u64) -> u64 {
        let best = self.reference(book, side);
        let ticks = match side {
            Side::Bid => best.saturating_add(by),
            Side::Ask => best.saturating_sub(by),
        };
        self.not_crossing(book, side, ticks)
    }

    fn behind(&self, book: &StockMatcher, side: Side, by: u64) -> u64 {
        let best = self.reference(book, side);
        let ticks = match side {
            Side::Bid => best.saturating_sub(by),
            Side::Ask => best.saturating_add(by),
        };
        self.not_crossing(book, side, ticks)
    }

    /// The nearest price that trades with nobody and is above zero.
    fn not_crossing(&self, book: &StockMatcher, side: Side, ticks: u64) -> u64 {
        let other = book
            .best(side.opposite())
            .map(|level| self.ticks(level.price));
        match (side, other) {
            (Side::Bid, Some(ask)) => ticks.min(ask - 1).max(1),
            (Side::Ask, Some(bid)) => ticks.max(bid + 1),
            (Side::Bid | Side::Ask, None) => ticks.max(1),
        }
    }

    /// The best price of a side, or what it would be if there were one.
    fn reference(&self, book: &StockMatcher, side: Side) -> u64 {
        if let Some(level) = book.best(side) {
            return self.ticks(level.price);
        }
        let half = self.usual_spread.div_ceil(2);
        match side {
            Side::Bid => self.close_ticks.saturating_sub(half),
            Side::Ask => self.close_ticks + half,
        }
    }
}
