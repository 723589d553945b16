//! What writes rows in a format.

use std::io;

use super::row::Row;
use crate::output::Output;

/// Writes the rows of one table.
pub(crate) trait RowWriter {
    /// Takes a row.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn row(&mut self, row: &Row<'_>) -> io::Result<()>;

    /// Hands over what may leave by itself, such as the rows of a packet.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn hand_over(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes out everything. No row comes after it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn finish(&mut self) -> io::Result<()>;

    /// Where it goes, for who waits for an input while rows are in a buffer.
    fn output(&self) -> &Output;
}
