//! Decides how long the orders of one stock rest.

use super::profile::{LIFETIMES_NS, LONG_LIFETIME_NS, PATIENT};
use crate::random::Random;

/// Adds per 1,000 messages in the long run, which relates lifetimes to resting orders.
const ADDS_PER_1000_MESSAGES: u64 = 482;

/// How much longer orders would rest if none were executed or replaced, per cent.
const LEAVES_EARLY: u64 = 200;

/// Scales are in units of 1 / 65,536.
const ONE: u64 = 1 << 16;

/// Samples the lifetimes of one stock's orders.
///
/// The number of resting orders is their rate of arrival times their lifetime, so the long lifetimes
/// follow from the activity of the stock. Half of the usual orders belong to patient owners.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    /// By how much long lifetimes are stretched.
    scale: u64,
    /// How long the orders of patient owners rest at most.
    most_patience_ns: u64,
}

/// How many orders of a stock rest in the long run: some dozens, and more the busier it is.
pub(super) fn usual_orders(messages_per_1000_s: u64) -> u64 {
    let activity = 1 + messages_per_1000_s / 1_000;
    56 + 5 * u64::from(activity.saturating_pow(4).ilog2())
}

impl Lifetimes {
    /// For a stock with that many messages in 1,000 seconds.
    pub(super) fn new(messages_per_1000_s: u64) -> Self {
        let adds_per_1000_s = (messages_per_1000_s * ADDS_PER_1000_MESSAGES / 1_000).max(1);
        let half_ns = usual_orders(messages_per_1000_s) / 2 * 1_000_000_000_000 / adds_per_1000_s;
        Self {
            scale: half_ns * LEAVES_EARLY / 100 / (LIFETIMES_NS.mean() / ONE),
            most_patience_ns: 2 * half_ns * 1_000 / PATIENT,
        }
    }

    pub(super) fn sample_ns(&self, random: &mut Random) -> u64 {
        let lifetime_ns = LIFETIMES_NS.sample(random);
        if lifetime_ns <= LONG_LIFETIME_NS {
            return lifetime_ns;
        }
        let stretched = u128::from(lifetime_ns) * u128::from(self.scale) / u128::from(ONE);
        u64::try_from(stretched)
            .unwrap_or(u64::MAX)
            .max(LONG_LIFETIME_NS)
    }

    /// The longest of some lifetimes.
    pub(super) fn longest_ns(&self, random: &mut Random, samples: u32) -> u64 {
        (0..samples)
            .map(|_| self.sample_ns(random))
            .max()
            .unwrap_or_default()
    }

    /// For an order of a patient owner.
    pub(super) fn patient_ns(&self, random: &mut Random) -> u64 {
        random.below(self.most_patience_ns)
    }

    /// For an order so many ticks away from the best of the other side: who makes the spread
    /// unusually narrow does so for a moment, and far from it orders rest longer.
    pub(super) fn at_distance_ns(
        &self,
        random: &mut Random,
        distance: u64,
        usual_spread: u64,
    ) -> u64 {
        if distance > 3 * usual_spread {
            return self.longest_ns(random, 2);
        }
        let lifetime_ns = self.sample_ns(random);
        if lifetime_ns <= LONG_LIFETIME_NS {
            lifetime_ns
        } else if distance < usual_spread / 2 {
            lifetime_ns / 48
        } else if distance < usual_spread {
            lifetime_ns / 12
        } else {
            lifetime_ns
        }
    }
}
