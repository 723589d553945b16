//! Rows as a file of Apache Parquet.

use std::io::{self, Write as _};

use arrow_array::RecordBatch;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};

use super::{batches::Batches, columns::Schema, format::Prices, row::Row, writer::RowWriter};
use crate::output::Output;

/// Writes a row group for each full batch, so that no more than one is in memory.
pub(super) struct Parquet {
    output: Output,
    batches: Batches,
    /// Nothing after the end.
    writer: Option<ArrowWriter<Output>>,
}

impl Parquet {
    pub(super) fn new(schema: &Schema, prices: Prices, output: Output) -> io::Result<Self> {
        let batches = Batches::new(schema, prices);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(batches.most_rows()))
            .set_created_by(concat!("oxberry ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer =
            ArrowWriter::try_new(output.clone(), batches.schema().clone(), Some(properties));
        Ok(Self {
            output,
            batches,
            writer: Some(writer.map_err(failed)?),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        writer.write(batch).map_err(failed)?;
        writer.flush().map_err(failed)
    }
}

impl RowWriter for Parquet {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self.batches.row(row)? {
            Some(batch) => self.write(&batch),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(batch) = self.batches.take()? {
            self.write(&batch)?;
        }
        if let Some(writer) = self.writer.take() {
            writer.close().map_err(failed)?;
        }
        self.output.flush()
    }

    fn output(&self) -> &Output {
        &self.output
    }
}

/// What it means that Parquet cannot do something: mostly that it cannot be written.
fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}
