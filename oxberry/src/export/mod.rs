//! Rows of values, and the formats that they are written in.
//!
//! Whoever makes rows names their columns once ([`columns`] knows what each is); whoever writes them
//! knows how each kind of value looks in a format. So tables and formats do not multiply.

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(any(feature = "arrow", feature = "parquet"))]
mod batches;
mod columns;
mod csv;
#[cfg(feature = "dbn")]
mod dbn;
mod flags;
mod format;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod row;
mod text;
mod writer;

pub(crate) use self::{
    columns::{BEST_PRICES, Schema, TRADES},
    flags::Flags,
    format::{Format, Instrument, Prices},
    row::{Origin, Row, Value},
    writer::RowWriter,
};
