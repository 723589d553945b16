//! Orders: an open-addressing table that holds the order records themselves.
//!
//! A bucket is one line with two records. The home bucket of an order is given by the low bits of
//! its id, so that young orders, whose ids the venue counts upwards, are neighbours in memory. An
//! order whose home is full goes to a window of [`WINDOW`] buckets that a mixing hash of symbol and
//! id gives. Records never move, and no search visits more than `1 + WINDOW` buckets: counters in
//! the buckets say whether going on is worth while.

use super::memory::{Line, NONE};
use super::steps;
use crate::units::{OrderId, Qty};

/// Records in a bucket.
const RECORDS: usize = 2;
/// Buckets of the second window.
pub(super) const WINDOW: u32 = 32;

/// Word of a bucket: orders at home here that are stored in their window (low half, sticky when it
/// saturates), orders that passed this bucket in their window because it was full (high half).
const ELSEWHERE: usize = 0;
/// First word of the records.
const FIRST: usize = 1;
/// Words of a record.
const STRIDE: usize = 7;
/// Word of a bucket: the upper 16 bits of the arrival numbers of its records.
const ARRIVALS: usize = 15;

/// Words of a record, from its first.
const ID: usize = 0;
const LEVEL: usize = 2;
const QTY: usize = 3;
const PREVIOUS: usize = 4;
const NEXT: usize = 5;
const ARRIVAL: usize = 6;

/// Buckets for that many orders: three for four orders, so that a full table is two thirds full.
pub(super) const fn buckets(orders: u32) -> u32 {
    orders - orders / 4 + 1
}

/// A place for a record: the bucket, and which of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrderRef(u32);

impl OrderRef {
    pub(super) const NONE: Self = Self(NONE);

    pub(super) fn is_some(self) -> bool {
        self != Self::NONE
    }

    pub(super) fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    pub(super) fn raw(self) -> u32 {
        self.0
    }

    fn bucket(self) -> usize {
        self.0 as usize / RECORDS
    }

    /// First word of the record.
    fn base(self) -> usize {
        FIRST + STRIDE * (self.0 as usize % RECORDS)
    }
}

/// Which order of which symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) slot: u32,
    pub(super) order_id: OrderId,
}

/// A free place, and how many buckets of the window come before it; `None` when it is at home.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vacancy {
    place: OrderRef,
    passed: Option<u32>,
}

/// The table of all orders.
#[derive(Debug)]
pub(super) struct Orders<'s> {
    lines: &'s mut [Line],
    home_bits: u32,
}

