//! Tables of where orders are placed and how large they are, for each kind of stock. They follow the
//! real order flow of five stocks in 2012, which `docs/market-generator.md` cites.

use super::distribution::{Distribution, exactly, lots, span};

/// What an impulse of the market does, per mille. Deletes are not among them: they come when the
/// lifetime of an order is over.
pub(super) const REPLACES: u64 = 66;
/// See [`REPLACES`].
pub(super) const AGGRESSORS: u64 = 67;
/// See [`REPLACES`].
pub(super) const HIDDEN_TRADES: u64 = 43;
/// Sizes are reduced, which keeps the place; see [`REPLACES`].
pub(super) const REDUCTIONS: u64 = 6;
/// Sizes grow or prices change under the same id, which loses the place; see [`REPLACES`].
pub(super) const AMENDMENTS: u64 = 2;

/// New orders that rest for very long, per mille of those that trade with nobody.
pub(super) const PATIENT: u64 = 25;

/// Messages that follow from 1,000 impulses in the long run: each itself, with the further
/// executions of an aggressor, the delete half of a replace, and the deletes of what does not fill.
pub(super) const MESSAGES_PER_1000_IMPULSES: u64 = 1_845;

/// Aggressors whose last execution leaves something of the resting order, per mille.
pub(super) const LAST_IS_PARTIAL: u64 = 410;
/// Aggressors that take the whole best level and rest there with what they did not get, per mille.
pub(super) const TAKES_LEVEL_AND_RESTS: u64 = 80;

/// How many resting orders one aggressor executes against.
pub(super) const EXECUTIONS: Distribution = Distribution::new(&[
    exactly(1, 790),
    exactly(2, 130),
    exactly(3, 38),
    exactly(4, 17),
    span(5, 6, 13),
    span(7, 12, 9),
    span(13, 24, 3),
]);

/// How long an order rests unless it trades, in nanoseconds.
pub(super) const LIFETIMES_NS: Distribution = Distribution::new(&[
    span(20_000, 100_000, 10),
    span(100_000, 300_000, 25),
    span(300_000, 1_000_000, 35),
    span(1_000_000, 3_000_000, 50),
    span(3_000_000, 10_000_000, 55),
    span(10_000_000, 30_000_000, 50),
    span(30_000_000, LONG_LIFETIME_NS, 55),
    span(LONG_LIFETIME_NS, 300_000_000, 105),
    span(300_000_000, 1_000_000_000, 135),
    span(1_000_000_000, 3_000_000_000, 170),
    span(3_000_000_000, 10_000_000_000, 150),
    span(10_000_000_000, 25_000_000_000, 85),
    span(25_000_000_000, 60_000_000_000, 53),
    span(60_000_000_000, 170_000_000_000, 14),
    span(170_000_000_000, 600_000_000_000, 6),
    span(600_000_000_000, 1_200_000_000_000, 2),
]);

/// Shorter lives are flickering, the same in every stock; longer ones stretch with its activity.
pub(super) const LONG_LIFETIME_NS: u64 = 100_000_000;

/// Pauses between the impulses of one burst, in nanoseconds.
pub(super) const BURST_GAPS_NS: Distribution = Distribution::new(&[
    exactly(0, 70),
    span(1, 1_000, 40),
    span(1_000, 20_000, 90),
    span(20_000, 100_000, 150),
    span(100_000, 500_000, 160),
    span(500_000, 2_000_000, 130),
    span(2_000_000, 15_000_000, 110),
]);

/// Pauses between bursts, in nanoseconds, before they are scaled to a stock's activity.
pub(super) const PAUSES_NS: Distribution = Distribution::new(&[
    span(30_000_000, 100_000_000, 120),
    span(100_000_000, 400_000_000, 90),
    span(400_000_000, 1_500_000_000, 60),
    span(1_500_000_000, 4_000_000_000, 25),
    span(4_000_000_000, 10_000_000_000, 5),
]);

