//! How much books hold, and the memory that takes.

use super::memory::WORDS;
use super::{ladder, level, order, statistics, symbol, symbol_table};

/// How much books hold. Chosen once; nothing grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capacity {
    /// Symbols that can be defined.
    pub symbols: u32,
    /// Orders that can rest at once, over all symbols.
    pub orders: u32,
    /// Price levels that can exist at once, over all symbols and both sides. Orders of one price
    /// that end with different sessions (2011 dialect) count as levels of their own.
    pub levels: u32,
}

/// Cache lines of each part of the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) index: usize,
    pub(super) names: usize,
    pub(super) symbols: usize,
    pub(super) tapes: usize,
    pub(super) orders: usize,
    pub(super) levels: usize,
    pub(super) ladders: usize,
}

impl Capacity {
    /// The most symbols, orders or levels that books can tell apart: their indices leave room for
    /// flags.
    pub const MOST: u32 = (1 << 26) - 1;

    /// Words of memory that books of this capacity need; `usize::MAX` when there are more symbols,
    /// orders or levels than [`MOST`](Self::MOST).
    #[must_use]
    pub const fn words(&self) -> usize {
        let most = if self.symbols > self.orders {
            self.symbols
        } else {
            self.orders
        };
        if most > Self::MOST || self.levels > Self::MOST {
            return usize::MAX;
        }
        let layout = self.layout();
        let lines = layout.index
            + layout.names
            + layout.symbols
            + layout.tapes
            + layout.orders
            + layout.levels
            + layout.ladders;
        // All but one word of a line may lie before the first line that is aligned.
        lines.saturating_add(1).saturating_mul(WORDS) - 1
    }

    /// Bytes of memory that books of this capacity need; there is no other.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.words().saturating_mul(size_of::<u32>())
    }

    /// How the memory is divided.
    pub(super) const fn layout(self) -> Layout {
        Layout {
            index: symbol_table::lines(self.symbols),
            names: symbol::name_lines(self.symbols),
            symbols: self.symbols as usize * symbol::LINES,
            tapes: self.symbols as usize * statistics::LINES,
            orders: order::buckets(self.orders).get() as usize,
            levels: level::lines(self.orders, self.levels),
            ladders: ladder::nodes(self.symbols, self.levels) * ladder::LINES,
        }
    }
}
