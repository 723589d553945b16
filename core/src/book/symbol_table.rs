//! The table that finds symbols: the venue's numbers and the slots that they have here.

use super::memory::{Line, NONE, WORDS};
use super::slot::SymbolSlot;
use super::steps;
use crate::units::SymbolIndex;

/// The most entries visited to find a symbol.
const PROBES: u32 = 64;
/// Words of an entry: the venue's number and the slot.
const ENTRY: usize = 2;

/// Entries of the table: a power of two, at most half full.
const fn entries(symbols: u32) -> usize {
    let entries = (symbols as usize * 2).next_power_of_two();
    if entries * ENTRY < WORDS {
        WORDS / ENTRY
    } else {
        entries
    }
}

/// Lines of the table.
pub(super) const fn lines(symbols: u32) -> usize {
    entries(symbols) * ENTRY / WORDS
}

/// The venue's numbers and their slots; as many entries as a power of two.
#[derive(Debug)]
pub(super) struct SymbolTable<'s> {
    entries: &'s mut [[u32; ENTRY]],
}

impl<'s> SymbolTable<'s> {
    /// The table as it was left.
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        let (entries, _) = lines.as_flattened_mut().as_chunks_mut();
        Self { entries }
    }

    /// Forgets all symbols.
    pub(super) fn reset(&mut self) {
        self.entries.fill([NONE; ENTRY]);
    }

    /// All words.
    pub(super) fn words(&mut self) -> &mut [u32] {
        self.entries.as_flattened_mut()
    }

    /// Where the entry of this symbol should be.
    ///
    /// The venue's numbers are dense in places, so they are spread: of the 7,788 symbols of a real
    /// file, more than [`PROBES`] would share a neighbourhood by their low bits.
    #[inline(always)]
    fn home(&self, symbol_index: SymbolIndex) -> usize {
        // 2^32 divided by the golden ratio; the upper bits of the product are the even ones.
        let spread = u64::from(symbol_index.raw().wrapping_mul(0x9E37_79B9));
        ((spread * self.entries.len() as u64) >> 32) as usize
    }

    /// Where the n-th entry from the home of this symbol is.
    fn entry(&self, symbol_index: SymbolIndex, probe: u32) -> usize {
        (self.home(symbol_index) + probe as usize) & (self.entries.len() - 1)
    }

    /// The slot of a symbol, or [`SymbolSlot::NONE`].
    #[inline(always)]
    pub(super) fn slot(&self, symbol_index: SymbolIndex) -> SymbolSlot {
        steps::count();
        let [found, slot] = self.entries[self.home(symbol_index)];
        if found == symbol_index.raw() {
            return SymbolSlot::from_raw(slot);
        }
        self.find_further(symbol_index)
    }

    /// The slot of a symbol that is not at home.
    #[cold]
    fn find_further(&self, symbol_index: SymbolIndex) -> SymbolSlot {
        (0..PROBES)
            .inspect(|_| steps::count())
            .map(|probe| self.entries[self.entry(symbol_index, probe)])
            .take_while(|&[_, slot]| slot != NONE)
            .find(|&[found, _]| found == symbol_index.raw())
            .map_or(SymbolSlot::NONE, |[_, slot]| SymbolSlot::from_raw(slot))
    }

    /// Adds a symbol that is not there yet; says whether there was room near its home.
    #[must_use]
    pub(super) fn insert(&mut self, symbol_index: SymbolIndex, slot: SymbolSlot) -> bool {
        let free = (0..PROBES)
            .map(|probe| self.entry(symbol_index, probe))
            .find(|&entry| self.entries[entry][1] == NONE);
        if let Some(entry) = free {
            self.entries[entry] = [symbol_index.raw(), slot.raw()];
        }
        free.is_some()
    }
}
