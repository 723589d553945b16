//! The memory of books: words handed in at start, cut into cache lines.

use super::capacity::Capacity;

/// Words in a cache line.
pub(super) const WORDS: usize = 16;

/// A cache line of book memory, of which no record needs two where one suffices.
pub(super) type Line = [u32; WORDS];

/// No index: the end of a chain, an empty place.
pub(super) const NONE: u32 = u32::MAX;

/// The 64-bit value in the words `at` and `at + 1`.
#[inline(always)]
pub(super) const fn long(words: &[u32], at: usize) -> u64 {
    words[at] as u64 | (words[at + 1] as u64) << 32
}

/// Writes the 64-bit value in the words `at` and `at + 1`.
#[inline(always)]
pub(super) const fn set_long(words: &mut [u32], at: usize, value: u64) {
    words[at] = value as u32;
    words[at + 1] = (value >> 32) as u32;
}

/// The indices of a chain from its first on, up to [`NONE`].
pub(super) fn chain(first: u32, next: impl Fn(u32) -> u32) -> impl Iterator<Item = u32> {
    let some = |index| (index != NONE).then_some(index);
    core::iter::successors(some(first), move |&index| some(next(index)))
}

/// Book memory of a size known at compile time, for a `static` or a microcontroller's stack.
///
/// ```
/// use oxberry_core::book::{Books, Capacity, Memory};
///
/// const CAPACITY: Capacity = Capacity { symbols: 2, orders: 64, levels: 32 };
/// let mut memory = Memory::<{ CAPACITY.words() }>::new();
/// let books = Books::new(CAPACITY, memory.words()).unwrap();
/// assert_eq!(books.capacity().orders, 64);
/// ```
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(align(64))]
pub struct Memory<const WORDS: usize>([u32; WORDS]);

impl<const WORDS: usize> Memory<WORDS> {
    /// Memory of `WORDS` words, which [`Capacity::words`] computes.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; WORDS])
    }

    /// The words, to hand to [`Books::new`](super::Books::new).
    pub const fn words(&mut self) -> &mut [u32] {
        &mut self.0
    }
}

impl<const WORDS: usize> Default for Memory<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

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
            symbols: cut(layout.symbols)?,
            tapes: cut(layout.tapes)?,
            records: cut(layout.orders + layout.levels)?,
            ladders: cut(layout.ladders)?,
        })
    }
}
