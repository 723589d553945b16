//! The symbol table, as the controller gives it out.

use oxberry_core::units::SymbolIndex;
use oxberry_proto::limits::{MAX_NODES, MAX_PARTITIONS, MAX_SYMBOLS};
use oxberry_proto::start::{Refused, RefusedReason, SetupVisual, SymbolEntry};
use oxberry_proto::{Kind, ProtoError, SCHEMA_FINGERPRINT, decode, decode_list, kind_of};

/// All symbols of the day in the order of their names, and the shape of the cluster.
///
/// A symbol's *slot* is its place in that order, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolTable {
    nodes: u16,
    entries: Vec<SymbolEntry>,
    /// Symbol index and slot, sorted by symbol index.
    slots: Vec<(SymbolIndex, usize)>,
}

/// Why the controller's answer gives no symbol table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The controller's messages are other ones.
    #[error(
        "the controller's message schema is {theirs:016x}, this program's is \
         {SCHEMA_FINGERPRINT:016x}: install the same version on all machines"
    )]
    Schema {
        /// The controller's fingerprint.
        theirs: u64,
    },
    /// The controller does not want this visualisation.
    #[error("the controller refused this visualisation: {0:?}")]
    Refused(RefusedReason),
    /// The bytes are no answer.
    #[error("the controller's symbol table does not decode: {0}")]
    Malformed(#[from] ProtoError),
    /// More than this program is made for.
    #[error("the controller's symbol table has {found} {what}, at most {most} are possible")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: usize,
        /// What is possible.
        most: usize,
    },
    /// The same symbol twice.
    #[error("the controller's symbol table has symbol index {0} twice")]
    Twice(SymbolIndex),
}

impl SymbolTable {
    /// Reads the controller's answer to a request for the table.
    ///
    /// # Errors
    ///
    /// What is wrong with the answer, or that the controller refused; see [`TableError`].
    pub fn from_reply(message: &[u8]) -> Result<Self, TableError> {
        if kind_of(message) == Ok(Kind::Refused) {
            let Refused { reason } = decode(message)?;
            return Err(match reason {
                RefusedReason::Schema { expected } => TableError::Schema { theirs: expected },
                RefusedReason::NameTaken | RefusedReason::Full | RefusedReason::TooSmall { .. } => {
                    TableError::Refused(reason)
                }
            });
        }
        let (setup, records) = decode_list::<SetupVisual>(message)?;
        if setup.schema != SCHEMA_FINGERPRINT {
            return Err(TableError::Schema {
                theirs: setup.schema,
            });
        }
        Self::new(setup.nodes, records.collect::<Result<_, _>>()?)
    }

    /// A table of these symbols for a cluster of so many Pis.
    ///
    /// # Errors
    ///
    /// [`TableError::TooMany`] and [`TableError::Twice`].
    pub fn new(nodes: u16, mut entries: Vec<SymbolEntry>) -> Result<Self, TableError> {
        at_most("symbols", entries.len(), MAX_SYMBOLS)?;
        at_most("nodes", usize::from(nodes), MAX_NODES)?;
        let partitions = entries
            .iter()
            .map(|entry| usize::from(entry.partition.raw()) + 1)
            .max();
        at_most("partitions", partitions.unwrap_or(0), MAX_PARTITIONS)?;
        entries.sort_by(|a, b| (&a.name, a.symbol_index).cmp(&(&b.name, b.symbol_index)));
        let mut slots: Vec<_> = entries
            .iter()
            .enumerate()
            .map(|(slot, entry)| (entry.symbol_index, slot))
            .collect();
        slots.sort_unstable();
        for pair in slots.windows(2) {
            if let [(one, _), (other, _)] = pair
                && one == other
            {
                return Err(TableError::Twice(*one));
            }
        }
        Ok(Self {
            nodes,
            entries,
            slots,
        })
    }

    /// How many Pis the cluster is to have.
    #[must_use]
    pub const fn nodes(&self) -> u16 {
        self.nodes
    }

    /// The symbols by slot.
    #[must_use]
    pub fn entries(&self) -> &[SymbolEntry] {
        &self.entries
    }

    /// The slot of a symbol.
    #[must_use]
    pub fn slot(&self, symbol_index: SymbolIndex) -> Option<usize> {
        let at = self
            .slots
            .binary_search_by_key(&symbol_index, |(index, _)| *index)
            .ok()?;
        self.slots.get(at).map(|(_, slot)| *slot)
    }
}

const fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), TableError> {
    if found > most {
        Err(TableError::TooMany { what, found, most })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use oxberry_proto::{Partition, RecordsWriter, SymbolName};

    use super::*;

    fn entry(symbol_index: u32, name: &str) -> SymbolEntry {
        SymbolEntry {
            symbol_index: SymbolIndex::from_raw(symbol_index),
            name: SymbolName::try_from(name).unwrap(),
            partition: Partition::from_raw(0),
        }
    }

    fn reply(schema: u64, entries: &[SymbolEntry]) -> Vec<u8> {
        let mut writer = RecordsWriter::<_, SetupVisual>::new([0; 512]);
        for entry in entries {
            writer.push(entry).unwrap();
        }
        writer
            .finish(
                &[],
                SetupVisual {
                    schema,
                    nodes: 3,
                    partitions: 4,
                    symbols: 0,
                },
            )
            .unwrap()
            .to_vec()
    }

    #[test]
    fn slots_follow_the_names() {
        let entries = [entry(7, "MSFT"), entry(900, "AAPL"), entry(3, "ZZZ")];
        let table = SymbolTable::from_reply(&reply(SCHEMA_FINGERPRINT, &entries)).unwrap();
        assert_eq!(table.nodes(), 3);
        let names: Vec<_> = table
            .entries()
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        assert_eq!(names, ["AAPL", "MSFT", "ZZZ"]);
        assert_eq!(table.slot(SymbolIndex::from_raw(7)), Some(1));
        assert_eq!(table.slot(SymbolIndex::from_raw(900)), Some(0));
        assert_eq!(table.slot(SymbolIndex::from_raw(8)), None);
    }

    #[test]
    fn another_schema_is_said_with_both_fingerprints() {
        let error = SymbolTable::from_reply(&reply(17, &[])).unwrap_err();
        assert_eq!(error, TableError::Schema { theirs: 17 });
        assert!(
            error.to_string().contains("install the same version"),
            "{error}"
        );

        let mut buffer = [0; 64];
        let refused = Refused {
            reason: RefusedReason::Schema { expected: 17 },
        };
        let len = oxberry_proto::encode(&refused, &mut buffer).unwrap();
        assert_eq!(
            SymbolTable::from_reply(&buffer[..len]),
            Err(TableError::Schema { theirs: 17 })
        );
    }

    #[test]
    fn a_broken_answer_is_an_error_and_no_panic() {
        let whole = reply(SCHEMA_FINGERPRINT, &[entry(7, "MSFT"), entry(8, "AAPL")]);
        for len in 0..whole.len() {
            let error = SymbolTable::from_reply(&whole[..len]).unwrap_err();
            assert!(matches!(error, TableError::Malformed(_)), "{len}: {error}");
        }
        let twice = reply(SCHEMA_FINGERPRINT, &[entry(7, "MSFT"), entry(7, "AAPL")]);
        let expected = TableError::Twice(SymbolIndex::from_raw(7));
        assert_eq!(SymbolTable::from_reply(&twice), Err(expected));
    }
}
