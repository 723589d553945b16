//! The resting orders: fixed slots, found by id.

#![expect(
    clippy::indexing_slicing,
    reason = "slots come from the pool itself and are below its capacity; check_invariants proves it"
)]

use crate::units::Side;

/// No slot: the end of a queue, a chain or the free list.
pub(super) const NONE: u32 = u32::MAX;

/// The storage of one order of a [`Matcher`](super::Matcher).
///
/// Slot `i` also holds the head of bucket `i` of the id index, which belongs to other orders.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OrderSlot {
    pub(super) id: u64,
    pub(super) price: u32,
    /// Zero marks a free slot: no order rests with nothing.
    pub(super) qty: u32,
    /// The order behind in the queue, or the next free slot.
    pub(super) behind: u32,
    /// The order ahead in the queue.
    pub(super) ahead: u32,
    /// The first order of the bucket with this slot's number.
    bucket: u32,
    /// The next order of the bucket that this order is in.
    chain: u32,
    pub(super) side: Side,
}

impl OrderSlot {
    /// A record to fill storage with.
    pub const EMPTY: Self = Self {
        id: 0,
        price: 0,
        qty: 0,
        behind: NONE,
        ahead: NONE,
        bucket: NONE,
        chain: NONE,
        side: Side::Bid,
    };
}

/// Slots for orders with an index by id: buckets of chained slots, as many as there are slots.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct OrderPool<O> {
    records: O,
    /// Slots from here on were never used, so that start-up does not have to link them.
    fresh: u32,
    /// The first slot that was used and freed.
    free: u32,
    live: u32,
}

impl<O> OrderPool<O> {
    /// A pool over storage that is all [`OrderSlot::EMPTY`].
    pub(super) const fn over_empty(records: O) -> Self {
        Self {
            records,
            fresh: 0,
            free: NONE,
            live: 0,
        }
    }
}

impl<O: AsRef<[OrderSlot]> + AsMut<[OrderSlot]>> OrderPool<O> {
    pub(super) fn clear(&mut self) {
        self.records.as_mut().fill(OrderSlot::EMPTY);
        (self.fresh, self.free, self.live) = (0, NONE, 0);
    }

    pub(super) fn live(&self) -> usize {
        self.live as usize
    }

    /// How many orders fit; links are 32 bits wide, so slots beyond those stay unused.
    pub(super) fn capacity(&self) -> usize {
        self.records.as_ref().len().min(NONE as usize)
    }

    pub(super) fn get(&self, slot: u32) -> &OrderSlot {
        &self.records.as_ref()[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut OrderSlot {
        &mut self.records.as_mut()[slot as usize]
    }

    pub(super) fn find(&self, id: u64) -> Option<u32> {
        let records = self.records.as_ref();
        let mut slot = records.get(self.bucket_of(id))?.bucket;
        while slot != NONE {
            let record = &records[slot as usize];
            if record.id == id {
                return Some(slot);
            }
            slot = record.chain;
        }
        None
    }

    pub(super) fn has_room(&self) -> bool {
        self.live() < self.capacity()
    }

    /// Stores an order that is in no queue yet; `None` when every slot is taken.
    pub(super) fn insert(&mut self, id: u64, side: Side, price: u32, qty: u32) -> Option<u32> {
        debug_assert!(
            qty > 0,
            "an order of no shares cannot be told from a free slot"
        );
        if !self.has_room() {
            return None;
        }
        let slot = if self.free == NONE {
            self.fresh += 1;
            self.fresh - 1
        } else {
            let slot = self.free;
            self.free = self.get(slot).behind;
            slot
        };
        let bucket = self.bucket_of(id);
        let records = self.records.as_mut();
        let chain = core::mem::replace(&mut records[bucket].bucket, slot);
        let kept_bucket = records[slot as usize].bucket;
        records[slot as usize] = OrderSlot {
            id,
            price,
            qty,
            behind: NONE,
            ahead: NONE,
            bucket: kept_bucket,
            chain,
            side,
        };
        self.live += 1;
        Some(slot)
    }

    /// Frees the slot of an order that is in no queue any more.
    pub(super) fn remove(&mut self, slot: u32) {
        let OrderSlot { id, chain, .. } = *self.get(slot);
        let bucket = self.bucket_of(id);
        let free = self.free;
        let records = self.records.as_mut();
        if records[bucket].bucket == slot {
            records[bucket].bucket = chain;
        } else {
            let mut before = records[bucket].bucket;
            while records[before as usize].chain != slot {
                before = records[before as usize].chain;
            }
            records[before as usize].chain = chain;
        }
        let record = &mut records[slot as usize];
        record.qty = 0;
        record.behind = free;
        self.free = slot;
        self.live -= 1;
    }

    /// The bucket of an id: the high half of a product with 2^64/φ spreads ids that count upwards
    /// evenly over any number of buckets. Zero when there are none.
    fn bucket_of(&self, id: u64) -> usize {
        let spread = u128::from(id.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let buckets = self.capacity() as u128;
        usize::try_from((spread * buckets) >> 64).unwrap_or(0)
    }

    /// Panics unless every live order is found by its id and every slot is live, free or fresh.
    pub(super) fn check_invariants(&self) {
        let mut live = 0;
        for (slot, record) in self.records.as_ref().iter().enumerate() {
            if record.qty > 0 {
                live += 1;
                let found = self.find(record.id).map(|slot| slot as usize);
                assert_eq!(
                    found,
                    Some(slot),
                    "order {} is not found by its id",
                    record.id
                );
            }
        }
        assert_eq!(self.live(), live, "the count of live orders is wrong");
        let mut free = 0;
        let mut slot = self.free;
        while slot != NONE {
            assert!(
                slot < self.fresh,
                "a slot that was never used is in the free list"
            );
            assert_eq!(self.get(slot).qty, 0, "a free slot holds an order");
            free += 1;
            assert!(free <= self.capacity(), "the free list runs in a circle");
            slot = self.get(slot).behind;
        }
        assert_eq!(
            self.fresh as usize,
            live + free,
            "a used slot is neither live nor free"
        );
    }
}
