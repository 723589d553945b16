//! Distributions of integers, as tables of weighted ranges.

use crate::random::Random;

/// Values from `low` to `high` in steps of `step`, as often as `weight` says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    low: u64,
    high: u64,
    step: u64,
    weight: u64,
}

/// Every value of `low..=high` alike.
pub(super) const fn span(low: u64, high: u64, weight: u64) -> Range {
    assert!(low <= high);
    Range {
        low,
        high,
        step: 1,
        weight,
    }
}

/// One value.
pub(super) const fn exactly(value: u64, weight: u64) -> Range {
    span(value, value, weight)
}

/// Every multiple of 100 from `low` to `high` alike.
pub(super) const fn lots(low: u64, high: u64, weight: u64) -> Range {
    assert!(low <= high && low.is_multiple_of(100) && high.is_multiple_of(100));
    Range {
        low,
        high,
        step: 100,
        weight,
    }
}

/// A distribution whose quantiles a table gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distribution {
    ranges: &'static [Range],
    total: u64,
}

impl Distribution {
    pub(super) const fn new(ranges: &'static [Range]) -> Self {
        let (mut total, mut rest) = (0, ranges);
        while let Some((first, others)) = rest.split_first() {
            total += first.weight;
            rest = others;
        }
        assert!(total > 0);
        Self { ranges, total }
    }

    pub(super) fn sample(&self, random: &mut Random) -> u64 {
        let mut pick = random.below(self.total);
        for range in self.ranges {
            if pick < range.weight {
                let steps = (range.high - range.low) / range.step;
                return range.low + range.step * random.between(0, steps);
            }
            pick -= range.weight;
        }
        unreachable!("the pick is below the sum of the weights")
    }

    /// The mean value.
    pub(super) const fn mean(&self) -> u64 {
        let (mut sum, mut rest) = (0, self.ranges);
        while let Some((first, others)) = rest.split_first() {
            sum += first.weight * ((first.low + first.high) / 2);
            rest = others;
        }
        sum / self.total
    }
}
