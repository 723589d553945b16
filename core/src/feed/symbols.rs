//! What the normalizer knows of every symbol, in storage handed in.

use crate::units::{SymbolIndex, SystemId};

/// Room for one symbol: 12 bytes.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FeedSymbol {
    pub(super) symbol_index: SymbolIndex,
    /// Seconds of the symbol's latest time reference (`Legacy`); 0 while unknown.
    pub(super) seconds: u32,
    pub(super) system_id: SystemId,
    presence: Presence,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Presence {
    /// Nothing.
    Empty,
    /// A symbol that the mapping file names: it may be of any channel.
    Mapped,
    /// One that the channel had messages of.
    Heard,
    /// One that the channel itself defined.
    Defined,
}

const _: () = assert!(size_of::<FeedSymbol>() == 12);

impl FeedSymbol {
    /// A slot without a symbol.
    pub const EMPTY: Self = Self {
        symbol_index: SymbolIndex::from_raw(0),
        seconds: 0,
        system_id: SystemId::from_raw(0),
        presence: Presence::Empty,
    };

    /// The channel defines the symbol, so it is one of its own.
    pub(super) fn set_defined(&mut self) {
        self.presence = Presence::Defined;
    }

    /// The channel has a message of the symbol, so it is one of its own.
    #[inline(always)]
    pub(super) fn set_heard(&mut self) {
        if self.presence == Presence::Mapped {
            self.presence = Presence::Heard;
        }
    }

    /// Whether the channel itself defined the symbol.
    pub(super) fn is_defined(&self) -> bool {
        self.presence == Presence::Defined
    }

    /// Whether the symbol is known to be of this channel: it was defined there or had messages.
    fn is_of_channel(&self) -> bool {
        matches!(self.presence, Presence::Heard | Presence::Defined)
    }

    fn is_used(&self) -> bool {
        self.presence != Presence::Empty
    }
}

impl Default for FeedSymbol {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// The slots are all taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooManySymbols;

impl core::fmt::Display for TooManySymbols {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("no room for a further symbol")
    }
}

impl core::error::Error for TooManySymbols {}

/// A hash table of symbols by index: linear probing, nothing is ever removed.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Symbols<S> {
    slots: S,
}

impl<S: AsRef<[FeedSymbol]> + AsMut<[FeedSymbol]>> Symbols<S> {
    pub(super) fn new(mut slots: S) -> Self {
        slots.as_mut().fill(FeedSymbol::EMPTY);
        Self { slots }
    }

    /// The symbol, if it is known.
    #[inline]
    pub(super) fn get(&mut self, symbol_index: SymbolIndex) -> Option<&mut FeedSymbol> {
        let slots = self.slots.as_ref();
        let mut at = home(symbol_index, slots.len());
        // Nearly always it is there.
        let first = slots.get(at)?;
        if !first.is_used() || first.symbol_index != symbol_index {
            at = self.find(symbol_index)?;
        }
        self.slots
            .as_mut()
            .get_mut(at)
            .filter(|slot| slot.is_used())
    }

    /// The symbol, made if it is not known.
    pub(super) fn get_or_insert(
        &mut self,
        symbol_index: SymbolIndex,
    ) -> Result<&mut FeedSymbol, TooManySymbols> {
        let at = self.find(symbol_index).ok_or(TooManySymbols)?;
        let slot = self.slots.as_mut().get_mut(at).ok_or(TooManySymbols)?;
        slot.symbol_index = symbol_index;
        if !slot.is_used() {
            slot.presence = Presence::Mapped;
        }
        Ok(slot)
    }

    /// Whether the symbol is known to be of this channel.
    pub(super) fn is_of_channel(&self, symbol_index: SymbolIndex) -> bool {
        let slot = self
            .find(symbol_index)
            .and_then(|at| self.slots.as_ref().get(at));
        slot.is_some_and(FeedSymbol::is_of_channel)
    }

    /// All known symbols.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut FeedSymbol> {
        self.slots.as_mut().iter_mut().filter(|slot| slot.is_used())
    }

    /// Where the symbol is, or the empty slot where it would be; `None` when neither exists.
    fn find(&self, symbol_index: SymbolIndex) -> Option<usize> {
        let slots = self.slots.as_ref();
        let start = home(symbol_index, slots.len());
        let (before, after) = slots.split_at_checked(start)?;
        let here = |slot: &FeedSymbol| !slot.is_used() || slot.symbol_index == symbol_index;
        match after.iter().position(here) {
            Some(steps) => Some(start + steps),
            None => before.iter().position(here),
        }
    }
}

/// The slot that the search for a symbol starts at: its hash, spread over the slots.
#[inline]
fn home(symbol_index: SymbolIndex, slots: usize) -> usize {
    /// 2^32 divided by the golden ratio (Knuth's multiplicative hash): spreads runs of indices, as
    /// venues hand them out, evenly.
    const GOLDEN: u32 = 0x9E37_79B9;
    let hash = u64::from(symbol_index.raw().wrapping_mul(GOLDEN));
    // A 32-bit fraction of the number of slots, so less than it; tables are far below 2^32 slots.
    usize::try_from((hash * u64::try_from(slots).unwrap_or(0)) >> 32).unwrap_or(0)
}
