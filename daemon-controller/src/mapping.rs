//! The symbol mapping file of a day: which symbols there are, as the controller and a replay use it.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use oxberry_core::symbol::{self, MappingError};
use oxberry_core::units::{PriceScale, SymbolIndex, SystemId};
use thiserror::Error;

use crate::source::open_input;

/// The name of the mapping file beside the channel files of a day.
pub const MAPPING_FILE_NAME: &str = "ARCASymbolMapping.txt";

/// The symbols of a day, in the order of their indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SymbolMapping {
    /// The symbols.
    pub symbols: Vec<MappedSymbol>,
    /// Lines that were left out, with the reason.
    pub left_out: Vec<LineLeftOut>,
}

/// One symbol of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedSymbol {
    /// The number that the feed uses.
    pub symbol_index: SymbolIndex,
    /// The symbol as the consolidated tapes write it.
    pub cqs_symbol: String,
    /// Decimal places of its raw prices.
    pub price_scale: PriceScale,
    /// The matching-engine partition.
    pub system_id: SystemId,
}

/// A line that does not count; the others do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}:{line}: {reason}; the line is left out", file.display())]
pub struct LineLeftOut {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: LeftOutReason,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LeftOutReason {
    /// It is no mapping line.
    #[error("{0}")]
    Malformed(MappingError),
    /// An earlier line has the same symbol index.
    #[error("symbol index {symbol_index} belongs to {first} already")]
    Repeated {
        /// The index.
        symbol_index: SymbolIndex,
        /// The symbol that has it.
        first: String,
    },
}

/// Why there is no mapping at all.
#[derive(Debug, Error)]
pub enum SymbolMappingError {
    /// The file cannot be read.
    #[error("{}: the symbol mapping file cannot be read: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// No line of it names a symbol.
    #[error(
        "{}: no line names a symbol; the file should hold one symbol a line, such as \
         AAPL|AAPL|9|P|Q|C|100|4|1|||{}", file.display(),
        first.as_ref().map(|line| format!(" (first problem: {line})")).unwrap_or_default()
    )]
    Empty {
        /// The file.
        file: PathBuf,
        /// The first line that was left out, if there is any line.
        first: Option<LineLeftOut>,
    },
}

impl SymbolMapping {
    /// Reads a mapping file, plain or compressed.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or no line of it names a symbol. A line that is bad does no harm to
    /// the others: see [`SymbolMapping::left_out`].
    pub fn read(file: &Path) -> Result<Self, SymbolMappingError> {
        let unreadable = |error| SymbolMappingError::Unreadable {
            file: file.to_owned(),
            error,
        };
        let (mut input, _) = open_input(file).map_err(unreadable)?;
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map_err(unreadable)?;
        let mapping = Self::of_text(file, &String::from_utf8_lossy(&bytes));
        if mapping.symbols.is_empty() {
            let first = mapping.left_out.into_iter().next();
            return Err(SymbolMappingError::Empty {
                file: file.to_owned(),
                first,
            });
        }
        Ok(mapping)
    }

    /// Reads the text of a mapping file; `file` is for messages.
    #[must_use]
    pub fn of_text(file: &Path, text: &str) -> Self {
        let mut symbols = BTreeMap::new();
        let mut left_out = Vec::new();
        for (line, parsed) in symbol::lines(text) {
            let reason = match parsed {
                Err(error) => LeftOutReason::Malformed(error),
                Ok(parsed) => {
                    let mapped = MappedSymbol {
                        symbol_index: parsed.symbol_index,
                        cqs_symbol: parsed.cqs_symbol.to_owned(),
                        price_scale: parsed.price_scale,
                        system_id: parsed.system_id,
                    };
                    let entry = symbols.entry(parsed.symbol_index);
                    let first: &MappedSymbol = entry.or_insert_with(|| mapped.clone());
                    if *first == mapped {
                        continue;
                    }
                    LeftOutReason::Repeated {
                        symbol_index: parsed.symbol_index,
                        first: first.cqs_symbol.clone(),
                    }
                }
            };
            left_out.push(LineLeftOut {
                file: file.to_owned(),
                line,
                reason,
            });
        }
        Self {
            symbols: symbols.into_values().collect(),
            left_out,
        }
    }

    /// The symbol with an index.
    #[must_use]
    pub fn symbol(&self, symbol_index: SymbolIndex) -> Option<&MappedSymbol> {
        let at = self
            .symbols
            .binary_search_by_key(&symbol_index, |symbol| symbol.symbol_index);
        self.symbols.get(at.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const GOOD: &str = "AAPL|AAPL|9|P|Q|C|100|4|1|||\nBRK B|BRK.B|5180|P|N|A|100|4|4|||\n";

    #[test]
    fn a_bad_line_is_named_and_the_others_count() {
        let text = format!("{GOOD}X|X|many|P|Q|C|100|4|1|||\nMSFT|MSFT|2633|P|Q|C|100|4|13|||\r\n");
        let mapping = SymbolMapping::of_text("map.txt".as_ref(), &text);
        let names: Vec<_> = mapping
            .symbols
            .iter()
            .map(|one| one.cqs_symbol.as_str())
            .collect();
        assert_eq!(names, ["AAPL", "MSFT", "BRK.B"]);
        assert_eq!(mapping.left_out.len(), 1);
        assert!(mapping.left_out[0].to_string().starts_with("map.txt:3: "));
    }

    #[test]
    fn the_first_of_two_symbols_with_one_index_counts() {
        let text = format!("{GOOD}AAPX|AAPX|9|P|Q|C|100|4|1|||\nAAPL|AAPL|9|P|Q|C|100|4|1|||\n");
        let mapping = SymbolMapping::of_text("map.txt".as_ref(), &text);
        assert_eq!(
            mapping.symbol(SymbolIndex::from_raw(9)).unwrap().cqs_symbol,
            "AAPL"
        );
        assert_eq!(mapping.left_out.len(), 1, "an equal line does no harm");
    }

    #[test]
    fn a_file_without_symbols_is_an_error_that_shows_a_line() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "not a mapping").unwrap();
        let error = SymbolMapping::read(file.path()).unwrap_err().to_string();
        assert!(
            error.contains("AAPL|AAPL|9|") && error.contains(":1: "),
            "{error}"
        );
    }
}
