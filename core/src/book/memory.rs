//! The memory of books: cache lines handed in at start.

use super::capacity::Capacity;

/// Words in a line.
pub(super) const WORDS: usize = 16;

/// No index: the end of a chain, an empty place.
pub(super) const NONE: u32 = u32::MAX;

/// One cache line of book memory.
///
/// Everything that [`Books`](super::Books) remembers lies in lines, so a caller provides storage by
/// a single array: a `static`, a local or a boxed slice. No record straddles two lines.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(C, align(64))]
pub struct Line([u32; WORDS]);

impl Line {
    /// A line without meaning; [`Books::new`](super::Books::new) writes every line anyway.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Bytes of a line.
    pub const BYTES: usize = size_of::<Self>();

    /// A line whose words are all `word`.
    pub(super) const fn filled(word: u32) -> Self {
        Self([word; WORDS])
    }

    /// All words.
    #[inline(always)]
    pub(super) const fn words(&self) -> &[u32; WORDS] {
        &self.0
    }

    /// All words, to write.
    #[inline(always)]
    pub(super) const fn words_mut(&mut self) -> &mut [u32; WORDS] {
        &mut self.0
    }

    /// The 64-bit value in the words `at` and `at + 1`.
    #[inline(always)]
    pub(super) fn long(&self, at: usize) -> u64 {
        u64::from(self[at]) | u64::from(self[at + 1]) << 32
    }

    /// Writes the 64-bit value in the words `at` and `at + 1`.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves are what is wanted"
    )]
    pub(super) fn set_long(&mut self, at: usize, value: u64) {
        self[at] = value as u32;
        self[at + 1] = (value >> 32) as u32;
    }
}

// Words are named by numbers below 16; the mask makes that plain to the compiler where a number is
// not a constant.
impl core::ops::Index<usize> for Line {
    type Output = u32;

    #[inline(always)]
    fn index(&self, word: usize) -> &u32 {
        debug_assert!(word < WORDS, "no such word");
        &self.0[word % WORDS]
    }
}

impl core::ops::IndexMut<usize> for Line {
    #[inline(always)]
    fn index_mut(&mut self, word: usize) -> &mut u32 {
        debug_assert!(word < WORDS, "no such word");
        &mut self.0[word % WORDS]
    }
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
/// let mut memory = Memory::<{ CAPACITY.lines() }>::new();
/// let books = Books::new(CAPACITY, memory.lines()).unwrap();
/// assert_eq!(books.capacity().orders, 64);
/// ```
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Memory<const LINES: usize>([Line; LINES]);

impl<const LINES: usize> Memory<LINES> {
    /// Memory of `LINES` lines, which [`Capacity::lines`] computes.
    #[must_use]
    pub const fn new() -> Self {
        Self([Line::EMPTY; LINES])
    }

    /// The lines, to hand to [`Books::new`](super::Books::new).
    pub const fn lines(&mut self) -> &mut [Line] {
        &mut self.0
    }
}

impl<const LINES: usize> Default for Memory<LINES> {
    fn default() -> Self {
        Self::new()
    }
}

/// The memory handed in does not suffice for the capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MemoryTooSmall {
    /// Lines that the capacity needs.
    pub needed: usize,
    /// Lines handed in.
    pub got: usize,
}

impl core::fmt::Display for MemoryTooSmall {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { needed, got } = self;
        write!(
            f,
            "the books need {needed} lines of {} bytes, got {got}",
            Line::BYTES
        )
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
    /// Order buckets.
    pub(super) orders: &'s mut [Line],
    /// Level records.
    pub(super) levels: &'s mut [Line],
    /// Annexes of levels.
    pub(super) annexes: &'s mut [Line],
    /// Ladder nodes.
    pub(super) ladders: &'s mut [Line],
}

impl<'s> Regions<'s> {
    /// Cuts the memory into parts.
    pub(super) fn cut(capacity: Capacity, lines: &'s mut [Line]) -> Result<Self, MemoryTooSmall> {
        let (needed, got) = (capacity.lines(), lines.len());
        let too_small = MemoryTooSmall { needed, got };
        if got < needed {
            return Err(too_small);
        }
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
            orders: cut(layout.orders)?,
            levels: cut(layout.levels)?,
            annexes: cut(layout.annexes)?,
            ladders: cut(layout.ladders)?,
        })
    }
}
