//! Events as lines of CSV: for a person, the dummy visualiser of 2013, or for a program that compares
//! them.

use std::io::{self, Write};

use oxberry_cluster::page::{Passed, Shown};
use oxberry_core::units::{ChannelId, Position, PriceScale, RawPrice, SymbolIndex};
use oxberry_proto::SymbolName;
use oxberry_proto::stock::Quote;

use crate::table::name_of;

const HEADER: &str = "symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,\
                      trade_px,trade_sz";

/// How prices are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prices {
    /// As the wire has them, in the scale of the symbol.
    Raw,
    /// Exact decimal numbers.
    Decimal,
}

/// Writes a line for each event; an absent level, trade or time is empty.
#[derive(Debug)]
pub(crate) struct Printer<W: Write> {
    out: io::BufWriter<W>,
    prices: Prices,
    /// The first failure; nothing is written after it.
    failed: Option<io::Error>,
}

impl<W: Write> Printer<W> {
    /// Begins with the header.
    pub(crate) fn new(out: W, prices: Prices) -> Self {
        let mut printer = Self {
            out: io::BufWriter::new(out),
            prices,
            failed: None,
        };
        printer.failed = writeln!(printer.out, "{HEADER}").err();
        printer
    }

    /// Writes the line of an event.
    pub(crate) fn print(&mut self, symbol: &SymbolName, shown: &Shown) {
        if self.failed.is_none() {
            self.failed = self.line(symbol, shown).err();
        }
    }

    /// Writes the line that says that nothing is told of a symbol up to a position, behind its last line.
    pub(crate) fn print_passed(&mut self, symbol: &SymbolName, passed: &Passed) {
        if self.failed.is_none() {
            self.failed = self.line_of_passed(symbol, passed).err();
        }
    }

    /// The first failure, if one came since it was asked last.
    pub(crate) const fn failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// Lets what was written so far be seen, and tells if that failed at any time.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.failed.take().map_or_else(|| self.out.flush(), Err)
    }

    fn line(&mut self, symbol: &SymbolName, shown: &Shown) -> io::Result<()> {
        let at = (shown.channel, shown.position);
        self.begin_line((symbol, shown.symbol_index), at)?;
        if let Some(time) = shown.ts_event {
            write!(self.out, "{time}")?;
        }
        write!(self.out, ",{}", shown.trust)?;
        let quote = |quote: Option<Quote>| quote.map(|quote| (quote.price, quote.qty));
        let trade = shown
            .trade
            .map(|trade| (trade.price, u64::from(trade.qty.raw())));
        for pair in [quote(shown.view.bid), quote(shown.view.ask), trade] {
            self.pair(pair, shown.view.scale)?;
        }
        writeln!(self.out)
    }

    fn line_of_passed(&mut self, symbol: &SymbolName, passed: &Passed) -> io::Result<()> {
        let at = (passed.channel, passed.through);
        self.begin_line((symbol, passed.symbol_index), at)?;
        writeln!(self.out, ",missed,,,,,,")
    }

    /// Writes the columns up to the time.
    fn begin_line(
        &mut self,
        (symbol, symbol_index): (&SymbolName, SymbolIndex),
        (channel, position): (ChannelId, Position),
    ) -> io::Result<()> {
        if symbol.is_empty() {
            write!(self.out, "{}", name_of(symbol, symbol_index))?;
        } else {
            self.out.write_all(symbol.as_bytes())?;
        }
        let Position { numbering, seq_num } = position;
        write!(self.out, ",{channel},{numbering},{seq_num},")
    }

    fn pair(&mut self, pair: Option<(RawPrice, u64)>, scale: PriceScale) -> io::Result<()> {
        match (pair, self.prices) {
            (None, _) => write!(self.out, ",,"),
            (Some((price, qty)), Prices::Raw) => write!(self.out, ",{},{qty}", price.raw()),
            (Some((price, qty)), Prices::Decimal) => {
                write!(self.out, ",{},{qty}", price.scaled(scale).decimal())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::book::Trust;
    use oxberry_core::units::{Numbering, Qty, SeqNum, UnixNanos};
    use oxberry_proto::NodeId;
    use oxberry_proto::stock::{TradePrint, View};

    use super::*;

    fn printed(prices: Prices) -> String {
        let price = RawPrice::from_raw(508_500);
        let quoted = Shown {
            row: 0,
            node: NodeId::from_raw(0),
            symbol_index: SymbolIndex::from_raw(7),
            channel: ChannelId::from_raw(3),
            position: Position {
                numbering: Numbering::from_raw(99),
                seq_num: SeqNum::from_raw(2),
            },
            ts_event: Some(UnixNanos::from_raw(9)),
            trust: Trust::Live,
            view: View {
                scale: PriceScale::new(4).unwrap(),
                bid: Some(Quote {
                    price,
                    qty: 300,
                    orders: 2,
                }),
                ask: None,
            },
            trade: None,
        };
        let traded = Shown {
            ts_event: None,
            trust: Trust::Stale,
            view: View {
                bid: None,
                ..quoted.view
            },
            trade: Some(TradePrint {
                price,
                qty: Qty::from_raw(100),
            }),
            ..quoted
        };
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, prices);
        printer.print(&SymbolName::try_from("BRK A").unwrap(), &quoted);
        printer.print(&SymbolName::new(), &traded);
        printer.flush().unwrap();
        drop(printer);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_a_line_with_empty_cells_for_what_is_absent() {
        let expected = format!(
            "{HEADER}\nBRK A,3,99,2,9,live,508500,300,,,,\n#7,3,99,2,,stale,,,,,508500,100\n"
        );
        assert_eq!(printed(Prices::Raw), expected);
    }

    #[test]
    fn for_a_person_prices_are_exact_decimal_numbers() {
        let expected = format!(
            "{HEADER}\nBRK A,3,99,2,9,live,50.85,300,,,,\n#7,3,99,2,,stale,,,,,50.85,100\n"
        );
        assert_eq!(printed(Prices::Decimal), expected);
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
            Printer::new(Closed, Prices::Raw)
                .flush()
                .unwrap_err()
                .kind(),
            io::ErrorKind::BrokenPipe
        );
    }
}
