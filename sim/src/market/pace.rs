//! Decides when the impulses of a stock come: in bursts, with pauses that depend on its activity.

use super::profile::{BURST_GAPS_NS, MESSAGES_PER_1000_IMPULSES, PAUSES_NS};
use crate::random::Random;

/// Gaps within a burst, per mille of all gaps.
const WITHIN_BURST: u64 = 750;

/// Impulses until a calm stock becomes busy, and until a busy one becomes calm, on average.
const CALM_IMPULSES: u64 = 400;
const BUSY_IMPULSES: u64 = 250;

/// How much shorter the pauses of a busy stock are.
const BUSY_FACTOR: u64 = 12;

/// Scales are in units of 1 / 65,536.
const ONE: u64 = 1 << 16;

/// Nanoseconds in a second, times 1,000 because rates are per 1,000 s.
const NS_PER_1000_S: u64 = 1_000_000_000_000;

/// Makes the gaps between the impulses of one stock.
///
/// Bursts are alike in all stocks, and the pauses between them make up for the difference in
/// activity. A stock changes between calm and busy now and then, so that its busiest seconds have
/// many times the events of an average one.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    burst_scale: u64,
    pause_scale: u64,
    busy: bool,
}

impl Pace {
    /// For a stock with that many messages in 1,000 seconds, on average.
    pub(super) fn new(messages_per_1000_s: u64) -> Self {
        let impulses = (messages_per_1000_s * 1_000 / MESSAGES_PER_1000_IMPULSES).max(1);
        let mean_gap_ns = NS_PER_1000_S / impulses;
        let burst_share_ns = BURST_GAPS_NS.mean() * WITHIN_BURST / 1_000;
        let calm_pauses_ns = PAUSES_NS.mean() * (1_000 - WITHIN_BURST) / 1_000;
        let pause_share_ns = (calm_pauses_ns * CALM_IMPULSES
            + calm_pauses_ns / BUSY_FACTOR * BUSY_IMPULSES)
            / (CALM_IMPULSES + BUSY_IMPULSES);
        // Of the fastest stocks the bursts have to be faster too: they take half of the time.
        let burst_ns = burst_share_ns.min(mean_gap_ns / 2);
        Self {
            burst_scale: burst_ns * ONE / burst_share_ns,
            pause_scale: (mean_gap_ns - burst_ns) * ONE / pause_share_ns,
            busy: false,
        }
    }

    /// Nanoseconds until the next impulse.
    pub(super) fn next_gap_ns(&mut self, random: &mut Random) -> u64 {
        let impulses = if self.busy {
            BUSY_IMPULSES
        } else {
            CALM_IMPULSES
        };
        if random.below(impulses) == 0 {
            self.busy = !self.busy;
        }
        if random.chance(WITHIN_BURST) {
            scaled(BURST_GAPS_NS.sample(random), self.burst_scale)
        } else {
            let pause = scaled(PAUSES_NS.sample(random), self.pause_scale);
            if self.busy {
                pause / BUSY_FACTOR
            } else {
                pause
            }
        }
    }
}

fn scaled(nanoseconds: u64, scale: u64) -> u64 {
    u64::try_from(u128::from(nanoseconds) * u128::from(scale) / u128::from(ONE)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_gap_gives_the_rate_that_was_asked_for() {
        for messages_per_1000_s in [500, 8_000, 350_000, 3_000_000] {
            let (mut pace, mut random) = (Pace::new(messages_per_1000_s), Random::new(3, 0));
            let impulses = 400_000;
            let mut nanoseconds = 0;
            for _ in 0..impulses {
                nanoseconds += pace.next_gap_ns(&mut random);
            }
            let messages = impulses * MESSAGES_PER_1000_IMPULSES / 1_000;
            let got = u128::from(messages) * u128::from(NS_PER_1000_S) / u128::from(nanoseconds);
            let percent = got * 100 / u128::from(messages_per_1000_s);
            assert!(
                (90..=110).contains(&percent),
                "{got} instead of {messages_per_1000_s}"
            );
        }
    }
}
