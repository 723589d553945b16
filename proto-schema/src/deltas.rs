//! Numbers and times told from those of the record before, which makes them short.

use oxberry_core::units::{Numbering, OrderId, SeqNum, UnixNanos};
use serde::{Deserialize, Serialize};

/// Where the records of a message are in numbers and time. Writer and reader of a message start it
/// alike and take every record through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Deltas {
    number: SeqNum,
    time: UnixNanos,
    /// Order ids that came last, of different ranges: a venue gives its ids range by range.
    ids: [u64; RANGES],
    /// Which of them a new range takes the place of.
    oldest: usize,
}

/// Ranges of order ids that are remembered within a message.
const RANGES: usize = 4;

/// Bits that say which of them.
const RANGE_BITS: u32 = RANGES.trailing_zeros();

/// An id that is further than this from all that came is of a new range.
const FAR: u64 = 1 << 32;

/// An order id, told from one that came before: how far it is from that, zigzag, then which one. 66 bits
/// at most, which is no more bytes than an id has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdCode(u128);

#[cfg(feature = "defmt")]
impl defmt::Format for IdCode {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=u128}", self.0);
    }
}

impl Deltas {
    /// Before the first record of a message that covers the numbers above `after`. Times start from
    /// the name of the numbering, which is the time at which it began.
    #[must_use]
    pub const fn new(numbering: Numbering, after: SeqNum) -> Self {
        Self {
            number: after,
            time: UnixNanos::from_raw(numbering.raw()),
            ids: [0; RANGES],
            oldest: 0,
        }
    }

    /// What an order id is told by.
    pub(crate) fn id_code(&mut self, order_id: OrderId) -> IdCode {
        let id = order_id.raw();
        let ways = self.ids.map(|from| zigzag(id.wrapping_sub(from)));
        let nearest = ways.into_iter().enumerate().min_by_key(|&(_, way)| way);
        let (range, way) = nearest.unwrap_or_default();
        self.remember(range, way, id);
        IdCode((u128::from(way) << RANGE_BITS) | range as u128)
    }

    /// The order id that a code stands for.
    pub(crate) fn id_of(&mut self, code: IdCode) -> OrderId {
        // Only a writer of another making says more than 66 bits.
        let range = usize::try_from(code.0 % RANGES as u128).unwrap_or_default();
        let way = u64::try_from(code.0 >> RANGE_BITS).unwrap_or(u64::MAX);
        let from = self.ids.get(range).copied().unwrap_or_default();
        let id = from.wrapping_add(unzigzag(way));
        self.remember(range, way, id);
        OrderId::from_raw(id)
    }

    fn remember(&mut self, range: usize, way: u64, id: u64) {
        let range = if way < FAR {
            range
        } else {
            let oldest = self.oldest;
            self.oldest = (oldest + 1) % RANGES;
            oldest
        };
        if let Some(last) = self.ids.get_mut(range) {
            *last = id;
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
        let way = time.raw().wrapping_sub(self.time.raw());
        self.time = time;
        zigzag(way).saturating_add(1)
    }

    /// The time that a code stands for.
    pub(crate) fn time_of(&mut self, code: u64) -> Option<UnixNanos> {
        let way = unzigzag(code.checked_sub(1)?);
        self.time = UnixNanos::from_raw(self.time.raw().wrapping_add(way));
        Some(self.time)
    }
}

/// A way forward or back as a number that is small when the way is short.
const fn zigzag(way: u64) -> u64 {
    (way << 1) ^ (way.cast_signed() >> 63).cast_unsigned()
}

const fn unzigzag(code: u64) -> u64 {
    (code >> 1) ^ (code & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_come_back_and_are_short_within_a_few_ranges() {
        let numbering = Numbering::from_raw(1);
        let new = || Deltas::new(numbering, SeqNum::from_raw(0));
        let (mut write, mut read) = (new(), new());
        let ids = [
            0,
            u64::MAX,
            1 << 63,
            848_822_976_757_893,
            845_524_441_875_397,
            848_822_976_758_728,
            845_524_441_873_585,
            1,
            u64::MAX - 1,
        ];
        for id in ids.map(OrderId::from_raw) {
            assert_eq!(read.id_of(write.id_code(id)), id);
        }
        let mut write = new();
        write.id_code(OrderId::from_raw(848_822_976_757_893));
        write.id_code(OrderId::from_raw(845_524_441_875_397));
        assert!(write.id_code(OrderId::from_raw(848_822_976_758_728)).0 < 1 << 14);
        assert!(write.id_code(OrderId::from_raw(845_524_441_873_585)).0 < 1 << 14);
    }

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
