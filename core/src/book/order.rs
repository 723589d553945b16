//! Orders: an open-addressing table that holds the order records themselves.
//!
//! A bucket is one line with three records. The home bucket of an order is given by the low bits of
//! its id, so that young orders, whose ids the venue counts upwards, are neighbours in memory. An
//! order whose home is full goes to one of [`DETOURS`] buckets that a mixing hash of symbol and id
//! gives. Records never move, and no search visits more than `1 + DETOURS` buckets: counters in the
//! buckets say whether going on is worth while.

use super::memory::{Line, NONE, WORDS};
use super::steps;
use crate::units::{OrderId, Qty};

/// Records in a bucket.
const RECORDS: usize = 3;
/// Buckets besides its home where an order may be.
pub(super) const DETOURS: u32 = 64;

/// Word of a bucket: orders at home here that are stored elsewhere (low half), and orders that
/// passed this bucket on their detour because it was full (high half). A half that reaches its
/// maximum stays there, which costs searches but loses nothing.
const ELSEWHERE: usize = 0;
/// First word of the records, and words of each.
const FIRST: usize = 1;
const STRIDE: usize = 5;

/// Words of a record, from its first.
const ID: usize = 0;
const SEAT: usize = 2;
const QTY: usize = 3;
const ARRIVAL: usize = 4;

/// Buckets for that many orders: five for eight orders, so that a full table is 53 % full.
pub(super) const fn buckets(orders: u32) -> u32 {
    orders / 8 * 5 + orders % 8 + 1
}

/// A place for a record: its bucket times [`WORDS`], plus its first word there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrderRef(u32);

impl OrderRef {
    #[inline(always)]
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    #[inline(always)]
    pub(super) const fn raw(self) -> u32 {
        self.0
    }

    #[inline(always)]
    fn new(bucket: u32, record: u32) -> Self {
        Self(bucket * WORDS as u32 + FIRST as u32 + STRIDE as u32 * record)
    }

    #[inline(always)]
    fn bucket(self) -> u32 {
        self.0 / WORDS as u32
    }

    /// First word of the record.
    #[inline(always)]
    fn base(self) -> usize {
        self.0 as usize % WORDS
    }
}

/// Where an order sits: in a level, or in an annex of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat(u32);

impl Seat {
    /// Of no order.
    const EMPTY: Self = Self(NONE);
    const ANNEX: u32 = 1 << 31;

    #[inline(always)]
    pub(super) fn in_level(level: u32) -> Self {
        Self(level)
    }

    #[inline(always)]
    pub(super) fn in_annex(annex: u32) -> Self {
        Self(annex | Self::ANNEX)
    }

    /// The level, or else the annex.
    #[inline(always)]
    pub(super) fn level(self) -> Result<u32, u32> {
        if self.0 & Self::ANNEX == 0 {
            Ok(self.0)
        } else {
            Err(self.0 & !Self::ANNEX)
        }
    }
}

/// Which order of which symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) slot: u32,
    pub(super) order_id: OrderId,
}

/// An order that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) place: OrderRef,
    pub(super) level: u32,
    /// Whether it is in its home bucket.
    pub(super) at_home: bool,
}

/// A free place, and how many buckets were passed on the detour to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vacancy {
    place: OrderRef,
    /// `None` at home.
    passed: Option<u32>,
}

/// The buckets that an order may be in when its home is full, without end.
struct Detour {
    hash: u64,
    buckets: u64,
}

impl Iterator for Detour {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.hash = (self.hash ^ (self.hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        Some((((self.hash >> 32) * self.buckets) >> 32) as u32)
    }
}

/// The table of all orders.
#[derive(Debug)]
pub(super) struct Orders<'s> {
    lines: &'s mut [Line],
    /// The home is given by the low bits of the id.
    home_bits: u32,
    home_mask: u32,
}

