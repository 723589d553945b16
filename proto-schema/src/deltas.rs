//! Numbers and times told from those of the record before, which makes them short.

use oxberry_core::units::{Numbering, SeqNum, UnixNanos};

/// Where the records of a message are in numbers and time. Writer and reader of a message start it
/// alike and take every record through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Deltas {
    number: SeqNum,
    time: UnixNanos,
}

impl Deltas {
    /// Before the first record of a message that covers the numbers above `after`. Times start from
    /// the name of the numbering, which is the time at which it began.
    #[must_use]
    pub const fn new(numbering: Numbering, after: SeqNum) -> Self {
        Self {
            number: after,
            time: UnixNanos::from_raw(numbering.raw()),
        }
    }

    /// How far a number is ahead of the one before; goes there.
    pub(crate) fn ahead(&mut self, number: SeqNum) -> u32 {
        let ahead = number.raw().saturating_sub(self.number.raw());
        self.number = number;
        ahead
    }

    /// Goes ahead by so many numbers.
    pub(crate) fn go(&mut self, ahead: u32) -> SeqNum {
        self.number = self.number.plus(ahead);
        self.number
    }

    /// A time as one number: 0 for an unknown one, else the way from the time before, zigzag, plus 1.
    /// Times of the feed lie below 2^63 (32-bit seconds), so the way and the 1 fit.
    pub(crate) fn time_code(&mut self, time: Option<UnixNanos>) -> u64 {
        let Some(time) = time else { return 0 };
        let way = time.raw().wrapping_sub(self.time.raw()).cast_signed();
        self.time = time;
        ((way << 1) ^ (way >> 63)).cast_unsigned().saturating_add(1)
    }

    /// The time that a code stands for.
    pub(crate) fn time_of(&mut self, code: u64) -> Option<UnixNanos> {
        let zigzag = code.checked_sub(1)?;
        let way = (zigzag >> 1) ^ (zigzag & 1).wrapping_neg();
        self.time = UnixNanos::from_raw(self.time.raw().wrapping_add(way));
        Some(self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_come_back_whatever_way_they_go() {
        let numbering = Numbering::from_raw(1_340_285_400_000_000_000);
        let after = SeqNum::from_raw(7);
        let (mut write, mut read) = (Deltas::new(numbering, after), Deltas::new(numbering, after));
        let start = numbering.raw();
        for time in [
            None,
            Some(start + 5),
            Some(start - 5),
            Some(0),
            Some(u64::from(u32::MAX) * 1_000_000_000),
            Some(1),
        ] {
            let time = time.map(UnixNanos::from_raw);
            assert_eq!(read.time_of(write.time_code(time)), time);
        }
        for number in [8, 8, 9, 4_000_000_000].map(SeqNum::from_raw) {
            assert_eq!(read.go(write.ahead(number)), number);
        }
    }

    #[test]
    fn a_time_close_to_the_one_before_is_a_small_code() {
        let mut deltas = Deltas::new(Numbering::from_raw(1_000_000), SeqNum::from_raw(0));
        assert_eq!(
            deltas.time_code(Some(UnixNanos::from_raw(1_000_003))),
            2 * 3 + 1
        );
        assert_eq!(
            deltas.time_code(Some(UnixNanos::from_raw(1_000_001))),
            2 * 2
        );
    }
}
