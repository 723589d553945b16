//! Where a message stands in the whole life of a channel, across resets of its numbering.

use super::Numbered;
use crate::units::SeqNum;

/// The first numbering, so that there is one for whatever is older.
pub(super) const FIRST_EPOCH: u32 = 1;

/// A sequence number and how often the numbering had started again before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct EpochSeq {
    pub(super) epoch: u32,
    pub(super) number: SeqNum,
}

/// All numbers from `first` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Span {
    pub(super) first: EpochSeq,
    pub(super) end: EpochSeq,
}

impl Numbered for EpochSeq {
    fn advanced(self, count: u32) -> Self {
        let number = self.number.plus(count);
        Self { number, ..self }
    }

    fn places_after(self, earlier: Self) -> u32 {
        match self.epoch.cmp(&earlier.epoch) {
            core::cmp::Ordering::Less => 0,
            core::cmp::Ordering::Equal => self.number.places_after(earlier.number),
            core::cmp::Ordering::Greater => u32::MAX,
        }
    }
}

impl Span {
    /// Whether any number is in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.first < other.end && other.first < self.end
    }

    /// Whether it runs to a reset of the numbering, so that nobody knows how long it is, or
    /// whether it holds anything at all.
    pub(super) const fn is_open_ended(&self) -> bool {
        self.first.epoch != self.end.epoch
    }

    /// How many numbers it has; meaningless when open-ended.
    pub(super) fn len(&self) -> u32 {
        self.end.places_after(self.first)
    }
}
