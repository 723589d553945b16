//! The next expected number, and how a run of numbers relates to it (docs/wire-format.md, 1.3).

use crate::units::SeqNum;

/// A number of something that is numbered without gaps: 1, 2, 3, ….
pub trait Numbered: Copy + Ord {
    /// The number `count` places later; saturates, since no numbering here is known to wrap.
    #[must_use]
    fn advanced(self, count: u32) -> Self;

    /// How many places `self` lies after `earlier`; 0 when it is not later, saturating.
    #[must_use]
    fn places_after(self, earlier: Self) -> u32;
}

impl Numbered for SeqNum {
    fn advanced(self, count: u32) -> Self {
        self.plus(count)
    }

    fn places_after(self, earlier: Self) -> u32 {
        earlier.gap_to(self).unwrap_or(0)
    }
}

/// Remembers the next expected number.
///
/// ```
/// use oxberry_core::line::{Tracker, Verdict};
/// use oxberry_core::units::SeqNum;
///
/// let mut tracker = Tracker::new(SeqNum::from_raw(1));
/// assert_eq!(tracker.accept(SeqNum::from_raw(1), 4), Verdict::Next { skip: 0 });
/// // The same numbers in another packing: 3 and 4 are known, 5 is new.
/// assert_eq!(tracker.accept(SeqNum::from_raw(3), 3), Verdict::Next { skip: 2 });
/// assert_eq!(tracker.accept(SeqNum::from_raw(8), 1), Verdict::Early { missing: 2 });
/// assert_eq!(tracker.expected(), SeqNum::from_raw(6));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tracker<N> {
    expected: N,
}

/// How a run of numbers relates to the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// The run contains the expected number, after `skip` known ones.
    Next {
        /// Leading items to skip: 0 unless the run straddles the expected number.
        skip: u32,
    },
    /// The run starts `missing` numbers after the expected one.
    Early {
        /// How many numbers lie between the expected one and the first of the run.
        missing: u32,
    },
    /// The whole run is known.
    Known,
    /// The run is empty and consumes no number, whatever number it bears.
    Empty,
}

impl<N: Numbered> Tracker<N> {
    /// A tracker that expects this number next.
    #[must_use]
    pub const fn new(expected: N) -> Self {
        Self { expected }
    }

    /// The next expected number.
    #[must_use]
    pub const fn expected(&self) -> N {
        self.expected
    }

    /// How a run of `count` items numbered from `first` relates to the expected number.
    #[must_use]
    pub fn check(&self, first: N, count: u32) -> Verdict {
        if count == 0 {
            Verdict::Empty
        } else if first > self.expected {
            Verdict::Early {
                missing: first.places_after(self.expected),
            }
        } else {
            let skip = self.expected.places_after(first);
            if skip < count {
                Verdict::Next { skip }
            } else {
                Verdict::Known
            }
        }
    }

    /// As [`check`](Self::check); a run that contains the expected number moves it past the run's end.
    pub fn accept(&mut self, first: N, count: u32) -> Verdict {
        let verdict = self.check(first, count);
        if matches!(verdict, Verdict::Next { .. }) {
            self.expected = first.advanced(count);
        }
        verdict
    }

    /// Expects this number from now on: after a reset, or when what is missing was given up.
    pub const fn expect(&mut self, number: N) {
        self.expected = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(raw: u32) -> SeqNum {
        SeqNum::from_raw(raw)
    }

    #[test]
    fn runs_around_the_expected_number() {
        let tracker = Tracker::new(number(10));
        for (first, count, verdict) in [
            (10, 1, Verdict::Next { skip: 0 }),
            (10, 255, Verdict::Next { skip: 0 }),
            (8, 3, Verdict::Next { skip: 2 }),
            (8, 2, Verdict::Known),
            (1, 1, Verdict::Known),
            (11, 1, Verdict::Early { missing: 1 }),
            (
                u32::MAX,
                1,
                Verdict::Early {
                    missing: u32::MAX - 10,
                },
            ),
            (10, 0, Verdict::Empty),
            (99, 0, Verdict::Empty),
            (0, 11, Verdict::Next { skip: 10 }),
        ] {
            assert_eq!(
                tracker.check(number(first), count),
                verdict,
                "{first} + {count}"
            );
        }
    }

    #[test]
    fn only_the_expected_number_moves_it() {
        let mut tracker = Tracker::new(number(10));
        for (first, count, expected) in [
            (12, 1, 10),
            (7, 2, 10),
            (50, 0, 10),
            (9, 3, 12),
            (12, 1, 13),
        ] {
            tracker.accept(number(first), count);
            assert_eq!(
                tracker.expected(),
                number(expected),
                "after {first} + {count}"
            );
        }
        tracker.expect(number(1));
        assert_eq!(tracker.accept(number(1), 1), Verdict::Next { skip: 0 });
    }

    #[test]
    fn the_last_number_of_all_saturates() {
        let mut tracker = Tracker::new(number(u32::MAX - 1));
        tracker.accept(number(u32::MAX - 1), 255);
        assert_eq!(tracker.expected(), number(u32::MAX));
        // Nothing comes after it, and nothing loops.
        assert_eq!(
            tracker.accept(number(u32::MAX), 1),
            Verdict::Next { skip: 0 }
        );
        assert_eq!(tracker.expected(), number(u32::MAX));
    }
}
