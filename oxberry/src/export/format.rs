//! The formats, and what writes each of them.

use std::{fs::File, io, path::Path};

use clap::ValueEnum;
use oxberry_core::units::SymbolIndex;

use super::{columns::Schema, csv::Csv, jsonl::JsonLines, writer::RowWriter};
use crate::{failure::Failure, output::Output, whole_file::WholeFile};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values under one header
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Databento Binary Encoding, of which records have fixed forms
    Dbn,
    /// Apache Parquet, compressed with Zstandard
    Parquet,
    /// The file format of Apache Arrow
    Arrow,
}

/// How prices are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prices {
    /// Integers as the wire has them, to be divided by the scale of the symbol
    Raw,
    /// Exact decimal numbers
    Decimal,
}

/// Where rows go.
enum Destination {
    /// Standard output.
    StandardOutput,
    /// A file that is there for its whole length only at the end.
    File(File),
}

/// A symbol, for formats that number instruments.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "dbn"),
    expect(dead_code, reason = "only DBN names them")
)]
pub(crate) struct Instrument {
    pub(crate) name: String,
    pub(crate) symbol_index: SymbolIndex,
}

impl Format {
    /// The name of the option's value.
    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Dbn => "dbn",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Whether people can read it.
    const fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Jsonl)
    }

    /// A writer of such rows to a file, which is given back to be completed, or else to standard output.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or this build cannot write the format, or nobody could read it there.
    pub(crate) fn open(
        self,
        schema: &Schema,
        prices: Prices,
        out: Option<&Path>,
        instruments: Vec<Instrument>,
    ) -> Result<(Box<dyn RowWriter>, Option<WholeFile>), Failure> {
        let file = out.map(WholeFile::create).transpose()?;
        let destination = match &file {
            Some(file) => Destination::File(file.file()?),
            None => Destination::StandardOutput,
        };
        destination.check(self)?;
        let writer = self.writer(schema, prices, destination, instruments)?;
        Ok((writer, file))
    }

    /// A writer of such rows.
    ///
    /// # Errors
    ///
    /// When this build cannot write the format; the error says which one can.
    fn writer(
        self,
        schema: &Schema,
        prices: Prices,
        destination: Destination,
        instruments: Vec<Instrument>,
    ) -> Result<Box<dyn RowWriter>, Failure> {
        let output = match destination {
            Destination::StandardOutput => Output::new(),
            Destination::File(file) => Output::to_file(file),
        };
        Ok(match self {
            Self::Csv => Box::new(Csv::new(schema, prices, output)),
            Self::Jsonl => Box::new(JsonLines::new(schema, prices, output)),
            #[cfg(feature = "dbn")]
            Self::Dbn => Box::new(super::dbn::Dbn::new(schema, instruments, output)),
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(super::parquet::Parquet::new(schema, prices, output)?),
            #[cfg(feature = "arrow")]
            Self::Arrow => Box::new(super::arrow::Arrow::new(schema, prices, output)?),
            #[cfg(not(all(feature = "dbn", feature = "parquet", feature = "arrow")))]
            _ => {
                drop(instruments);
                return Err(self.is_not_built());
            }
        })
    }

    /// What to do where the format is not in this build.
    #[cfg(not(all(feature = "dbn", feature = "parquet", feature = "arrow")))]
    fn is_not_built(self) -> Failure {
        let name = self.name();
        Failure::Usage(format!(
            "--format {name} is not in this build. The Debian package has it, and so has a build by \
             `cargo build --release --features {name}`"
        ))
    }
}

impl Destination {
    /// Refuses a format that nobody could read there.
    ///
    /// # Errors
    ///
    /// A usage error for binary rows on a terminal.
    fn check(&self, format: Format) -> Result<(), Failure> {
        let is_terminal =
            matches!(self, Self::StandardOutput) && io::IsTerminal::is_terminal(&io::stdout());
        if is_terminal && !format.is_text() {
            return Err(Failure::Usage(format!(
                "--format {} is not for a terminal: --out FILE says where it goes",
                format.name()
            )));
        }
        Ok(())
    }
}
