//! Rows as batches of columns in memory, as Arrow has them.

use std::{io, sync::Arc};

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{
        ArrayBuilder, BooleanBuilder, Decimal128Builder, StringBuilder, TimestampNanosecondBuilder,
        UInt32Builder, UInt64Builder,
    },
};
use arrow_schema::{ArrowError, DataType, Field, Schema as ArrowSchema, SchemaRef, TimeUnit};
use oxberry_core::units::{PriceScale, RawPrice};

use super::{
    columns::{Kind, Named, Schema},
    format::Prices,
    row::{Row, Value},
    text,
};

/// The values of a batch; they are what memory is taken for.
const MOST_VALUES: usize = 1 << 20;

/// The rows of a batch where they have few columns.
const MOST_ROWS: usize = 1 << 16;

/// Decimal places of decimal prices, enough for every scale.
const PLACES: i8 = 9;

/// Digits of decimal prices: the largest raw price without decimal places has 10 before the point.
const DIGITS: u8 = 19;

/// The columns of the batch that is being filled.
pub(super) struct Batches {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
    most_rows: usize,
}

enum Column {
    Text(StringBuilder),
    Number(UInt64Builder),
    RawPrice(UInt32Builder),
    DecimalPrice(Decimal128Builder),
    Time(TimestampNanosecondBuilder),
    Flag(BooleanBuilder),
}

impl Batches {
    pub(super) fn new(schema: &Schema, prices: Prices) -> Self {
        let columns: Vec<_> = schema
            .columns()
            .map(|Named { kind, .. }| Column::of(kind, prices))
            .collect();
        let fields = schema.columns().zip(&columns).map(|(named, column)| {
            let may_be_absent = named.name != "symbol";
            Field::new(named.name, column.data_type(), may_be_absent)
        });
        Self {
            schema: Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>())),
            most_rows: (MOST_VALUES / columns.len().max(1)).clamp(1, MOST_ROWS),
            columns,
            rows: 0,
        }
    }

    /// The types of the columns.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many rows a full batch has.
    #[cfg(feature = "parquet")]
    pub(super) const fn most_rows(&self) -> usize {
        self.most_rows
    }

    /// Takes a row; gives a batch when it is full.
    pub(super) fn row(&mut self, row: &Row<'_>) -> io::Result<Option<RecordBatch>> {
        let mut columns = self.columns.iter_mut();
        if let Some(Column::Text(symbols)) = columns.next() {
            symbols.append_value(row.symbol);
        }
        for (column, value) in columns.zip(row.values) {
            column.push(*value, row.scale);
        }
        self.rows += 1;
        if self.rows < self.most_rows {
            return Ok(None);
        }
        self.take()
    }

    /// The rows that are in no batch yet, if there are some.
    pub(super) fn take(&mut self) -> io::Result<Option<RecordBatch>> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.rows = 0;
        let columns = self.columns.iter_mut().map(Column::finish).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        batch.map(Some).map_err(failed)
    }
}

impl Column {
    fn of(kind: Kind, prices: Prices) -> Self {
        match (kind, prices) {
            (Kind::Text, _) => Self::Text(StringBuilder::new()),
            (Kind::Number | Kind::Size | Kind::Duration, _) => Self::Number(UInt64Builder::new()),
            (Kind::Price, Prices::Raw) => Self::RawPrice(UInt32Builder::new()),
            (Kind::Price, Prices::Decimal) => {
                let decimal = DataType::Decimal128(DIGITS, PLACES);
                Self::DecimalPrice(Decimal128Builder::new().with_data_type(decimal))
            }
            (Kind::Time, _) => Self::Time(TimestampNanosecondBuilder::new().with_timezone("UTC")),
            (Kind::Flag, _) => Self::Flag(BooleanBuilder::new()),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Number(_) => DataType::UInt64,
            Self::RawPrice(_) => DataType::UInt32,
            Self::DecimalPrice(_) => DataType::Decimal128(DIGITS, PLACES),
            Self::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::Flag(_) => DataType::Boolean,
        }
    }

    /// Appends a value; one that is not of the column's kind is absent.
    #[inline]
    fn push(&mut self, value: Value, scale: PriceScale) {
        match self {
            Self::Text(to) => match value {
                Value::Word(word) => to.append_value(word),
                Value::Codes(codes) => {
                    let (shown, length) = text::codes(codes);
                    to.append_value(shown.into_iter().take(length).collect::<String>());
                }
                Value::Absent | Value::Unsigned(_) | Value::Price(_) | Value::Flag(_) => {
                    to.append_null();
                }
            },
            Self::Number(to) => to.append_option(value.unsigned()),
            Self::RawPrice(to) => to.append_option(value.price().map(RawPrice::raw)),
            Self::DecimalPrice(to) => {
                let exact = value.price().map(|price| price.scaled(scale).raw().into());
                to.append_option(exact);
            }
            Self::Time(to) => {
                let time = value
                    .unsigned()
                    .map(|time| i64::try_from(time).unwrap_or(i64::MAX));
                to.append_option(time);
            }
            Self::Flag(to) => to.append_option(match value {
                Value::Flag(flag) => Some(flag),
                Value::Absent
                | Value::Unsigned(_)
                | Value::Price(_)
                | Value::Word(_)
                | Value::Codes(_) => None,
            }),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(to) => ArrayBuilder::finish(to),
            Self::Number(to) => ArrayBuilder::finish(to),
            Self::RawPrice(to) => ArrayBuilder::finish(to),
            Self::DecimalPrice(to) => ArrayBuilder::finish(to),
            Self::Time(to) => ArrayBuilder::finish(to),
            Self::Flag(to) => ArrayBuilder::finish(to),
        }
    }
}

/// What it means that Arrow cannot do something: mostly that it cannot be written.
pub(super) fn failed(error: ArrowError) -> io::Error {
    if let ArrowError::IoError(_, error) = error {
        error
    } else {
        io::Error::other(error)
    }
}
