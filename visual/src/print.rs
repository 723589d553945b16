//! Events as lines of CSV: the dummy visualiser of 2013.

use std::io::{self, Write};

use oxberry_core::units::Price;
use oxberry_proto::start::SymbolEntry;
use oxberry_proto::stock::{Quote, StockEvent, SymbolState};

const HEADER: &str =
    "symbol,event_num,ts_event_ns,state,bid_px,bid_sz,ask_px,ask_sz,trade_px,trade_sz";

/// Writes a line for each event; prices are decimal, an absent level or trade is empty.
#[derive(Debug)]
pub(crate) struct Printer<W: Write> {
    out: io::BufWriter<W>,
    /// The first failure; nothing is written after it.
    failed: Option<io::Error>,
}

impl<W: Write> Printer<W> {
    /// Begins with the header.
    pub(crate) fn new(out: W) -> Self {
        let mut printer = Self {
            out: io::BufWriter::new(out),
            failed: None,
        };
        printer.failed = writeln!(printer.out, "{HEADER}").err();
        printer
    }

    /// Writes the line of an event.
    pub(crate) fn print(&mut self, entry: &SymbolEntry, event: &StockEvent) {
        if self.failed.is_none() {
            self.failed = self.line(entry, event).err();
        }
    }

    /// Lets what was written so far be seen, and tells if that failed at any time.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.failed.take().map_or_else(|| self.out.flush(), Err)
    }

    fn line(&mut self, entry: &SymbolEntry, event: &StockEvent) -> io::Result<()> {
        write!(self.out, "{},{},", entry.name, event.event_num)?;
        if let Some(time) = event.ts_event {
            write!(self.out, "{time}")?;
        }
        write!(self.out, ",{}", state_name(event.state))?;
        let quote = |quote: Option<Quote>| quote.map(|quote| (quote.price, quote.qty));
        let trade = event
            .trade
            .map(|trade| (trade.price, u64::from(trade.qty.raw())));
        for pair in [quote(event.bid), quote(event.ask), trade] {
            self.pair(pair)?;
        }
        writeln!(self.out)
    }

    fn pair(&mut self, pair: Option<(Price, u64)>) -> io::Result<()> {
        match pair {
            Some((price, qty)) => write!(self.out, ",{},{qty}", price.decimal()),
            None => write!(self.out, ",,"),
        }
    }
}

const fn state_name(state: SymbolState) -> &'static str {
    match state {
        SymbolState::Live => "live",
        SymbolState::Stale => "stale",
        SymbolState::Recovering => "recovering",
        SymbolState::Halted => "halted",
        SymbolState::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{Qty, SymbolIndex, UnixNanos};
    use oxberry_proto::stock::TradePrint;
    use oxberry_proto::{EventNum, Partition, SymbolName};

    use super::*;

    #[test]
    fn an_event_is_a_line_with_exact_prices_and_empty_cells_for_what_is_absent() {
        let entry = SymbolEntry {
            symbol_index: SymbolIndex::from_raw(7),
            name: SymbolName::try_from("BRK A").unwrap(),
            partition: Partition::from_raw(0),
        };
        let price = Price::from_raw(50_850_000_000);
        let quoted = StockEvent {
            symbol_index: entry.symbol_index,
            event_num: EventNum::from_raw(2),
            ts_event: Some(UnixNanos::from_raw(9)),
            state: SymbolState::Live,
            bid: Some(Quote {
                price,
                qty: 300,
                orders: 2,
            }),
            ask: None,
            trade: None,
        };
        let trade = Some(TradePrint {
            price,
            qty: Qty::from_raw(100),
        });
        let traded = StockEvent {
            ts_event: None,
            bid: None,
            trade,
            ..quoted
        };
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out);
        printer.print(&entry, &quoted);
        printer.print(&entry, &traded);
        printer.flush().unwrap();
        drop(printer);
        let expected =
            format!("{HEADER}\nBRK A,2,9,live,50.85,300,,,,\nBRK A,2,,live,,,,,50.85,100\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_closed_pipe_is_told() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(
            Printer::new(Closed).flush().unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }
}
