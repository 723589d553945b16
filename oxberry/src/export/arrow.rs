//! Rows as a file of Apache Arrow.

use std::io::{self, Write as _};

use arrow_ipc::writer::FileWriter;

use super::{
    batches::{Batches, failed},
    columns::Schema,
    format::Prices,
    row::Row,
    writer::RowWriter,
};
use crate::output::Output;

/// Writes batches as they are full.
pub(super) struct Arrow {
    output: Output,
    batches: Batches,
    writer: FileWriter<Output>,
}

impl Arrow {
    pub(super) fn new(schema: &Schema, prices: Prices, output: Output) -> io::Result<Self> {
        let batches = Batches::new(schema, prices);
        let writer = FileWriter::try_new(output.clone(), batches.schema()).map_err(failed)?;
        Ok(Self {
            output,
            batches,
            writer,
        })
    }
}

impl RowWriter for Arrow {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self.batches.row(row)? {
            Some(batch) => self.writer.write(&batch).map_err(failed),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(batch) = self.batches.take()? {
            self.writer.write(&batch).map_err(failed)?;
        }
        self.writer.finish().map_err(failed)?;
        self.output.flush()
    }

    fn output(&self) -> &Output {
        &self.output
    }
}
