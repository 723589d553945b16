//! Rows as JSON lines.

use std::io::{self, Write as _};

use super::{
    columns::Schema,
    format::Prices,
    row::{Row, Value},
    text::{self, Digits},
    writer::RowWriter,
};
use crate::output::Output;

/// Writes an object a row, with all columns: what is absent is null. Decimal prices are text, since
/// most who read JSON would make floats of them.
pub(super) struct JsonLines {
    output: Output,
    /// Lines that were not handed over yet.
    waiting: Vec<u8>,
    /// What stands before each value behind the symbol.
    keys: Vec<String>,
    prices: Prices,
    digits: Digits,
}

impl JsonLines {
    pub(super) fn new(schema: &Schema, prices: Prices, output: Output) -> Self {
        let keys = schema.columns().skip(1);
        Self {
            output,
            waiting: Vec::new(),
            keys: keys
                .map(|column| format!(",\"{}\":", column.name))
                .collect(),
            prices,
            digits: Digits::default(),
        }
    }
}

impl RowWriter for JsonLines {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let to = &mut self.waiting;
        to.extend_from_slice(b"{\"symbol\":");
        serde_json::to_writer(&mut *to, row.symbol)?;
        for (key, value) in self.keys.iter().zip(row.values) {
            to.extend_from_slice(key.as_bytes());
            match *value {
                Value::Absent => to.extend_from_slice(b"null"),
                Value::Unsigned(number) => self.digits.number(number, to),
                Value::Price(price) => {
                    let quote: &[u8] = match self.prices {
                        Prices::Raw => b"",
                        Prices::Decimal => b"\"",
                    };
                    to.extend_from_slice(quote);
                    self.digits.price(price, row.scale, self.prices, to);
                    to.extend_from_slice(quote);
                }
                Value::Word(word) => write!(to, "\"{word}\"")?,
                Value::Flag(flag) => write!(to, "{flag}")?,
                Value::Codes(codes) => {
                    let (shown, length) = text::codes(codes);
                    let shown: String = shown.into_iter().take(length).collect();
                    serde_json::to_writer(&mut *to, &shown)?;
                }
            }
        }
        to.extend_from_slice(b"}\n");
        Ok(())
    }

    fn hand_over(&mut self) -> io::Result<()> {
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
