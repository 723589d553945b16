//! The parts of the memory, one a structure.

use super::capacity::Capacity;
use super::memory::{Line, WORDS};

/// The memory handed in does not suffice for the capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MemoryTooSmall {
    /// Words that the capacity needs.
    pub needed: usize,
    /// Words handed in.
    pub got: usize,
}

impl core::fmt::Display for MemoryTooSmall {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { needed, got } = self;
        write!(f, "the books need {needed} words of memory, got {got}")
    }
}

impl core::error::Error for MemoryTooSmall {}

/// The parts of the memory, one a structure.
#[derive(Debug)]
pub(super) struct Regions<'s> {
    /// Slots of the symbol index.
    pub(super) index: &'s mut [Line],
    /// The venue's numbers of the symbols.
    pub(super) names: &'s mut [Line],
    /// Symbol records.
    pub(super) symbols: &'s mut [Line],
    /// What the symbols traded.
    pub(super) tapes: &'s mut [Line],
    /// Order buckets, then levels.
    pub(super) records: &'s mut [Line],
    /// Ladder nodes.
    pub(super) ladders: &'s mut [Line],
}

/// Words before the first one that begins a cache line; the capacity allows for them.
pub(super) fn words_before(words: &[u32]) -> usize {
    let before = words.as_ptr().align_offset(size_of::<Line>());
    before.min(WORDS - 1)
}

impl<'s> Regions<'s> {
    /// Cuts the memory into parts.
    pub(super) fn cut(capacity: Capacity, words: &'s mut [u32]) -> Result<Self, MemoryTooSmall> {
        let (needed, got) = (capacity.words(), words.len());
        let too_small = MemoryTooSmall { needed, got };
        if got < needed {
            return Err(too_small);
        }
        let before = words_before(words);
        let (lines, _) = words[before..].as_chunks_mut();
        let layout = capacity.layout();
        let mut rest = lines;
        let mut cut = |count| {
            let part;
            (part, rest) = core::mem::take(&mut rest)
                .split_at_mut_checked(count)
                .ok_or(too_small)?;
            Ok(part)
        };
        Ok(Self {
            index: cut(layout.index)?,
            names: cut(layout.names)?,
            symbols: cut(layout.symbols)?,
            tapes: cut(layout.tapes)?,
            records: cut(layout.orders + layout.levels)?,
            ladders: cut(layout.ladders)?,
        })
    }
}