impl<'s> Orders<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        lines.fill(Line::filled(NONE));
        for line in lines.iter_mut() {
            line[ELSEWHERE] = 0;
        }
        // Between one and two ids that follow each other share a home, so that there is room
        // for older orders.
        let home_bits = (2 * lines.len()).ilog2();
        let home_mask = ((1u64 << home_bits) - 1) as u32;
        Self {
            lines,
            home_bits,
            home_mask,
        }
    }

    /// The bucket that the low bits of the id give.
    #[inline(always)]
    fn home(&self, key: Key) -> u32 {
        let id = key.order_id.raw();
        // Upper halves name the matching engine (or good-till-cancel); each counts on its own.
        let spread = ((id >> 32) as u32).wrapping_mul(0x9E37_79B1);
        let low = (id as u32).wrapping_add(spread) & self.home_mask;
        ((u64::from(low) * self.lines.len() as u64) >> self.home_bits) as u32
    }

    /// The buckets after the home.
    fn detour(&self, key: Key) -> Detour {
        let hash = key.order_id.raw() ^ u64::from(key.slot + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Detour {
            hash,
            buckets: self.lines.len() as u64,
        }
    }

    #[inline(always)]
    fn line(&self, bucket: u32) -> &Line {
        &self.lines[bucket as usize]
    }

    #[inline(always)]
    fn line_mut(&mut self, bucket: u32) -> &mut Line {
        &mut self.lines[bucket as usize]
    }

    /// The record with this id in a bucket, and its level if `level_of` finds it for the seat.
    #[inline(always)]
    fn find_in(
        &self,
        bucket: u32,
        order_id: OrderId,
        level_of: &impl Fn(Seat) -> Option<u32>,
    ) -> Option<(OrderRef, u32)> {
        steps::count();
        let line = self.line(bucket);
        let mut matches = 0u32;
        for record in 0..RECORDS {
            let same = line.long(FIRST + STRIDE * record + ID) == order_id.raw();
            matches |= u32::from(same) << record;
        }
        while matches != 0 {
            let place = OrderRef::new(bucket, matches.trailing_zeros());
            let seat = Seat(line[place.base() + SEAT]);
            if seat != Seat::EMPTY
                && let Some(level) = level_of(seat)
            {
                return Some((place, level));
            }
            matches &= matches - 1;
        }
        None
    }

    /// The order with this key, if there is one; `level_of` tells the level of a seat, or that it
    /// belongs to another symbol.
    #[inline(always)]
    pub(super) fn find(&self, key: Key, level_of: impl Fn(Seat) -> Option<u32>) -> Option<Found> {
        let home = self.home(key);
        if let Some((place, level)) = self.find_in(home, key.order_id, &level_of) {
            return Some(Found {
                place,
                level,
                at_home: true,
            });
        }
        if self.line(home)[ELSEWHERE] & 0xFFFF == 0 {
            return None;
        }
        self.find_elsewhere(key, &level_of)
    }

    #[cold]
    fn find_elsewhere(&self, key: Key, level_of: &impl Fn(Seat) -> Option<u32>) -> Option<Found> {
        for bucket in self.detour(key).take(DETOURS as usize) {
            if let Some((place, level)) = self.find_in(bucket, key.order_id, level_of) {
                return Some(Found {
                    place,
                    level,
                    at_home: false,
                });
            }
            if self.line(bucket)[ELSEWHERE] >> 16 == 0 {
                break;
            }
        }
        None
    }

    /// A free place in a bucket.
    #[inline(always)]
    fn vacancy_in(&self, bucket: u32) -> Option<OrderRef> {
        steps::count();
        let line = self.line(bucket);
        let mut free = 0u32;
        for record in 0..RECORDS {
            free |= u32::from(line[FIRST + STRIDE * record + SEAT] == NONE) << record;
        }
        (free != 0).then(|| OrderRef::new(bucket, free.trailing_zeros()))
    }

    /// A place where an order with this key may go.
    #[inline(always)]
    pub(super) fn vacancy(&self, key: Key) -> Option<Vacancy> {
        if let Some(place) = self.vacancy_in(self.home(key)) {
            return Some(Vacancy {
                place,
                passed: None,
            });
        }
        self.vacancy_elsewhere(key)
    }

    #[cold]
    fn vacancy_elsewhere(&self, key: Key) -> Option<Vacancy> {
        (0..DETOURS)
            .zip(self.detour(key))
            .find_map(|(passed, bucket)| {
                let place = self.vacancy_in(bucket)?;
                Some(Vacancy {
                    place,
                    passed: Some(passed),
                })
            })
    }

    /// Makes a vacancy the place of an order, which is to be written next.
    #[inline(always)]
    pub(super) fn claim(&mut self, key: Key, vacancy: Vacancy) -> OrderRef {
        if let Some(passed) = vacancy.passed {
            self.count_detour(key, passed);
        }
        vacancy.place
    }

    #[cold]
    fn count_detour(&mut self, key: Key, passed: u32) {
        let home = self.home(key);
        add_low(self.line_mut(home));
        for bucket in self.detour(key).take(passed as usize) {
            steps::count();
            add_high(self.line_mut(bucket));
        }
    }

    /// Frees the place of an order that was found.
    #[inline(always)]
    pub(super) fn release(&mut self, key: Key, found: Found) {
        if !found.at_home {
            self.uncount_detour(key, found.place.bucket());
        }
        self.set_seat(found.place, Seat::EMPTY);
    }

    /// Frees the place of an order of this symbol.
    pub(super) fn free(&mut self, slot: u32, place: OrderRef) {
        let key = Key {
            slot,
            order_id: self.id(place),
        };
        if place.bucket() != self.home(key) {
            self.uncount_detour(key, place.bucket());
        }
        self.set_seat(place, Seat::EMPTY);
    }

    #[cold]
    fn uncount_detour(&mut self, key: Key, end: u32) {
        let home = self.home(key);
        sub_low(self.line_mut(home));
        for bucket in self.detour(key).take_while(|&bucket| bucket != end) {
            steps::count();
            sub_high(self.line_mut(bucket));
        }
    }

    /// Writes what is known of an order that joins a queue; its id only if it is new here.
    #[inline(always)]
    pub(super) fn write(
        &mut self,
        place: OrderRef,
        new_id: Option<OrderId>,
        seat: Seat,
        qty: Qty,
        arrival: u32,
    ) {
        let base = place.base();
        let line = self.line_mut(place.bucket());
        if let Some(id) = new_id {
            line.set_long(base + ID, id.raw());
        }
        line[base + SEAT] = seat.0;
        line[base + QTY] = qty.raw();
        line[base + ARRIVAL] = arrival;
    }

    /// Seats an order elsewhere in its queue.
    #[inline(always)]
    pub(super) fn set_seat(&mut self, place: OrderRef, seat: Seat) {
        self.line_mut(place.bucket())[place.base() + SEAT] = seat.0;
    }

    #[inline(always)]
    fn word(&self, place: OrderRef, word: usize) -> u32 {
        self.line(place.bucket())[place.base() + word]
    }

    #[inline(always)]
    pub(super) fn id(&self, place: OrderRef) -> OrderId {
        OrderId::from_raw(self.line(place.bucket()).long(place.base() + ID))
    }

    #[inline(always)]
    pub(super) fn seat(&self, place: OrderRef) -> Seat {
        Seat(self.word(place, SEAT))
    }

    #[inline(always)]
    pub(super) fn qty(&self, place: OrderRef) -> Qty {
        Qty::from_raw(self.word(place, QTY))
    }

    /// Changes the shares of an order; returns those before.
    #[inline(always)]
    pub(super) fn set_qty(&mut self, place: OrderRef, qty: Qty) -> Qty {
        let word = &mut self.line_mut(place.bucket())[place.base() + QTY];
        Qty::from_raw(core::mem::replace(word, qty.raw()))
    }

    /// The number of the order in the sequence of all that joined a queue of the symbol, modulo
    /// 2^32; far fewer join while an order rests.
    #[inline(always)]
    pub(super) fn arrival(&self, place: OrderRef) -> u32 {
        self.word(place, ARRIVAL)
    }

    /// Places in use, counted one by one.
    pub(super) fn count(&self) -> u32 {
        let seats = |line: &Line| [0, 1, 2].map(|record| line[FIRST + STRIDE * record + SEAT]);
        self.lines
            .iter()
            .flat_map(seats)
            .filter(|&seat| seat != NONE)
            .count() as u32
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
