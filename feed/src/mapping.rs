//! The venue's symbol mapping file, `ARCASymbolMapping.txt` and its like.

use std::{collections::BTreeMap, io, io::Read as _, path::Path};

use oxberry_core::{
    symbol::{self, MappingError},
    units::{PriceScale, SymbolIndex, SystemId},
};
use thiserror::Error;

use crate::input;

/// The most bytes that are read; the largest real file has 250,000.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The symbols of a mapping file, and the lines that are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingFile {
    /// The symbols, by the feed's number for them.
    pub symbols: BTreeMap<SymbolIndex, MappedSymbol>,
    /// Lines that cannot be used; all others are.
    pub bad_lines: Vec<BadLine>,
}

/// One symbol of a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedSymbol {
    /// In NYSE symbology, `BRK B`.
    pub symbol: String,
    /// As the consolidated tapes write it, `BRK.B`.
    pub cqs_symbol: String,
    /// Decimal places of its raw prices.
    pub price_scale: PriceScale,
    /// The matching-engine partition, which time references are for.
    pub system_id: SystemId,
}

/// A line that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {number}: {reason}")]
pub struct BadLine {
    /// The line, from 1.
    pub number: usize,
    /// Why.
    pub reason: BadLineReason,
}

/// Why a line cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadLineReason {
    /// It is not of the form.
    #[error(transparent)]
    Form(MappingError),
    /// An earlier line has the same symbol index.
    #[error("symbol index {0} was given before; the first line counts")]
    Repeated(SymbolIndex),
}

impl MappingFile {
    /// Reads a file, which may be compressed.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is larger than any mapping file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let (input, _) = input::open(path)?;
        let mut bytes = Vec::new();
        input.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // A line with other characters than ASCII has at worst an odd name.
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Reads the text of a file.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for (number, line) in symbol::lines(text) {
            match line {
                Ok(line) if file.symbols.contains_key(&line.symbol_index) => {
                    let reason = BadLineReason::Repeated(line.symbol_index);
                    file.bad_lines.push(BadLine { number, reason });
                }
                Ok(line) => {
                    let mapped = MappedSymbol {
                        symbol: line.symbol.to_owned(),
                        cqs_symbol: line.cqs_symbol.to_owned(),
                        price_scale: line.price_scale,
                        system_id: line.system_id,
                    };
                    file.symbols.insert(line.symbol_index, mapped);
                }
                Err(error) => {
                    file.bad_lines.push(BadLine {
                        number,
                        reason: BadLineReason::Form(error),
                    });
                }
            }
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_and_repeated_lines_are_told_and_all_others_used() {
        let file = MappingFile::parse(
            "AAPL|AAPL|9|P|Q|C|100|4|1|||\nnonsense\nSPY|SPY|9280|P|P|B|100|4|15|||\n\
             TWICE|TWICE|9|P|Q|C|100|4|1|||\n",
        );
        let names: Vec<&str> = file
            .symbols
            .values()
            .map(|symbol| symbol.cqs_symbol.as_str())
            .collect();
        assert_eq!(names, ["AAPL", "SPY"]);
        let messages: Vec<String> = file.bad_lines.iter().map(BadLine::to_string).collect();
        assert_eq!(
            messages,
            [
                "line 2: column 1 (CQS Symbol) is missing",
                "line 4: symbol index 9 was given before; the first line counts",
            ]
        );
    }
}
