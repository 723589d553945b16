//! Rows as comma-separated values.

use std::io::{self, Write as _};

use super::{
    columns::Schema,
    format::Prices,
    row::{Row, Value},
    text::{self, Digits},
    writer::RowWriter,
};
use crate::output::Output;

/// Writes CSV: a header, then a line a row; what is absent is empty.
pub(super) struct Csv {
    output: Output,
    /// Lines that were not handed over yet.
    waiting: Vec<u8>,
    prices: Prices,
    digits: Digits,
}

impl Csv {
    /// Begins with the header.
    pub(super) fn new(schema: &Schema, prices: Prices, output: Output) -> Self {
        let names: Vec<&str> = schema.columns().map(|column| column.name).collect();
        Self {
            output,
            waiting: format!("{}\n", names.join(",")).into_bytes(),
            prices,
            digits: Digits::default(),
        }
    }
}

impl RowWriter for Csv {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let to = &mut self.waiting;
        to.extend_from_slice(row.symbol.as_bytes());
        for value in row.values {
            to.push(b',');
            match *value {
                Value::Absent => {}
                Value::Unsigned(number) => self.digits.number(number, to),
                Value::Price(price) => self.digits.price(price, row.scale, self.prices, to),
                Value::Word(word) => to.extend_from_slice(word.as_bytes()),
                Value::Flag(flag) => write!(to, "{flag}")?,
                Value::Codes(codes) => {
                    let (shown, length) = text::codes(codes);
                    let shown: String = shown.into_iter().take(length).collect();
                    // The two characters that CSV has to hide.
                    if shown.contains(['"', ',']) {
                        write!(to, "\"{}\"", shown.replace('"', "\"\""))?;
                    } else {
                        to.extend_from_slice(shown.as_bytes());
                    }
                }
            }
        }
        to.push(b'\n');
        Ok(())
    }

    #[inline]
    fn hand_over(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let written = self.output.write_all(&self.waiting);
        self.waiting.clear();
        written
    }

    fn finish(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.output.flush()
    }

    fn output(&self) -> &Output {
        &self.output
    }
}
