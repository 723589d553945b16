//! Orders: an open-addressing table that holds the order records themselves.
//!
//! A bucket is one line with two records. The home bucket of an order is given by its id modulo the
//! number of buckets, so that young orders, whose ids the venue counts upwards, are neighbours in
//! memory and do not crowd each other. An order whose home is full goes to the neighbour of its home,
//! or else to one of the buckets that a mixing hash of symbol and id gives. Records never move, and no
//! search visits more than `1 + DETOURS` buckets: counters say whether going on is worth while.

use core::num::NonZeroU32;

use super::memory::{long, set_long};
use super::records::{NEXT, PREV, Record, Records};
use super::refs::{Bucket, LevelRef, OrderRef, PER_LINE, RecordRef};
use super::slot::SymbolSlot;
use super::steps;
use crate::units::{OrderId, Qty};

/// Buckets besides its home where an order may be.
pub(super) const DETOURS: u32 = 64;

/// Words of a record, besides its links.
const ID: usize = 0;
const QTY: usize = 2;
/// The level that the order rests in; [`LevelRef::NONE`] where no order is.
const LEVEL: usize = 3;
const ARRIVAL: usize = 6;
/// Of the first record of a bucket: orders at home here that are stored elsewhere. Of the second:
/// orders that passed this bucket on their detour because it was full.
const COUNT: usize = 7;

/// Buckets for that many orders: a full table is 53 % full. An even number, so that each has its
/// neighbour.
pub(super) const fn buckets(orders: u32) -> NonZeroU32 {
    let buckets = (orders - orders / 16 + 2) & !1;
    NonZeroU32::new(buckets).expect("there are always two")
}

/// Which order of which symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) slot: SymbolSlot,
    pub(super) order_id: OrderId,
    /// The bucket that the order goes to if that is not full.
    pub(super) home: Bucket,
}

/// An order that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) order: OrderRef,
    pub(super) level: LevelRef,
    /// Whether it is in its home bucket.
    pub(super) at_home: bool,
}

/// A free record, and how many buckets were passed on the detour to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vacancy {
    order: OrderRef,
    /// `None` at home.
    passed: Option<u32>,
}

/// The buckets that an order may be in when its home is full, without end.
struct Detour {
    neighbour: Option<Bucket>,
    hash: u64,
    buckets: u64,
}

impl Iterator for Detour {
    type Item = Bucket;

    fn next(&mut self) -> Option<Bucket> {
        self.neighbour.take().or_else(|| {
            self.hash = (self.hash ^ (self.hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let number = ((self.hash >> 32) * self.buckets) >> 32;
            Some(Bucket::from_raw(number as u32))
        })
    }
}

impl Records<'_> {
    #[inline(always)]
    pub(super) fn id(&self, order: OrderRef) -> OrderId {
        OrderId::from_raw(long(self.at(order.record()), ID))
    }

    #[inline(always)]
    pub(super) fn qty(&self, order: OrderRef) -> Qty {
        Qty::from_raw(self.at(order.record())[QTY])
    }

    /// Changes the shares of an order; returns those before.
    #[inline(always)]
    pub(super) fn set_qty(&mut self, order: OrderRef, qty: Qty) -> Qty {
        Qty::from_raw(core::mem::replace(
            &mut self.at_mut(order.record())[QTY],
            qty.raw(),
        ))
    }

    /// The level that an order rests in.
    #[inline(always)]
    pub(super) fn level(&self, order: OrderRef) -> LevelRef {
        LevelRef::from_raw(self.at(order.record())[LEVEL])
    }

    /// The number of the order in the sequence of all that joined a queue of the symbol, modulo
    /// 2^32; far fewer join while an order rests.
    #[inline(always)]
    pub(super) fn arrival(&self, order: OrderRef) -> u32 {
        self.at(order.record())[ARRIVAL]
    }

    /// Writes what is known of an order that joins a queue; its id only if it is new here.
    #[inline(always)]
    pub(super) fn write(
        &mut self,
        order: OrderRef,
        new_id: Option<OrderId>,
        level: LevelRef,
        qty: Qty,
        arrival: u32,
    ) {
        let record = self.at_mut(order.record());
        if let Some(id) = new_id {
            set_long(record, ID, id.raw());
        }
        record[QTY] = qty.raw();
        record[LEVEL] = level.raw();
        record[ARRIVAL] = arrival;
    }

    /// Makes the record of an order free; returns the shares that it had.
    #[inline(always)]
    pub(super) fn vacate(&mut self, order: OrderRef) -> Qty {
        let record = self.at_mut(order.record());
        record[LEVEL] = LevelRef::NONE.raw();
        Qty::from_raw(record[QTY])
    }

    /// Loads a bucket.
    #[inline(always)]
    pub(super) fn load_bucket(&self, bucket: Bucket) -> u32 {
        self.bucket(bucket)[0][0]
    }

    /// Loads the level of an order and the orders before and after it, if it is at home.
    #[inline(always)]
    pub(super) fn load_around(&self, home: Bucket, order_id: OrderId) -> u32 {
        let bucket = self.bucket(home);
        let record = &bucket[usize::from(long(&bucket[0], ID) != order_id.raw())];
        let word = |at| {
            self.get(RecordRef::from_raw(at))
                .map_or(0, |record| record[0])
        };
        word(record[LEVEL]) ^ word(record[PREV]) ^ word(record[NEXT])
    }
}

#[inline(always)]
fn is_free(record: &Record) -> bool {
    record[LEVEL] == LevelRef::NONE.raw()
}

/// The table of all orders, which are the first of the records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orders {
    buckets: NonZeroU32,
}

