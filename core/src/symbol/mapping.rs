//! Lines of the venue's mapping files, `ARCASymbolMapping.txt` and its like.

use core::fmt;
use core::str::FromStr;

use nom::Parser as _;
use nom::bytes::complete::take_till;
use nom::character::complete::char;
use nom::combinator::opt;

use crate::units::{PriceScale, SymbolIndex, SystemId};

/// One symbol of a mapping file.
///
/// ```
/// use oxberry_core::symbol::MappingLine;
///
/// let line = MappingLine::parse("BRK B|BRK.B|5180|P|N|A|100|4|4|||")?;
/// assert_eq!(line.cqs_symbol, "BRK.B");
/// assert_eq!(line.symbol_index.raw(), 5180);
/// # Ok::<(), oxberry_core::symbol::MappingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MappingLine<'a> {
    /// The symbol in NYSE symbology; may contain a space, as in `BRK B`.
    pub symbol: &'a str,
    /// The symbol as the consolidated tapes write it, `BRK.B`.
    pub cqs_symbol: &'a str,
    /// The number that the feed uses.
    pub symbol_index: SymbolIndex,
    /// The market of the feed: N NYSE, P Arca, C National, A American, M Chicago.
    pub nyse_market: char,
    /// The market that lists the symbol.
    pub listed_market: char,
    /// The consolidated tape: A, B or C.
    pub ticker_designation: char,
    /// Shares of a round lot.
    pub lot_size: u32,
    /// Decimal places of the symbol's raw prices.
    pub price_scale: PriceScale,
    /// The matching-engine partition, which time references are for.
    pub system_id: SystemId,
}

/// A malformed line of a mapping file, and its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct MappingError {
    /// The column, from 0 (docs/wire-format.md, 7).
    pub column: u8,
    /// What is wrong with it.
    pub kind: MappingErrorKind,
}

/// What is wrong with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MappingErrorKind {
    /// The line ends before it.
    Missing,
    /// It must not be empty.
    Empty,
    /// It is not a decimal number, or one that is too large.
    NotANumber,
    /// It is not a single character.
    NotACharacter,
    /// The price scale is above [`PriceScale::MAX`].
    ScaleTooLarge,
}

impl<'a> MappingLine<'a> {
    /// Reads a line, with or without its line end. Columns after the ninth may be anything.
    ///
    /// # Errors
    ///
    /// When one of the nine columns is missing or not of its kind.
    pub fn parse(line: &'a str) -> Result<Self, MappingError> {
        let mut columns = Columns {
            rest: Some(line.trim_end_matches(['\r', '\n'])),
            next: 0,
        };
        Ok(Self {
            symbol: columns.text()?,
            cqs_symbol: columns.text()?,
            symbol_index: SymbolIndex::from_raw(columns.number()?),
            nyse_market: columns.character()?,
            listed_market: columns.character()?,
            ticker_designation: columns.character()?,
            lot_size: columns.number()?,
            price_scale: columns.scale()?,
            system_id: SystemId::from_raw(columns.number()?),
        })
    }
}

/// The lines of a mapping file with their numbers from 1; blank lines are passed over.
pub fn lines(file: &str) -> impl Iterator<Item = (usize, Result<MappingLine<'_>, MappingError>)> {
    file.trim_start_matches('\u{feff}')
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty())
        .map(|(line, number)| (number, MappingLine::parse(line)))
}

/// The columns of a line that are still to be read.
struct Columns<'a> {
    /// What follows the last pipe; `None` once there was no pipe.
    rest: Option<&'a str>,
    next: u8,
}

impl<'a> Columns<'a> {
    /// The next column, and what makes an error of it.
    fn column(
        &mut self,
    ) -> Result<(&'a str, impl Fn(MappingErrorKind) -> MappingError), MappingError> {
        let column = self.next;
        let wrong = move |kind| MappingError { column, kind };
        let mut until_pipe = (take_till::<_, _, ()>(|c| c == '|'), opt(char('|')));
        let (rest, (text, pipe)) = self
            .rest
            .and_then(|rest| until_pipe.parse(rest).ok())
            .ok_or_else(|| wrong(MappingErrorKind::Missing))?;
        self.rest = pipe.map(|_| rest);
        self.next += 1;
        Ok((text, wrong))
    }

