//! Rows as records of Databento Binary Encoding.
//!
//! The forms of its records are fixed, so each table that has one is put into it here.

use std::io::{self, Write as _};

use dbn::{
    BidAskPair, FlagSet, MappingInterval, MboMsg, Mbp1Msg, Mbp10Msg, Metadata, Publisher,
    RecordHeader, SType, Schema as DbnSchema, SymbolMapping, TradeMsg, UNDEF_PRICE,
    UNDEF_TIMESTAMP,
    encode::{DbnEncoder, EncodeRecord},
    rtype,
};
use oxberry_core::feed::{Action, ExecutionEffect};
use oxberry_core::units::UnixNanos;
use time::{Date, OffsetDateTime};

use super::{
    columns::Schema,
    flags::Flags,
    format::Instrument,
    row::{Row, Value},
    writer::RowWriter,
};
use crate::output::Output;

/// The version that is written: what readers of the last years take.
const VERSION: u8 = 3;

/// Writes a record a row, or two.
pub(super) struct Dbn {
    output: Output,
    table: Table,
    /// What the metadata names, until the first row tells the day.
    instruments: Vec<Instrument>,
    /// Nothing before the first row.
    encoder: Option<DbnEncoder<Output>>,
}

/// Which record, and where its values stand in a row.
#[derive(Clone, Debug)]
struct Table {
    record: Record,
    /// Where the values are that its record needs.
    places: Vec<usize>,
    /// Where the instant of a sample is.
    sample: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Trade,
    Order,
    Best,
    Depth,
}

impl Dbn {
    pub(super) fn new(schema: &Schema, instruments: Vec<Instrument>, output: Output) -> Self {
        Self {
            output,
            table: Table::of(schema),
            instruments,
            encoder: None,
        }
    }

    /// The encoder; writes the metadata before the first record.
    fn encoder(&mut self, first: Option<&Row<'_>>) -> io::Result<&mut DbnEncoder<Output>> {
        if self.encoder.is_none() {
            let metadata = self.metadata(first);
            let encoder = DbnEncoder::new(self.output.clone(), &metadata).map_err(failed)?;
            self.encoder = Some(encoder);
        }
        self.encoder
            .as_mut()
            .ok_or_else(|| io::Error::other("no encoder"))
    }

    fn metadata(&self, first: Option<&Row<'_>>) -> Metadata {
        let start = first.and_then(|row| row.origin.ts_send);
        let start = start.map_or(0, UnixNanos::raw);
        let schema = match self.table.record {
            Record::Trade => DbnSchema::Trades,
            Record::Order => DbnSchema::Mbo,
            Record::Best => DbnSchema::Mbp1,
            Record::Depth => DbnSchema::Mbp10,
        };
        let day = OffsetDateTime::from_unix_timestamp_nanos(start.into());
        let day = day.map_or(Date::MIN, OffsetDateTime::date);
        let end_date = day.next_day().and_then(Date::next_day).unwrap_or(Date::MAX);
        let mappings = self.instruments.iter().map(|instrument| SymbolMapping {
            raw_symbol: instrument.name.clone(),
            intervals: vec![MappingInterval {
                start_date: day,
                end_date,
                symbol: instrument.symbol_index.to_string(),
            }],
        });
        let symbols = self.instruments.iter();
        Metadata::builder()
            .version(VERSION)
            .dataset("ARCX.PILLAR".to_owned())
            .schema(Some(schema))
            .start(start)
            .stype_in(Some(SType::RawSymbol))
            .stype_out(SType::InstrumentId)
            .symbols(symbols.map(|instrument| instrument.name.clone()).collect())
            .mappings(mappings.collect())
            .build()
    }

    fn encode(&mut self, row: &Row<'_>, record: &impl dbn::encode::DbnEncodable) -> io::Result<()> {
        self.encoder(Some(row))?
            .encode_record(record)
            .map_err(failed)
    }

    fn trade(&mut self, row: &Row<'_>) -> io::Result<()> {
        let value = |at| self.table.value(row, at);
        let record = TradeMsg {
            hd: header::<TradeMsg>(rtype::MBP_0, row),
            price: price(value(0), row),
            size: size(value(1)),
            action: letter(b'T'),
            side: side(value(2)),
            flags: flags(row, Flags::LAST),
            depth: 0,
            ts_recv: self.table.ts_recv(row),
            ts_in_delta: 0,
            sequence: sequence(row),
        };
        self.encode(row, &record)
    }

