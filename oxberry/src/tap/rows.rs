//! Rows of what a page takes.

use std::io::{self, Write as _};

use oxberry_cluster::page::{Face, Passed, Shown, Told};
use oxberry_core::{
    book::Trust,
    units::{ChannelId, Position, PriceScale, SymbolIndex, UnixNanos},
};
use oxberry_proto::SymbolName;
use oxberry_visual::table::{Entry, name_of};

use super::{Arguments, What};
use crate::{
    export::{Format, Instrument, Origin, Row, RowWriter, Schema, Value},
    failure::Failure,
    nearest::nearest,
    replay::{Bounds, Period},
    whole_file::WholeFile,
};

/// The word of a row that says that something is not told.
const MISSED: &str = "missed";

/// The scale of a row without prices.
const NO_PRICES: PriceScale = PriceScale::new(0).expect("there is such a scale");

/// Makes rows of one table.
pub(super) struct Rows {
    what: What,
    writer: Box<dyn RowWriter>,
    file: Option<WholeFile>,
    format: Format,
    /// The names that were asked for; none for all.
    wanted: Vec<String>,
    period: Period,
    /// The period of this feed, once its day is known.
    bounds: Option<Bounds>,
    /// By the place of the row.
    symbols: Vec<Symbol>,
    values: Vec<Value>,
    /// Whether some row was not live, or something was missed.
    has_doubts: bool,
    failed: Option<Failure>,
}

/// Where something was told.
struct Place {
    symbol_index: SymbolIndex,
    channel: ChannelId,
    position: Position,
    ts_event: Option<UnixNanos>,
    scale: PriceScale,
    trust: Trust,
}

/// What is known of a symbol.
#[derive(Clone, Debug)]
struct Symbol {
    /// As the cluster has it: of another run the place may be another symbol's.
    told: SymbolName,
    name: String,
    is_wanted: bool,
    /// What its last row of best prices showed; nothing behind something that was missed.
    last: Option<Face>,
}

impl Rows {
    /// Rows as they were asked for, of the symbols that the controller gave out.
    ///
    /// # Errors
    ///
    /// When a symbol is not among them, or the format cannot be written there.
    pub(super) fn new(arguments: &Arguments, entries: &[Entry]) -> Result<Self, Failure> {
        let names: Vec<String> = entries.iter().map(Entry::name).collect();
        let is_there = |wanted: &&String| !names.contains(wanted);
        if let Some(wanted) = arguments.symbol.iter().find(is_there) {
            return Err(unknown(&names, wanted));
        }
        let of = |(entry, name): (&Entry, &String)| Instrument {
            name: name.clone(),
            symbol_index: entry.symbol_index,
        };
        let instruments = entries.iter().zip(&names);
        let instruments = instruments
            .filter(|(_, name)| arguments.symbol.is_empty() || arguments.symbol.contains(name))
            .map(of)
            .collect();
        let format = arguments.format;
        let (writer, file) = format.open(
            &schema(arguments.what),
            arguments.prices,
            arguments.out.as_deref(),
            instruments,
        )?;
        Ok(Self {
            what: arguments.what,
            writer,
            file,
            format,
            wanted: arguments.symbol.clone(),
            period: arguments.period(),
            bounds: None,
            symbols: Vec::new(),
            values: Vec::new(),
            has_doubts: false,
            failed: None,
        })
    }

    /// Whether no row comes any more, since something failed.
    pub(super) const fn is_over(&self) -> bool {
        self.failed.is_some()
    }

    /// Takes what the page took of a symbol.
    pub(super) fn take(&mut self, symbol: &SymbolName, told: &Told) {
        match told {
            Told::Event(shown) => self.event(symbol, shown),
            Told::Passed(passed) => self.passed(symbol, passed),
        }
    }

    fn event(&mut self, symbol: &SymbolName, shown: &Shown) {
        let is_in_period = self.is_in_period(shown.ts_event);
        let now = shown.face();
        let of_row = self.symbol(shown.row, symbol, shown.symbol_index);
        if !of_row.is_wanted {
            return;
        }
        let is_news = of_row.last.replace(now) != Some(now);
        if !is_in_period {
            return;
        }
        let name = of_row.name.clone();
        let place = Place {
            symbol_index: shown.symbol_index,
            channel: shown.channel,
            position: shown.position,
            ts_event: shown.ts_event,
            scale: shown.view.scale,
            trust: shown.trust,
        };
        let mut values = std::mem::take(&mut self.values);
        values.clear();
        match (self.what, shown.trade) {
            (What::Bbo, _) if is_news => {
                for level in now.best {
                    values.push(level.map(|(price, _)| price).into());
                    values.push(level.map(|(_, size)| size).into());
                }
                self.write(&name, &place, &values, Value::trust(shown.trust));
            }
            (What::Trades, Some(trade)) => {
                // The nodes tell price and shares of what counts towards volume.
                values.extend([Value::Absent, trade.price.into(), trade.qty.raw().into()]);
                values.extend([Value::Absent, Value::Flag(true)]);
                values.extend([Value::Absent, Value::Absent]);
                self.write(&name, &place, &values, Value::trust(shown.trust));
            }
            (What::Bbo | What::Trades, _) => {}
        }
        self.values = values;
    }