impl<'s> Orders<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        lines.fill(Line::filled(NONE));
        for line in lines.iter_mut() {
            line[ELSEWHERE] = 0;
        }
        let records = lines.len() * RECORDS;
        Self {
            lines,
            home_bits: records.ilog2(),
        }
    }

    fn bucket_count(&self) -> u64 {
        self.lines.len() as u64
    }

    /// The bucket that the low bits of the id give.
    fn home(&self, key: Key) -> u32 {
        let id = key.order_id.raw();
        // Upper halves name the matching engine (or good-till-cancel); each counts on its own.
        let spread = ((id >> 32) as u32).wrapping_mul(0x9E37_79B1);
        let low = u64::from((id as u32).wrapping_add(spread)) & ((1 << self.home_bits) - 1);
        ((low * self.bucket_count()) >> self.home_bits) as u32
    }

    /// The bucket where the second window starts.
    fn window(&self, key: Key) -> u32 {
        let mut hash = key.order_id.raw() ^ u64::from(key.slot).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((hash >> 32) * self.bucket_count()) >> 32) as u32
    }

    /// The bucket after this one, around the end.
    fn after(&self, bucket: u32) -> u32 {
        if u64::from(bucket) + 1 == self.bucket_count() {
            0
        } else {
            bucket + 1
        }
    }

    fn line(&self, bucket: u32) -> &Line {
        &self.lines[bucket as usize]
    }

    fn line_mut(&mut self, bucket: u32) -> &mut Line {
        &mut self.lines[bucket as usize]
    }

    fn places(bucket: u32) -> [OrderRef; RECORDS] {
        [OrderRef(bucket * 2), OrderRef(bucket * 2 + 1)]
    }

    /// The record with this key that `is_it` accepts by its level and arrival, if there is one.
    pub(super) fn find(&self, key: Key, is_it: impl Fn(u32, u64) -> bool) -> Option<OrderRef> {
        let in_bucket = |bucket: u32| {
            steps::count();
            Self::places(bucket).into_iter().find(|&place| {
                self.id(place) == key.order_id
                    && self.level(place) != NONE
                    && is_it(self.level(place), self.arrival(place))
            })
        };
        let home = self.home(key);
        if let Some(place) = in_bucket(home) {
            return Some(place);
        }
        if self.line(home)[ELSEWHERE] & 0xFFFF == 0 {
            return None;
        }
        let mut bucket = self.window(key);
        for _ in 0..WINDOW {
            if let Some(place) = in_bucket(bucket) {
                return Some(place);
            }
            if self.line(bucket)[ELSEWHERE] >> 16 == 0 {
                return None;
            }
            bucket = self.after(bucket);
        }
        None
    }

    /// A place where an order with this key may go.
    pub(super) fn vacancy(&self, key: Key) -> Option<Vacancy> {
        let in_bucket = |bucket: u32| {
            steps::count();
            Self::places(bucket)
                .into_iter()
                .find(|&place| self.level(place) == NONE)
        };
        if let Some(place) = in_bucket(self.home(key)) {
            return Some(Vacancy {
                place,
                passed: None,
            });
        }
        let mut bucket = self.window(key);
        for passed in 0..WINDOW {
            if let Some(place) = in_bucket(bucket) {
                return Some(Vacancy {
                    place,
                    passed: Some(passed),
                });
            }
            bucket = self.after(bucket);
        }
        None
    }

    /// Puts an order into a vacancy.
    pub(super) fn insert(
        &mut self,
        key: Key,
        vacancy: Vacancy,
        level: u32,
        qty: Qty,
        arrival: u64,
    ) -> OrderRef {
        if let Some(passed) = vacancy.passed {
            let home = self.home(key);
            add_low(self.line_mut(home));
            let mut bucket = self.window(key);
            for _ in 0..passed {
                add_high(self.line_mut(bucket));
                bucket = self.after(bucket);
            }
        }
        let (place, base) = (vacancy.place, vacancy.place.base());
        let line = &mut self.lines[place.bucket()];
        line.set_long(base + ID, key.order_id.raw());
        line[base + QTY] = qty.raw();
        self.place_in(place, level, arrival);
        place
    }

    /// Frees the place of an order.
    pub(super) fn remove(&mut self, key: Key, place: OrderRef) {
        let bucket = place.bucket() as u32;
        let home = self.home(key);
        if bucket != home {
            sub_low(self.line_mut(home));
            let mut passed = self.window(key);
            while passed != bucket {
                steps::count();
                sub_high(self.line_mut(passed));
                passed = self.after(passed);
            }
        }
        self.lines[place.bucket()][place.base() + LEVEL] = NONE;
    }

    /// Gives an order its level and arrival number.
    pub(super) fn place_in(&mut self, place: OrderRef, level: u32, arrival: u64) {
        let base = place.base();
        let shift = 16 * (place.0 & 1);
        let line = &mut self.lines[place.bucket()];
        line[base + LEVEL] = level;
        line[base + ARRIVAL] = arrival as u32;
        line[ARRIVALS] =
            line[ARRIVALS] & !(0xFFFF << shift) | ((arrival >> 32) as u32 & 0xFFFF) << shift;
    }

    /// Places in use, counted one by one.
    pub(super) fn count(&self) -> u32 {
        let used = |base: usize| {
            self.lines
                .iter()
                .filter(|line| line[base + LEVEL] != NONE)
                .count()
        };
        (used(FIRST) + used(FIRST + STRIDE)) as u32
    }

    fn word(&self, place: OrderRef, word: usize) -> u32 {
        self.lines[place.bucket()][place.base() + word]
    }

    fn set_word(&mut self, place: OrderRef, word: usize, value: u32) {
        self.lines[place.bucket()][place.base() + word] = value;
    }

    pub(super) fn id(&self, place: OrderRef) -> OrderId {
        OrderId::from_raw(self.lines[place.bucket()].long(place.base() + ID))
    }

    pub(super) fn level(&self, place: OrderRef) -> u32 {
        self.word(place, LEVEL)
    }

    pub(super) fn qty(&self, place: OrderRef) -> Qty {
        Qty::from_raw(self.word(place, QTY))
    }

    pub(super) fn set_qty(&mut self, place: OrderRef, qty: Qty) {
        self.set_word(place, QTY, qty.raw());
    }

    /// What a void order tells instead of its shares.
    pub(super) fn word_of_void(&self, place: OrderRef) -> u32 {
        self.word(place, QTY)
    }

    pub(super) fn set_word_of_void(&mut self, place: OrderRef, value: u32) {
        self.set_word(place, QTY, value);
    }

    /// The number of the order in the sequence of all that ever joined a queue, 48 bits.
    pub(super) fn arrival(&self, place: OrderRef) -> u64 {
        let line = &self.lines[place.bucket()];
        let high = line[ARRIVALS] >> (16 * (place.0 & 1)) & 0xFFFF;
        u64::from(line[place.base() + ARRIVAL]) | u64::from(high) << 32
    }

    pub(super) fn previous(&self, place: OrderRef) -> OrderRef {
        OrderRef(self.word(place, PREVIOUS))
    }

    pub(super) fn next(&self, place: OrderRef) -> OrderRef {
        OrderRef(self.word(place, NEXT))
    }

    pub(super) fn set_previous(&mut self, place: OrderRef, other: OrderRef) {
        self.set_word(place, PREVIOUS, other.0);
    }

    pub(super) fn set_next(&mut self, place: OrderRef, other: OrderRef) {
        self.set_word(place, NEXT, other.0);
    }
}

/// Counts one more in the low half; at its maximum it stays for good.
fn add_low(line: &mut Line) {
    if line[ELSEWHERE] & 0xFFFF != 0xFFFF {
        line[ELSEWHERE] += 1;
    }
}

/// Counts one less in the low half.
fn sub_low(line: &mut Line) {
    if line[ELSEWHERE] & 0xFFFF != 0xFFFF {
        line[ELSEWHERE] -= 1;
    }
}

/// Counts one more in the high half; at its maximum it stays for good.
fn add_high(line: &mut Line) {
    if line[ELSEWHERE] >> 16 != 0xFFFF {
        line[ELSEWHERE] += 1 << 16;
    }
}

/// Counts one less in the high half.
fn sub_high(line: &mut Line) {
    if line[ELSEWHERE] >> 16 != 0xFFFF {
        line[ELSEWHERE] -= 1 << 16;
    }
}