    fn best(&mut self, row: &Row<'_>) -> io::Result<()> {
        let value = |at| self.table.value(row, at);
        let level = level([value(0), value(1), value(2), value(3)], row);
        let record = Mbp1Msg {
            hd: header::<Mbp1Msg>(rtype::MBP_1, row),
            price: UNDEF_PRICE,
            size: 0,
            action: letter(b'N'),
            side: letter(b'N'),
            flags: flags(row, Flags::LAST),
            depth: 0,
            ts_recv: self.table.ts_recv(row),
            ts_in_delta: 0,
            sequence: sequence(row),
            levels: [level],
        };
        self.encode(row, &record)
    }

    fn depth(&mut self, row: &Row<'_>) -> io::Result<()> {
        let levels = std::array::from_fn(|place| {
            // Behind the last level of the table there is none.
            let value = |at| self.table.value(row, place * 4 + at);
            level([value(0), value(1), value(2), value(3)], row)
        });
        let record = Mbp10Msg {
            hd: header::<Mbp10Msg>(rtype::MBP_10, row),
            price: UNDEF_PRICE,
            size: 0,
            action: letter(b'N'),
            side: letter(b'N'),
            flags: flags(row, Flags::LAST),
            depth: 0,
            ts_recv: self.table.ts_recv(row),
            ts_in_delta: 0,
            sequence: sequence(row),
            levels,
        };
        self.encode(row, &record)
    }

    /// A fill is a record of the trade and one of the shares that leave, a replace is a cancel and an
    /// add; the last one has the flag.
    fn order(&mut self, row: &Row<'_>) -> io::Result<()> {
        let column = |name: OrderColumn| self.table.value(row, name as usize);
        let base = MboMsg {
            hd: header::<MboMsg>(rtype::MBO, row),
            order_id: number(column(OrderColumn::Id)),
            price: price(column(OrderColumn::Price), row),
            size: size(column(OrderColumn::Size)),
            flags: FlagSet::new(u8::try_from(number(column(OrderColumn::Flags))).unwrap_or(0)),
            channel_id: row.origin.channel.raw(),
            action: letter(b'N'),
            side: side(column(OrderColumn::Side)),
            ts_recv: self.table.ts_recv(row),
            ts_in_delta: 0,
            sequence: sequence(row),
        };
        let first_of_two = FlagSet::new(base.flags.raw() & !Flags::LAST.bits());
        let mut first = None;
        let mut record = base.clone();
        record.action = letter(match column(OrderColumn::Action).word() {
            Some("add") => b'A',
            Some("modify") => b'M',
            Some("cancel") => b'C',
            Some("clear") => b'R',
            Some("fill") => {
                let fill = MboMsg {
                    action: letter(b'F'),
                    price: price(column(OrderColumn::TradePrice), row),
                    ..base
                };
                if leaves_alone(row) {
                    return self.encode(row, &fill);
                }
                first = Some(fill);
                b'C'
            }
            Some("replace") => {
                first = Some(MboMsg {
                    action: letter(b'C'),
                    order_id: number(column(OrderColumn::OldId)),
                    price: price(column(OrderColumn::OldPrice), row),
                    size: size(column(OrderColumn::OldSize)),
                    ..base
                });
                b'A'
            }
            _ => b'N',
        });
        if let Some(mut first) = first {
            first.flags = first_of_two;
            self.encode(row, &first)?;
        }
        self.encode(row, &record)
    }
}

/// The columns of the table of orders that a record needs.
#[derive(Clone, Copy, Debug)]
enum OrderColumn {
    Action,
    Id,
    OldId,
    OldPrice,
    OldSize,
    Side,
    Price,
    Size,
    TradePrice,
    Flags,
}

/// Their names, in that order.
const ORDER_COLUMNS: [&str; 10] = [
    "action",
    "order_id",
    "old_order_id",
    "old_order_px",
    "old_order_sz",
    "side",
    "order_px",
    "order_sz",
    "trade_px",
    "flags",
];

