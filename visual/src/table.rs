//! The symbols as browsers get them, and whether an answer of the controller can be used.

use oxberry_cluster::page;
use oxberry_core::units::SymbolIndex;
use oxberry_proto::start::{Refused, RefusedReason, SetupVisual};
use oxberry_proto::{
    Kind, Partition, ProtoError, SCHEMA_FINGERPRINT, SymbolName, decode, decode_list, kind_of,
};

/// All symbols of a run.
///
/// A symbol's *slot* is its place, from 0; it stays while the run does. Symbols that only the feed
/// itself defines come behind the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SymbolTable {
    /// Which table it is. A table of another edition has nothing to do with the ones before; within
    /// an edition symbols are only added.
    pub(crate) edition: u64,
    entries: Vec<Entry>,
}

/// One symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The venue's number for it.
    pub symbol_index: SymbolIndex,
    /// Its CQS name; empty for a symbol that only the feed has defined.
    name: SymbolName,
    /// Its partition.
    pub partition: Partition,
}

/// Why the controller's answer gives no symbols.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The controller speaks another version of the messages.
    #[error(
        "the controller's message schema is {theirs:016x}, this program's is \
         {SCHEMA_FINGERPRINT:016x}: install the same version on all machines"
    )]
    Schema {
        /// The controller's fingerprint.
        theirs: u64,
    },
    /// The controller refused this dashboard.
    #[error("the controller refused this dashboard: {0:?}")]
    Refused(RefusedReason),
    /// The bytes are not an answer.
    #[error("the controller's symbol table does not decode: {0}")]
    Malformed(#[from] ProtoError),
}

impl SymbolTable {
    /// The symbols of these rows: another edition if they are shown afresh, or are not those of this
    /// one and more.
    pub(crate) fn next(&self, rows: &[page::Row], afresh: bool) -> Self {
        let entries: Vec<_> = rows
            .iter()
            .map(|row| Entry {
                symbol_index: row.symbol_index,
                name: row.name.clone(),
                partition: row.partition,
            })
            .collect();
        let goes_on = !afresh && entries.starts_with(&self.entries);
        Self {
            edition: self.edition + u64::from(!goes_on),
            entries,
        }
    }

    /// The symbols by slot.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Entry {
    /// Whether it is the symbol of a row, by its present name.
    pub(crate) fn is_of(&self, row: &page::Row) -> bool {
        self.symbol_index == row.symbol_index
            && self.name == row.name
            && self.partition == row.partition
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.name, self.symbol_index)
    }
}

/// What a person calls a symbol: its name, or its number where it has none.
#[must_use]
pub fn name_of(name: &SymbolName, symbol_index: SymbolIndex) -> String {
    if name.is_empty() {
        format!("#{symbol_index}")
    } else {
        name.to_string()
    }
}

/// Looks whether the controller's answer gives symbols to this program; says how many Pis there are
/// to be.
///
/// # Errors
///
/// What is wrong with the answer, or that the controller refused; see [`TableError`].
pub(crate) fn check_answer(message: &[u8]) -> Result<u16, TableError> {
    if kind_of(message) == Ok(Kind::Refused) {
        let Refused { reason } = decode(message)?;
        return Err(match reason {
            RefusedReason::Schema { expected } => TableError::Schema { theirs: expected },
            RefusedReason::NameTaken
            | RefusedReason::Full
            | RefusedReason::TooSmall { .. }
            | RefusedReason::NextRun => TableError::Refused(reason),
        });
    }
    let (setup, records) = decode_list::<SetupVisual>(message)?;
    if setup.schema != SCHEMA_FINGERPRINT {
        return Err(TableError::Schema {
            theirs: setup.schema,
        });
    }
    for record in records {
        record?;
    }
    Ok(setup.nodes)
}

#[cfg(test)]
mod tests {
    use oxberry_proto::start::SymbolEntry;
    use oxberry_proto::{RecordsWriter, Run};

    use super::*;

    fn answer(schema: u64, names: &[(u32, &str)]) -> Vec<u8> {
        let mut writer = RecordsWriter::<_, SetupVisual>::new([0; 512]);
        for &(index, name) in names {
            let entry = SymbolEntry {
                symbol_index: SymbolIndex::from_raw(index),
                name: SymbolName::try_from(name).unwrap(),
                partition: Partition::from_raw(0),
            };
            writer.push(&entry).unwrap();
        }
        let head = SetupVisual {
            schema,
            run: Run::default(),
            nodes: 3,
            partitions: 4,
            symbols: 0,
        };
        writer.finish(&[], head).unwrap().to_vec()
    }

    fn row(index: u32, name: &str) -> page::Row {
        page::Row::new(
            SymbolIndex::from_raw(index),
            SymbolName::try_from(name).unwrap(),
            Partition::from_raw(0),
        )
    }

    #[test]
    fn a_table_grows_or_is_another_edition() {
        let first = SymbolTable::default().next(&[row(7, "MSFT")], false);
        assert_eq!(first.edition, 0);
        let grown = first.next(&[row(7, "MSFT"), row(900, "")], false);
        assert_eq!(grown.edition, 0);
        assert_eq!(grown.entries()[1].name(), "#900");
        let named = grown.next(&[row(7, "MSFT"), row(900, "AAPL")], false);
        assert_eq!(named.edition, 1);
        assert_eq!(named.entries()[1].name(), "AAPL");
        let again = [row(7, "MSFT"), row(900, "AAPL")];
        assert_eq!(named.next(&again, false), named);
        assert_eq!(named.next(&again, true).edition, 2);
    }

    #[test]
    fn another_schema_is_said_with_both_fingerprints() {
        let error = check_answer(&answer(17, &[])).unwrap_err();
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
            check_answer(&buffer[..len]),
            Err(TableError::Schema { theirs: 17 })
        );
    }

    #[test]
    fn a_broken_answer_is_an_error_and_no_panic() {
        let whole = answer(SCHEMA_FINGERPRINT, &[(7, "MSFT"), (8, "AAPL")]);
        assert_eq!(check_answer(&whole), Ok(3));
        for len in 0..whole.len() {
            let error = check_answer(&whole[..len]).unwrap_err();
            assert!(matches!(error, TableError::Malformed(_)), "{len}: {error}");
        }
    }
}
