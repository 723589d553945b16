//! References: which record is meant, and whether as an order or as a level.

use super::memory::NONE;

/// Records in a line, and so in a bucket.
pub(super) const PER_LINE: u32 = 2;

/// A record, whatever it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct RecordRef(u32);

impl RecordRef {
    #[inline(always)]
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    #[inline(always)]
    pub(super) const fn raw(self) -> u32 {
        self.0
    }

    /// To index with.
    #[inline(always)]
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// The record of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct OrderRef(RecordRef);

impl OrderRef {
    #[inline(always)]
    pub(super) const fn from_record(record: RecordRef) -> Self {
        Self(record)
    }

    #[inline(always)]
    pub(super) const fn record(self) -> RecordRef {
        self.0
    }

    /// The bucket that it lies in.
    #[inline(always)]
    pub(super) const fn bucket(self) -> Bucket {
        Bucket(self.0.0 / PER_LINE)
    }
}

/// The record of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct LevelRef(RecordRef);

impl LevelRef {
    /// No level: the end of a chain, or where an order does not rest.
    pub(super) const NONE: Self = Self(RecordRef(NONE));

    #[inline(always)]
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(RecordRef(raw))
    }

    #[inline(always)]
    pub(super) const fn raw(self) -> u32 {
        self.0.0
    }

    #[inline(always)]
    pub(super) const fn record(self) -> RecordRef {
        self.0
    }

    /// The level, if it is one.
    #[inline(always)]
    pub(super) fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// A bucket: the line of two records that orders are looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Bucket(u32);

impl Bucket {
    pub(super) const FIRST: Self = Self(0);

    #[inline(always)]
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// To index with.
    #[inline(always)]
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// The one beside it, in the same pair of lines.
    #[inline(always)]
    pub(super) const fn neighbour(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// One of its two records.
    #[inline(always)]
    pub(super) const fn order(self, which: usize) -> OrderRef {
        OrderRef(RecordRef(self.0 * PER_LINE + which as u32))
    }
}
