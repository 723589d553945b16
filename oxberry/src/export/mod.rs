//! Rows of values, and the formats that they are written in.
//!
//! Whoever makes rows names their columns once ([`columns`] knows what each is); whoever writes them
//! knows how each kind of value looks in a format. So tables and formats do not multiply.

mod columns;
mod csv;
mod flags;
mod format;
mod jsonl;
mod row;
mod text;
mod writer;

pub(crate) use self::{
    columns::Schema,
    flags::Flags,
    format::{Destination, Format, Prices},
    row::{Origin, Row, Value},
    writer::RowWriter,
};