impl Orders {
    /// An empty table of that many buckets.
    pub(super) fn new(records: &mut Records<'_>, buckets: NonZeroU32) -> Self {
        for order in 0..buckets.get() * PER_LINE {
            records.at_mut(RecordRef::from_raw(order))[LEVEL] = LevelRef::NONE.raw();
        }
        Self { buckets }
    }

    /// The bucket that an order goes to if that is not full.
    #[inline(always)]
    pub(super) fn home(&self, order_id: OrderId) -> Bucket {
        let id = order_id.raw();
        // Upper halves name the matching engine (or good-till-cancel); each counts on its own.
        let spread = ((id >> 32) as u32).wrapping_mul(0x9E37_79B1);
        Bucket::from_raw((id as u32).wrapping_add(spread) % self.buckets)
    }

    /// What an order is looked for by.
    #[inline(always)]
    pub(super) fn key(&self, slot: SymbolSlot, order_id: OrderId) -> Key {
        Key {
            slot,
            order_id,
            home: self.home(order_id),
        }
    }

    /// The buckets after the home.
    fn detour(&self, key: Key) -> Detour {
        let hash = key.order_id.raw() ^ key.slot.spread();
        Detour {
            neighbour: Some(key.home.neighbour()),
            hash,
            buckets: u64::from(self.buckets.get()),
        }
    }

    /// The order with this key, if there is one.
    #[inline(always)]
    pub(super) fn find(&self, records: &Records<'_>, key: Key) -> Option<Found> {
        steps::count();
        let bucket = records.bucket(key.home);
        // Chosen by a number, since a branch on it would be guessed wrong half of the time.
        let which = usize::from(long(&bucket[0], ID) != key.order_id.raw());
        let record = &bucket[which];
        if long(record, ID) == key.order_id.raw() {
            let level = LevelRef::from_raw(record[LEVEL]);
            if records.is_level_of(level, key.slot) {
                return Some(Found {
                    order: key.home.order(which),
                    level,
                    at_home: true,
                });
            }
        } else if bucket[0][COUNT] == 0 {
            return None;
        }
        self.find_anywhere(records, key)
    }

    /// Looks again, at every record where the order may be.
    #[cold]
    fn find_anywhere(&self, records: &Records<'_>, key: Key) -> Option<Found> {
        if let Some(found) = find_in(records, key.home, key) {
            return Some(Found {
                at_home: true,
                ..found
            });
        }
        if elsewhere(records, key.home) == 0 {
            return None;
        }
        for bucket in self.detour(key).take(DETOURS as usize) {
            let found = find_in(records, bucket, key);
            if found.is_some() || passed(records, bucket) == 0 {
                return found;
            }
        }
        None
    }

    /// A free record that an order with this key may take.
    #[inline(always)]
    pub(super) fn vacancy(&self, records: &Records<'_>, key: Key) -> Option<Vacancy> {
        if let Some(order) = vacancy_in(records, key.home) {
            return Some(Vacancy {
                order,
                passed: None,
            });
        }
        self.vacancy_elsewhere(records, key)
    }

