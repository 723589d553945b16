//! What a symbol traded, as far as the dashboard saw it.

use oxberry_core::book::{MEDIAN_WINDOW, Tape};
use oxberry_core::units::{Price, Qty};

/// The trades of a symbol since its run began, or since the dashboard came.
///
/// It counts as the books do: the mean price is that of a share, and the median that of the last
/// [`MEDIAN_WINDOW`] trades.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trades {
    tape: Tape,
    /// The price that was known first, to which the last one is compared.
    first: Option<Price>,
}

/// What follows from the trades of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The mean price of a share, rounded down to 1e-9.
    pub vwap: Price,
    /// The median price of the last [`MEDIAN_WINDOW`] trades, or of all while they are fewer; of an even
    /// number the lower of the two in the middle.
    pub median: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price minus the one that was known first.
    pub change: Change,
}

/// How far a price is from an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The difference.
    pub by: Price,
    /// The difference in hundredths of a percent of the earlier price, rounded to the nearest; `None` where
    /// that one is 0.
    pub basis_points: Option<i64>,
}

impl Trades {
    /// Counts a trade.
    pub(crate) fn count(&mut self, price: Price, qty: Qty) {
        let tape = &mut self.tape;
        let at = usize::try_from(tape.trades).unwrap_or(0) % MEDIAN_WINDOW;
        if let Some(place) = tape.prices.get_mut(at) {
            *place = price;
        }
        let is_first = tape.trades == 0;
        tape.high = if is_first {
            price
        } else {
            tape.high.max(price)
        };
        tape.low = if is_first { price } else { tape.low.min(price) };
        tape.trades = tape.trades.saturating_add(1);
        let shares = u64::from(qty.raw());
        tape.volume = tape.volume.saturating_add(shares);
        let notional = u128::from(price.raw().unsigned_abs()) * u128::from(shares);
        tape.notional = tape.notional.saturating_add(notional);
        self.first.get_or_insert(price);
    }

    /// Notes a price that was told without its trade.
    pub(crate) fn note_price(&mut self, price: Price) {
        self.first.get_or_insert(price);
    }

    /// What follows, if a trade was seen.
    pub(crate) fn figures(&self) -> Option<Figures> {
        let statistics = self.tape.statistics()?;
        let first = self.first.unwrap_or(statistics.last);
        Some(Figures {
            vwap: statistics.vwap,
            median: statistics.median,
            high: statistics.high,
            low: statistics.low,
            change: Change::between(first, statistics.last),
        })
    }
}

impl Change {
    fn between(before: Price, now: Price) -> Self {
        const WHOLE: i128 = 10_000;
        let (before, by) = (before.raw(), now.raw().saturating_sub(before.raw()));
        let base = i128::from(before).abs();
        let scaled = i128::from(by) * WHOLE;
        let half = if by < 0 { -base / 2 } else { base / 2 };
        let basis_points = (scaled + half).checked_div(base);
        Self {
            by: Price::from_raw(by),
            basis_points: basis_points.and_then(|points| i64::try_from(points).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENT: i64 = 10_000_000;

    fn counted(trades: &[(i64, u32)]) -> Trades {
        let mut counted = Trades::default();
        for &(cents, shares) in trades {
            counted.count(Price::from_raw(cents * CENT), Qty::from_raw(shares));
        }
        counted
    }

    fn cents(price: Price) -> i64 {
        price.raw() / CENT
    }

    #[test]
    fn the_mean_is_that_of_a_share_and_the_median_that_of_a_trade() {
        assert_eq!(Trades::default().figures(), None);
        let figures = counted(&[(1_000, 10), (2_000, 30), (1_500, 0), (1_100, 10)]).figures();
        let figures = figures.unwrap();
        assert_eq!(cents(figures.vwap), (10_000 + 60_000 + 11_000) / 50);
        assert_eq!(
            cents(figures.median),
            1_100,
            "the lower of two in the middle"
        );
        assert_eq!((cents(figures.high), cents(figures.low)), (2_000, 1_000));
        assert_eq!(cents(figures.change.by), 100);
        assert_eq!(figures.change.basis_points, Some(1_000));
    }

    #[test]
    fn the_median_is_that_of_the_last_trades_of_its_window() {
        let mut counted = Trades::default();
        let mut prices = Vec::new();
        for number in 1..200_i64 {
            let price = number * 7_919 % 1_009;
            prices.push(price);
            counted.count(Price::from_raw(price * CENT), Qty::from_raw(1));
            let from = prices.len().saturating_sub(MEDIAN_WINDOW);
            let mut window = prices[from..].to_vec();
            window.sort_unstable();
            let figures = counted.figures().unwrap();
            let median = window[(window.len() - 1) / 2];
            assert_eq!(cents(figures.median), median, "after {number} trades");
            assert_eq!(
                cents(figures.change.by),
                price - prices[0],
                "after {number} trades"
            );
        }
    }

    #[test]
    fn a_change_is_rounded_to_the_nearest_in_both_directions() {
        let points = |before: i64, now: i64| {
            Change::between(Price::from_raw(before), Price::from_raw(now)).basis_points
        };
        assert_eq!(points(30_000, 30_001), Some(0));
        assert_eq!(points(30_000, 30_002), Some(1));
        assert_eq!(points(30_000, 29_998), Some(-1));
        assert_eq!(points(30_000, 29_999), Some(0));
        assert_eq!(points(0, 1), None);
        assert_eq!(points(1, i64::MAX), None, "more than can be said");
    }

    #[test]
    fn a_price_that_was_told_is_what_the_next_trade_is_compared_with() {
        let mut late = Trades::default();
        late.note_price(Price::from_raw(1_000 * CENT));
        assert_eq!(late.figures(), None, "no trade was seen");
        late.count(Price::from_raw(900 * CENT), Qty::from_raw(1));
        assert_eq!(late.figures().unwrap().change.basis_points, Some(-1_000));
    }
}
