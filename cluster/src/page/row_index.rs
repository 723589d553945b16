//! Which row a symbol has.

use std::collections::BTreeMap;

use oxberry_core::units::SymbolIndex;

/// Symbols below this one are looked up by their index, in at most a megabyte. The venue numbers its
/// symbols from 1; the tens of thousands that it lists are well below.
const DIRECT: u32 = 1 << 18;

/// The rows of symbols.
#[derive(Debug, Default)]
pub(super) struct RowIndex {
    /// By the symbol's index: one more than its row, or 0.
    direct: Vec<u32>,
    others: BTreeMap<SymbolIndex, usize>,
}

impl RowIndex {
    /// The row of a symbol.
    #[inline]
    pub(super) fn get(&self, symbol_index: SymbolIndex) -> Option<usize> {
        let index = symbol_index.raw();
        if index < DIRECT {
            let row = self.direct.get(index as usize).copied();
            let row = row.unwrap_or_default();
            (row as usize).checked_sub(1)
        } else {
            self.others.get(&symbol_index).copied()
        }
    }

    /// The symbol has this row from now on.
    pub(super) fn insert(&mut self, symbol_index: SymbolIndex, row: usize) {
        if symbol_index.raw() >= DIRECT {
            self.others.insert(symbol_index, row);
            return;
        }
        let index = symbol_index.raw() as usize;
        if self.direct.len() <= index {
            self.direct.resize(index + 1, 0);
        }
        if let Some(to) = self.direct.get_mut(index) {
            *to = u32::try_from(row + 1).expect("there are fewer rows than symbol indices");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_and_high_indices_have_their_rows_and_others_none() {
        let mut index = RowIndex::default();
        let symbols = [0, 7, DIRECT - 1, DIRECT, u32::MAX].map(SymbolIndex::from_raw);
        for (row, symbol) in symbols.into_iter().enumerate() {
            assert_eq!(index.get(symbol), None);
            index.insert(symbol, row);
        }
        for (row, symbol) in symbols.into_iter().enumerate() {
            assert_eq!(index.get(symbol), Some(row));
        }
        assert_eq!(index.get(SymbolIndex::from_raw(8)), None);
        assert_eq!(index.get(SymbolIndex::from_raw(u32::MAX - 1)), None);
    }
}