    /// A symbol went on to a state: what led to it is not told.
    fn passed(&mut self, symbol: &SymbolName, passed: &Passed) {
        let of_row = self.symbol(passed.row, symbol, passed.symbol_index);
        if !of_row.is_wanted {
            return;
        }
        of_row.last = None;
        let name = of_row.name.clone();
        self.has_doubts = true;
        // The records of DBN have no place for it.
        if self.format == Format::Dbn || self.is_over() {
            return;
        }
        let place = Place {
            symbol_index: passed.symbol_index,
            channel: passed.channel,
            position: passed.through,
            ts_event: None,
            scale: NO_PRICES,
            trust: Trust::Stale,
        };
        let values = vec![Value::Absent; self.what.columns().len()];
        self.write(&name, &place, &values, Value::Word(MISSED));
    }

    /// Whether an event is to be shown.
    fn is_in_period(&mut self, ts_event: Option<UnixNanos>) -> bool {
        if self.is_over() {
            return false;
        }
        let Some(time) = ts_event else {
            return true;
        };
        let bounds = match self.bounds {
            Some(bounds) => bounds,
            None => match self.period.of_feed(time) {
                Ok(bounds) => *self.bounds.insert(bounds),
                Err(failure) => {
                    self.failed = Some(failure);
                    return false;
                }
            },
        };
        // What others tell of an earlier time may still be on its way, so this is no end.
        bounds.from <= time && bounds.stop.is_none_or(|stop| time < stop)
    }

    /// What is known of the symbol of a row.
    fn symbol(&mut self, row: usize, told: &SymbolName, symbol_index: SymbolIndex) -> &mut Symbol {
        let wanted = &self.wanted;
        let new = |told: &SymbolName| {
            let name = name_of(told, symbol_index);
            Symbol {
                is_wanted: wanted.is_empty() || wanted.contains(&name),
                told: told.clone(),
                name,
                last: Some(Face::BLANK),
            }
        };
        while self.symbols.len() <= row {
            self.symbols.push(new(told));
        }
        let symbol = self.symbols.get_mut(row).expect("it has so many rows");
        if symbol.told != *told {
            *symbol = new(told);
        }
        symbol
    }

    /// Writes a row, behind whose values the word for its trust stands.
    fn write(&mut self, name: &str, place: &Place, values: &[Value], trust: Value) {
        self.has_doubts |= place.trust != Trust::Live;
        let origin = Origin {
            symbol_index: place.symbol_index,
            channel: place.channel,
            position: Some(place.position),
            symbol_seq_num: None,
            ts_event: place.ts_event,
            ts_send: None,
            action: None,
        };
        let values = [&origin.identity()[..], values, &[trust]].concat();
        let row = Row {
            symbol: name,
            scale: place.scale,
            trust: place.trust,
            origin: &origin,
            values: &values,
        };
        if let Err(error) = self.writer.row(&row) {
            self.fail(error);
        }
    }

    /// Lets what was written so far be seen.
    ///
    /// # Errors
    ///
    /// When something could not be written, or nothing can be in the period.
    pub(super) fn hand_over(&mut self) -> Result<(), Failure> {
        let written = self.writer.hand_over();
        let seen = written.and_then(|()| self.writer.output().clone().flush());
        if let Err(error) = seen {
            self.fail(error);
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Writes out everything, and gives the file its name.
    ///
    /// # Errors
    ///
    /// When it cannot be written; [`Failure::NotLive`] when some row was not live, or something was missed.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if let Err(error) = self.writer.finish() {
            self.fail(error);
        }
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        self.file.map_or(Ok(()), WholeFile::complete)?;
        if self.has_doubts {
            Err(Failure::NotLive)
        } else {
            Ok(())
        }
    }

    fn fail(&mut self, error: io::Error) {
        let failure = Failure::of_rows(error, self.file.as_ref());
        self.failed.get_or_insert(failure);
    }
}

