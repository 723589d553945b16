//! Which symbol is in which partition: fixed for the day, balanced by expected load.

use oxberry_core::units::SymbolIndex;
use oxberry_proto::Partition;
use oxberry_proto::limits::MAX_PARTITIONS;

/// The partition of every symbol of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionTable {
    /// Sorted by symbol index.
    symbols: Vec<(SymbolIndex, Partition)>,
    /// By symbol index, for the lower ones, which are all that real mapping files have.
    by_index: Vec<Partition>,
    partitions: u16,
}

/// Symbol indexes that are looked up at once; the highest of real mapping files are about 20,000.
const LOOKED_UP: u32 = 1 << 16;

impl PartitionTable {
    /// Spreads symbols, each with its expected load in any unit, over at most `partitions`
    /// partitions so that the loads come out about equal.
    ///
    /// The heaviest symbol goes first, always to the lightest partition; equal ones in the order of
    /// their indexes. The result depends on the set of symbols alone, not on their order. There are
    /// never more partitions than symbols, nor more than [`MAX_PARTITIONS`], and always one.
    #[must_use]
    pub fn balanced(
        symbols: impl IntoIterator<Item = (SymbolIndex, u64)>,
        partitions: usize,
    ) -> Self {
        let mut by_load: Vec<_> = symbols.into_iter().collect();
        by_load.sort_unstable_by_key(|&(symbol, load)| (symbol, core::cmp::Reverse(load)));
        by_load.dedup_by_key(|&mut (symbol, _)| symbol);
        by_load.sort_by_key(|&(_, load)| core::cmp::Reverse(load));
        let partitions = partitions.min(by_load.len()).clamp(1, MAX_PARTITIONS);
        let mut loads = vec![(0_u64, 0_usize); partitions];
        let mut symbols = Vec::with_capacity(by_load.len());
        for (symbol, load) in by_load {
            // Ties go to the partition with fewer symbols, then to the first.
            let lightest = loads
                .iter_mut()
                .enumerate()
                .min_by_key(|(at, held)| (**held, *at));
            let Some((at, held)) = lightest else { break };
            held.0 = held.0.saturating_add(load);
            held.1 += 1;
            symbols.push((symbol, Partition::from_raw(small(at))));
        }
        symbols.sort_unstable();
        let partitions = small(partitions);
        let highest = symbols.last().map_or(0, |&(symbol, _)| symbol.raw() + 1);
        let mut by_index: Vec<_> = (0..highest.min(LOOKED_UP))
            .map(|index| unlisted(SymbolIndex::from_raw(index), partitions))
            .collect();
        for &(symbol, partition) in &symbols {
            let place = usize::try_from(symbol.raw()).ok();
            if let Some(known) = place.and_then(|place| by_index.get_mut(place)) {
                *known = partition;
            }
        }
        Self {
            symbols,
            by_index,
            partitions,
        }
    }

    /// The partition of a symbol. One that the day's table does not have, because only the feed
    /// itself defines it, is in the partition that its number leaves when divided by their count.
    #[must_use]
    pub fn partition_of(&self, symbol: SymbolIndex) -> Partition {
        let place = usize::try_from(symbol.raw()).unwrap_or(usize::MAX);
        if let Some(&partition) = self.by_index.get(place) {
            return partition;
        }
        let listed = self
            .symbols
            .binary_search_by_key(&symbol, |&(known, _)| known);
        match listed.ok().and_then(|at| self.symbols.get(at)) {
            Some(&(_, partition)) => partition,
            None => unlisted(symbol, self.partitions),
        }
    }

    /// How many partitions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.partitions)
    }

    /// Never: there is always a partition.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.partitions == 0
    }

    /// All partitions in order.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.partitions).map(Partition::from_raw)
    }

    /// All symbols in the order of their indexes, each with its partition.
    pub fn symbols(&self) -> impl Iterator<Item = (SymbolIndex, Partition)> + '_ {
        self.symbols.iter().copied()
    }
}

/// The partition of a symbol that no table has.
#[must_use]
pub fn unlisted(symbol: SymbolIndex, partitions: u16) -> Partition {
    let rest = symbol.raw() % u32::from(partitions.max(1));
    Partition::from_raw(u16::try_from(rest).unwrap_or(0))
}

/// A number of partitions, which [`MAX_PARTITIONS`] keeps small.
fn small(number: usize) -> u16 {
    u16::try_from(number).expect("at most MAX_PARTITIONS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(loads: &[u64]) -> Vec<(SymbolIndex, u64)> {
        (100..)
            .map(SymbolIndex::from_raw)
            .zip(loads.iter().copied())
            .collect()
    }

    #[test]
    fn loads_come_out_balanced() {
        let loads: Vec<u64> = (1..=1_000).map(|rank| 1_000_000 / rank).collect();
        let symbols = symbols(&loads);
        let table = PartitionTable::balanced(symbols.clone(), 4);
        let mut held = [0; 4];
        for (symbol, load) in symbols {
            held[usize::from(table.partition_of(symbol).raw())] += load;
        }
        let (most, least) = (held.iter().max().unwrap(), held.iter().min().unwrap());
        assert!(most - least < most / 100, "{held:?}");
    }

    #[test]
    fn the_order_of_the_symbols_does_not_matter() {
        let mut list = symbols(&[5, 1, 9, 9, 2, 7]);
        let table = PartitionTable::balanced(list.clone(), 3);
        list.reverse();
        assert_eq!(PartitionTable::balanced(list, 3), table);
    }

    #[test]
    fn there_are_never_more_partitions_than_symbols() {
        assert_eq!(PartitionTable::balanced(symbols(&[1, 1, 1]), 16).len(), 3);
        assert_eq!(PartitionTable::balanced([], 16).len(), 1);
    }

    #[test]
    fn a_symbol_given_twice_counts_once() {
        let twice = [(SymbolIndex::from_raw(1), 3), (SymbolIndex::from_raw(1), 5)];
        let table = PartitionTable::balanced(twice, 4);
        assert_eq!(table.symbols().count(), 1);
    }

    #[test]
    fn a_symbol_that_the_table_does_not_have_is_in_a_partition_all_the_same() {
        let table = PartitionTable::balanced(symbols(&[1, 1, 1]), 3);
        for index in [7, 101, 5_000_000] {
            let symbol = SymbolIndex::from_raw(index);
            let known = table.symbols().find(|&(known, _)| known == symbol);
            let partition = known.map_or(unlisted(symbol, 3), |(_, partition)| partition);
            assert_eq!(table.partition_of(symbol), partition);
        }
        assert_eq!(unlisted(SymbolIndex::from_raw(7), 3).raw(), 1);
    }
}
