//! The memory of books: words handed in at start, in cache lines.

/// Words in a cache line.
pub(super) const WORDS: usize = 16;

/// A cache line of book memory, of which no record needs two where one suffices.
pub(super) type Line = [u32; WORDS];

/// No index: the end of a chain, an empty record.
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
    /// Memory of `WORDS` words, which [`Capacity::words`](super::Capacity::words) computes.
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