/// How the orders of one kind of stock look.
#[derive(Debug)]
pub(super) struct Profile {
    /// New orders that improve the best price of their side, per mille.
    pub(super) improving: u64,
    /// By how many ticks they do.
    pub(super) improvement: Distribution,
    /// How many ticks the others stay behind the best price of their side.
    pub(super) distance: Distribution,
    /// Shares of a new order.
    pub(super) size: Distribution,
    /// By how many ticks a replace moves the price.
    pub(super) move_by: Distribution,
    /// The usual spread, in units of 1/10,000 of the price.
    pub(super) spread_per_10_000: u64,
}

impl Profile {
    /// The profile of a stock by its price.
    pub(super) const fn of(price_ticks: u64) -> &'static Self {
        match price_ticks {
            0..6_000 => &TIGHT,
            6_000..30_000 => &MEDIUM,
            _ => &WIDE,
        }
    }
}

/// As AAPL at 585 dollars: a spread of many ticks, one or two orders a level.
static WIDE: Profile = Profile {
    improving: 202,
    improvement: Distribution::new(&[
        exactly(1, 90),
        span(2, 4, 55),
        span(5, 10, 41),
        span(11, 20, 13),
        span(21, 40, 3),
    ]),
    distance: Distribution::new(&[
        exactly(0, 79),
        exactly(1, 54),
        exactly(2, 41),
        span(3, 5, 71),
        span(6, 10, 121),
        span(11, 20, 154),
        span(21, 50, 130),
        span(51, 100, 71),
        span(101, 170, 39),
        span(171, 500, 16),
        span(501, 11_000, 2),
    ]),
    size: ODD_LOTS_AND_HUNDREDS,
    move_by: Distribution::new(&[
        span(1, 2, 480),
        span(3, 5, 190),
        span(6, 15, 210),
        span(16, 42, 110),
        span(43, 90, 10),
    ]),
    spread_per_10_000: 6,
};

/// As AMZN at 222 dollars: a dozen ticks of spread, orders close behind it.
static MEDIUM: Profile = Profile {
    improving: 176,
    improvement: Distribution::new(&[
        exactly(1, 88),
        span(2, 3, 50),
        span(4, 9, 30),
        span(10, 20, 8),
    ]),
    distance: Distribution::new(&[
        exactly(0, 184),
        exactly(1, 86),
        exactly(2, 93),
        span(3, 5, 196),
        span(6, 10, 180),
        span(11, 20, 62),
        span(21, 50, 16),
        span(51, 200, 6),
        span(201, 2_000, 1),
    ]),
    size: ODD_LOTS_AND_HUNDREDS,
    move_by: Distribution::new(&[
        span(1, 2, 520),
        span(3, 5, 380),
        span(6, 15, 90),
        span(16, 40, 10),
    ]),
    spread_per_10_000: 8,
};

/// As MSFT at 31 dollars: a spread of one to three ticks, long queues of large orders.
static TIGHT: Profile = Profile {
    improving: 14,
    improvement: Distribution::new(&[exactly(1, 90), exactly(2, 10)]),
    distance: Distribution::new(&[
        exactly(0, 676),
        exactly(1, 89),
        exactly(2, 31),
        span(3, 5, 67),
        span(6, 10, 70),
        span(11, 20, 28),
        span(21, 60, 5),
    ]),
    size: Distribution::new(&[
        span(1, 99, 49),
        exactly(100, 227),
        span(101, 999, 60),
        exactly(200, 171),
        exactly(300, 54),
        exactly(400, 225),
        exactly(500, 82),
        lots(600, 1_000, 40),
        lots(1_100, 1_400, 15),
        exactly(1_500, 22),
        lots(1_600, 4_600, 55),
    ]),
    move_by: Distribution::new(&[exactly(1, 700), exactly(2, 210), span(3, 8, 90)]),
    spread_per_10_000: 6,
};

/// Sizes of dear stocks: half are 100 shares, most others are less.
const ODD_LOTS_AND_HUNDREDS: Distribution = Distribution::new(&[
    exactly(1, 8),
    span(2, 5, 40),
    span(6, 9, 70),
    span(10, 12, 120),
    span(13, 22, 130),
    span(23, 50, 35),
    span(51, 99, 15),
    exactly(100, 500),
    span(101, 199, 8),
    exactly(200, 45),
    lots(300, 900, 18),
    exactly(1_000, 6),
    lots(1_100, 5_000, 4),
    lots(5_000, 15_000, 1),
]);