/// The columns of a table: those that `oxberry replay` has.
fn schema(what: What) -> Schema {
    let mut schema = Schema::identified(what.columns());
    schema.push("trust".to_owned());
    schema
}

fn unknown(names: &[String], wanted: &str) -> Failure {
    let nearest = nearest(names.iter().map(String::as_str), wanted);
    Failure::Usage(format!(
        "--symbol {wanted}: the cluster has no such symbol; the nearest one is {nearest}"
    ))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use oxberry_core::units::{Numbering, Qty, RawPrice, SeqNum};
    use oxberry_proto::{
        NodeId,
        stock::{Quote, TradePrint, View},
    };

    use super::*;

    /// The options as a command line of their own.
    #[derive(Parser)]
    struct Parsed {
        #[command(flatten)]
        arguments: Arguments,
    }

    const SECOND: u64 = 1_000_000_000;

    /// An event of one symbol, so many seconds after 1970, with this bid.
    fn event(second: u32, bid: u32) -> Told {
        let quote = |price| Quote {
            price: RawPrice::from_raw(price),
            qty: 100,
            orders: second,
        };
        Told::Event(Shown {
            row: 0,
            node: NodeId::from_raw(0),
            symbol_index: SymbolIndex::from_raw(7),
            channel: ChannelId::from_raw(1),
            position: at(second),
            ts_event: Some(UnixNanos::from_raw(u64::from(second) * SECOND)),
            trust: Trust::Live,
            view: View {
                scale: NO_PRICES,
                bid: Some(quote(bid)),
                ask: None,
            },
            trade: Some(TradePrint {
                price: RawPrice::from_raw(bid),
                qty: Qty::from_raw(5),
            }),
        })
    }

    fn at(number: u32) -> Position {
        Position {
            numbering: Numbering::from_raw(1),
            seq_num: SeqNum::from_raw(number),
        }
    }

    fn passed(number: u32) -> Told {
        Told::Passed(Passed {
            row: 0,
            symbol_index: SymbolIndex::from_raw(7),
            channel: ChannelId::from_raw(1),
            through: at(number),
        })
    }

    /// Number and trust of each row that is written with these options, and how it ended.
    fn rows(options: &[&str], told: &[Told]) -> (Vec<(u32, String)>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("rows.csv");
        let line = ["tap", "--out", out.to_str().unwrap()];
        let parsed = Parsed::parse_from(line.iter().chain(options));
        let mut rows = Rows::new(&parsed.arguments, &[]).unwrap();
        let symbol = SymbolName::try_from("MSFT").unwrap();
        for told in told {
            rows.take(&symbol, told);
        }
        let is_sound = match rows.finish() {
            Ok(()) => true,
            Err(Failure::NotLive) => false,
            Err(failure) => panic!("{failure:?}"),
        };
        let written = std::fs::read_to_string(&out).unwrap();
        let of_line = |line: &str| {
            let cells: Vec<_> = line.split(',').collect();
            let trust = cells.last().unwrap().to_string();
            (cells[6].parse().unwrap(), trust)
        };
        (written.lines().skip(1).map(of_line).collect(), is_sound)
    }

    fn live(number: u32) -> (u32, String) {
        (number, "live".into())
    }

    #[test]
    fn a_row_is_written_where_something_changed_and_behind_what_is_not_told() {
        let told = [event(1, 50), event(2, 50), event(3, 51), event(4, 51)];
        assert_eq!(rows(&[], &told), (vec![live(1), live(3)], true));
        let told = [event(1, 50), passed(8), event(9, 50), event(10, 50)];
        let expected = vec![live(1), (8, MISSED.into()), live(9)];
        assert_eq!(rows(&[], &told), (expected, false));
    }

    #[test]
    fn a_period_leaves_rows_out_and_not_what_they_rest_on() {
        let told = [event(1, 50), event(2, 51), event(3, 51), event(5, 52)];
        let from = ["--from", "3000000000"];
        assert_eq!(rows(&from, &told), (vec![live(5)], true));
        // What comes late is of before.
        let late = [event(6, 50), event(4, 51)];
        let until = ["--until", "5000000000"];
        assert_eq!(
            rows(&until, &[&told[..1], &late].concat()),
            (vec![live(1), live(4)], true)
        );
        let trades = [
            "--what",
            "trades",
            "--from",
            "2000000000",
            "--until",
            "5000000000",
        ];
        assert_eq!(rows(&trades, &told), (vec![live(2), live(3)], true));
    }
}