    fn text(&mut self) -> Result<&'a str, MappingError> {
        match self.column()? {
            ("", wrong) => Err(wrong(MappingErrorKind::Empty)),
            (text, _) => Ok(text),
        }
    }

    fn number<N: FromStr>(&mut self) -> Result<N, MappingError> {
        let (text, wrong) = self.column()?;
        // `from_str` would take a plus sign.
        let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| wrong(MappingErrorKind::NotANumber))
    }

    fn character(&mut self) -> Result<char, MappingError> {
        let (text, wrong) = self.column()?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(wrong(MappingErrorKind::NotACharacter)),
        }
    }

    fn scale(&mut self) -> Result<PriceScale, MappingError> {
        let column = self.next;
        let code = self.number()?;
        PriceScale::new(code).ok_or(MappingError {
            column,
            kind: MappingErrorKind::ScaleTooLarge,
        })
    }
}

/// The name of a column in the venue's specification.
const COLUMNS: [&str; 9] = [
    "Symbol",
    "CQS Symbol",
    "SymbolIndex",
    "NYSE Market",
    "Listed Market",
    "TickerDesignation",
    "UOT",
    "PriceScaleCode",
    "SystemID",
];

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = COLUMNS
            .get(usize::from(self.column))
            .copied()
            .unwrap_or_default();
        write!(f, "column {} ({name}) {}", self.column, self.kind)
    }
}

impl fmt::Display for MappingErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::Empty => "is empty",
            Self::NotANumber => "is not a number of its range",
            Self::NotACharacter => "is not a single character",
            Self::ScaleTooLarge => "is a price scale above 9",
        })
    }
}

impl core::error::Error for MappingError {}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_line_gives_its_nine_columns_and_ignores_further_ones() {
        for line in [
            "VNO PRG|VNO-G|8|P|N|A|10|6|15|||",
            "VNO PRG|VNO-G|8|P|N|A|10|6|15",
            "VNO PRG|VNO-G|8|P|N|A|10|6|15|x|y|z|new column|\r\n",
        ] {
            let expected = MappingLine {
                symbol: "VNO PRG",
                cqs_symbol: "VNO-G",
                symbol_index: SymbolIndex::from_raw(8),
                nyse_market: 'P',
                listed_market: 'N',
                ticker_designation: 'A',
                lot_size: 10,
                price_scale: PriceScale::new(6).unwrap(),
                system_id: SystemId::from_raw(15),
            };
            assert_eq!(MappingLine::parse(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_wrong_column_is_named() {
        for (line, column, kind) in [
            ("", 0, MappingErrorKind::Empty),
            ("AAPL", 1, MappingErrorKind::Missing),
            ("AAPL||9|P|Q|C|100|4|1|||", 1, MappingErrorKind::Empty),
            (
                "AAPL|AAPL|+9|P|Q|C|100|4|1|||",
                2,
                MappingErrorKind::NotANumber,
            ),
            (
                "AAPL|AAPL|4294967296|P|Q|C|100|4|1|||",
                2,
                MappingErrorKind::NotANumber,
            ),
            (
                "AAPL|AAPL|9|PP|Q|C|100|4|1|||",
                3,
                MappingErrorKind::NotACharacter,
            ),
            (
                "AAPL|AAPL|9|P||C|100|4|1|||",
                4,
                MappingErrorKind::NotACharacter,
            ),
            ("AAPL|AAPL|9|P|Q|C||4|1|||", 6, MappingErrorKind::NotANumber),
            (
                "AAPL|AAPL|9|P|Q|C|100|10|1|||",
                7,
                MappingErrorKind::ScaleTooLarge,
            ),
            (
                "AAPL|AAPL|9|P|Q|C|100|4|256|||",
                8,
                MappingErrorKind::NotANumber,
            ),
            ("AAPL|AAPL|9|P|Q|C|100|4", 8, MappingErrorKind::Missing),
        ] {
            assert_eq!(
                MappingLine::parse(line),
                Err(MappingError { column, kind }),
                "{line}"
            );
        }
        let error = MappingLine::parse("AAPL|AAPL|nine|P|Q|C|100|4|1|||").unwrap_err();
        assert_eq!(
            error.to_string(),
            "column 2 (SymbolIndex) is not a number of its range"
        );
    }

    #[test]
    fn a_file_may_have_a_byte_order_mark_blank_lines_and_carriage_returns() {
        let file =
            "\u{feff}AAPL|AAPL|9|P|Q|C|100|4|1|||\r\n\r\nbad\r\nSPY|SPY|9280|P|P|B|100|4|15|||";
        let read: Vec<_> = lines(file)
            .map(|(n, line)| (n, line.map(|l| l.symbol).ok()))
            .collect();
        assert_eq!(read, [(1, Some("AAPL")), (3, None), (4, Some("SPY"))]);
    }
}