impl Table {
    fn of(schema: &Schema) -> Self {
        let names: Vec<&str> = schema.columns().map(|column| column.name).collect();
        // Values of a row begin behind the symbol.
        let place = |name: &str| {
            let found = names.iter().position(|column| *column == name);
            found.and_then(|at| at.checked_sub(1))
        };
        let depth = names.iter().filter(|name| name.starts_with("bid_px_"));
        let depth = depth.count();
        let sides = ["bid_px", "bid_sz", "ask_px", "ask_sz"];
        let (record, wanted): (_, Vec<String>) = if place("action").is_some() {
            (Record::Order, ORDER_COLUMNS.map(str::to_owned).into())
        } else if place("trade_id").is_some() {
            let columns = ["trade_px", "trade_sz", "aggressor"];
            (Record::Trade, columns.map(str::to_owned).into())
        } else if depth == 0 {
            (Record::Best, sides.map(str::to_owned).into())
        } else {
            let levels = (1..=depth).flat_map(|at| sides.map(|name| format!("{name}_{at}")));
            (Record::Depth, levels.collect())
        };
        let places = wanted.iter().map(|name| place(name).unwrap_or(usize::MAX));
        Self {
            record,
            places: places.collect(),
            sample: place("ts_sample_ns"),
        }
    }

    /// What stands in one of the columns that its record needs.
    fn value(&self, row: &Row<'_>, at: usize) -> Value {
        let value = self.places.get(at).and_then(|&at| row.values.get(at));
        value.copied().unwrap_or(Value::Absent)
    }

    /// When the packet was sent, or of a sample its instant.
    fn ts_recv(&self, row: &Row<'_>) -> u64 {
        let sample = self.sample.and_then(|at| row.values.get(at));
        let instant = sample.and_then(|value| value.unsigned());
        let sent = row.origin.ts_send.map(UnixNanos::raw);
        instant.or(sent).unwrap_or(UNDEF_TIMESTAMP)
    }
}

impl RowWriter for Dbn {
    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self.table.record {
            Record::Trade => self.trade(row),
            Record::Order => self.order(row),
            Record::Best => self.best(row),
            Record::Depth => self.depth(row),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.encoder(None)?;
        self.output.flush()
    }

    fn output(&self) -> &Output {
        &self.output
    }
}

fn header<R: dbn::HasRType>(rtype: u8, row: &Row<'_>) -> RecordHeader {
    let publisher = Publisher::ArcxPillarArcx as u16;
    let ts_event = row
        .origin
        .ts_event
        .map_or(UNDEF_TIMESTAMP, |time| time.raw());
    RecordHeader::new::<R>(rtype, publisher, row.origin.symbol_index.raw(), ts_event)
}

/// The number of the message; 0 where none told the row.
fn sequence(row: &Row<'_>) -> u32 {
    let position = row.origin.position;
    position.map_or(0, |position| position.seq_num.raw())
}

fn flags(row: &Row<'_>, others: Flags) -> FlagSet {
    FlagSet::new(Flags::of(row.trust).with(others).bits())
}

/// Bid and ask at one place: prices and sizes in the order of the columns.
fn level([bid_px, bid_sz, ask_px, ask_sz]: [Value; 4], row: &Row<'_>) -> BidAskPair {
    let shown = |price_of, size_of| match size(size_of) {
        0 => (UNDEF_PRICE, 0),
        size => (price(price_of, row), size),
    };
    let ((bid_px, bid_sz), (ask_px, ask_sz)) = (shown(bid_px, bid_sz), shown(ask_px, ask_sz));
    BidAskPair {
        bid_px,
        ask_px,
        bid_sz,
        ask_sz,
        bid_ct: 0,
        ask_ct: 0,
    }
}

/// A price in units of 1e-9.
fn price(value: Value, row: &Row<'_>) -> i64 {
    let price = value.price();
    price.map_or(UNDEF_PRICE, |price| price.scaled(row.scale).raw())
}

fn number(value: Value) -> u64 {
    value.unsigned().unwrap_or_default()
}

/// Shares; of a level with more than fit, as many as fit.
fn size(value: Value) -> u32 {
    u32::try_from(number(value)).unwrap_or(u32::MAX)
}

fn side(value: Value) -> std::ffi::c_char {
    letter(match value.word() {
        Some("bid" | "buy") => b'B',
        Some("ask" | "sell") => b'A',
        _ => b'N',
    })
}

#[allow(
    clippy::cast_possible_wrap,
    reason = "letters of ASCII are positive, whether C's char has a sign on this machine or not"
)]
const fn letter(ascii: u8) -> std::ffi::c_char {
    ascii as std::ffi::c_char
}

/// Whether an execution leaves the order as it is, since another message says what becomes of it.
fn leaves_alone(row: &Row<'_>) -> bool {
    matches!(
        row.origin.action,
        Some(Action::Execute {
            effect: ExecutionEffect::None,
            ..
        })
    )
}

fn failed(error: dbn::Error) -> io::Error {
    if let dbn::Error::Io { source, .. } = error {
        source
    } else {
        io::Error::other(error)
    }
}