    #[cold]
    fn vacancy_elsewhere(&self, records: &Records<'_>, key: Key) -> Option<Vacancy> {
        (0..DETOURS)
            .zip(self.detour(key))
            .find_map(|(passed, bucket)| {
                let order = vacancy_in(records, bucket)?;
                Some(Vacancy {
                    order,
                    passed: Some(passed),
                })
            })
    }

    /// Makes a vacancy the record of an order, which is to be written next.
    #[inline(always)]
    pub(super) fn claim(&self, records: &mut Records<'_>, key: Key, vacancy: Vacancy) -> OrderRef {
        if let Some(passed) = vacancy.passed {
            self.count_detour(records, key, passed);
        }
        vacancy.order
    }

    #[cold]
    fn count_detour(&self, records: &mut Records<'_>, key: Key, passed: u32) {
        let elsewhere = elsewhere_mut(records, key.home);
        *elsewhere = elsewhere.wrapping_add(1);
        for bucket in self.detour(key).take(passed as usize) {
            steps::count();
            let passed = passed_mut(records, bucket);
            *passed = passed.wrapping_add(1);
        }
    }

    /// Notes that an order, which was found and has left its level, left its record as well.
    #[inline(always)]
    pub(super) fn release(&self, records: &mut Records<'_>, key: Key, found: Found) {
        if !found.at_home {
            self.uncount_detour(records, key, found.order.bucket());
        }
    }

    /// Notes that an order of this symbol, which has left its level, left its record as well.
    pub(super) fn free(&self, records: &mut Records<'_>, slot: SymbolSlot, order: OrderRef) {
        let key = self.key(slot, records.id(order));
        let found = Found {
            order,
            level: LevelRef::NONE,
            at_home: order.bucket() == key.home,
        };
        self.release(records, key, found);
    }

    #[cold]
    fn uncount_detour(&self, records: &mut Records<'_>, key: Key, end: Bucket) {
        let elsewhere = elsewhere_mut(records, key.home);
        *elsewhere = elsewhere.wrapping_sub(1);
        let detour = self.detour(key).take(DETOURS as usize);
        for bucket in detour.take_while(|&bucket| bucket != end) {
            steps::count();
            let passed = passed_mut(records, bucket);
            *passed = passed.wrapping_sub(1);
        }
    }

    /// Records in use, counted one by one.
    pub(super) fn count(&self, records: &Records<'_>) -> u32 {
        (0..self.buckets.get())
            .flat_map(|number| records.bucket(Bucket::from_raw(number)))
            .filter(|record| !is_free(record))
            .count() as u32
    }
}

/// Looks at both records of a bucket.
fn find_in(records: &Records<'_>, bucket: Bucket, key: Key) -> Option<Found> {
    steps::count();
    [bucket.order(0), bucket.order(1)]
        .into_iter()
        .find(|&order| {
            records.id(order) == key.order_id && records.is_level_of(records.level(order), key.slot)
        })
        .map(|order| Found {
            order,
            level: records.level(order),
            at_home: false,
        })
}

/// A free record of a bucket.
#[inline(always)]
fn vacancy_in(records: &Records<'_>, bucket: Bucket) -> Option<OrderRef> {
    steps::count();
    let pair = records.bucket(bucket);
    let which = usize::from(!is_free(&pair[0]));
    is_free(&pair[which]).then(|| bucket.order(which))
}

/// Orders at home in a bucket that are stored elsewhere.
fn elsewhere(records: &Records<'_>, bucket: Bucket) -> u32 {
    records.at(bucket.order(0).record())[COUNT]
}

fn elsewhere_mut<'a>(records: &'a mut Records<'_>, bucket: Bucket) -> &'a mut u32 {
    &mut records.at_mut(bucket.order(0).record())[COUNT]
}

/// Orders that passed a bucket on their detour because it was full.
fn passed(records: &Records<'_>, bucket: Bucket) -> u32 {
    records.at(bucket.order(1).record())[COUNT]
}

fn passed_mut<'a>(records: &'a mut Records<'_>, bucket: Bucket) -> &'a mut u32 {
    &mut records.at_mut(bucket.order(1).record())[COUNT]
}

impl Records<'_> {
    /// The lowest bit of the shares of an order, counted from the first record.
    pub(super) fn bit_of_qty(&self, order: OrderRef) -> u64 {
        let word = order.record().number() * super::records::WORDS + QTY;
        word as u64 * 32
    }
}
