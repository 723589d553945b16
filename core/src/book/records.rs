//! Records: the half lines in which orders and levels lie.
//!
//! Both are in one array, so that links may lead from either to either.

use super::memory::Line;
use super::refs::{Bucket, PER_LINE, RecordRef};

/// Words of a record.
pub(super) const WORDS: usize = 8;

/// The links of a ring, which every record has.
pub(super) const PREV: usize = 4;
pub(super) const NEXT: usize = 5;

/// The words of an order or a level.
pub(super) type Record = [u32; WORDS];

/// All orders and levels.
#[derive(Debug)]
pub(super) struct Records<'s> {
    records: &'s mut [Record],
}

impl<'s> Records<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        let (records, _) = lines.as_flattened_mut().as_chunks_mut();
        let mut records = Self { records };
        records.reset();
        records
    }

    /// Makes every record empty.
    pub(super) fn reset(&mut self) {
        self.records.fill([0; WORDS]);
    }

    /// The records as they were left.
    pub(super) fn resume(lines: &'s mut [Line]) -> Self {
        let (records, _) = lines.as_flattened_mut().as_chunks_mut();
        Self { records }
    }

    /// The same records, by a reference of their own: the compiler sees that no store to a record changes
    /// it, and need not look up after each where they lie.
    #[inline(always)]
    pub(super) fn held(&mut self) -> Records<'_> {
        Records {
            records: self.records,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        self.records.len() as u32
    }

    #[inline(always)]
    pub(super) fn get(&self, record: RecordRef) -> Option<&Record> {
        self.records.get(record.number())
    }

    /// The two records of a bucket.
    #[inline(always)]
    pub(super) fn bucket(&self, bucket: Bucket) -> &[Record; PER_LINE as usize] {
        let (lines, _) = self.records.as_chunks();
        &lines[bucket.number()]
    }

    #[inline(always)]
    pub(super) fn at(&self, record: RecordRef) -> &Record {
        &self.records[record.number()]
    }

    #[inline(always)]
    pub(super) fn at_mut(&mut self, record: RecordRef) -> &mut Record {
        &mut self.records[record.number()]
    }

    /// All words.
    pub(super) fn words(&mut self) -> &mut [u32] {
        self.records.as_flattened_mut()
    }
}
