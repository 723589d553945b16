//! Stock events as lines on standard output.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd;

use oxberry_net::{Interest, PollItem};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::stock::{Quote, StockBatch, StockEvent, SymbolTrust, View};
use oxberry_proto::{Deltas, StockTold, decode_list};

/// Bytes that a pipe takes without blocking once poll says that it is writable (POSIX `PIPE_BUF`).
const CHUNK: usize = 4_096;

/// The fewest bytes of a record on the wire: kind, symbol, trust, trading status.
const LEAST_RECORD_BYTES: usize = 4;

/// Bytes of the longest line, generously.
const MAX_LINE_BYTES: usize = 256;

/// Prints the events of one frame at a time, without ever blocking: a reader that does not read
/// holds the next frame back.
#[derive(Debug)]
pub(crate) struct Printer {
    output: File,
    lines: String,
    /// How much of `lines` is written.
    written: usize,
}

impl Printer {
    /// A printer to standard output.
    ///
    /// # Errors
    ///
    /// When the system has no file descriptors left.
    pub(crate) fn to_stdout() -> io::Result<Self> {
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self::new(File::from(output)))
    }

    fn new(output: File) -> Self {
        const { assert!(MAX_LINE_BYTES > 2 * MAX_RECORD_BYTES) };
        let lines = String::with_capacity(MAX_BATCH_BYTES / LEAST_RECORD_BYTES * MAX_LINE_BYTES);
        Self {
            output,
            lines,
            written: 0,
        }
    }

    /// Whether all lines are written, so that the next frame may come.
    pub(crate) fn is_idle(&self) -> bool {
        self.lines.is_empty()
    }

    /// Takes the lines of a frame: events and changes of trust. Allocates nothing.
    pub(crate) fn take(&mut self, frame: &[u8]) {
        // A frame of another kind, or a bad one, has no lines; the frame is our own.
        if let Ok((head, records)) = decode_list::<StockBatch>(frame) {
            let mut deltas = Deltas::new(head.numbering, head.after);
            for record in records.flatten() {
                // Writing to a string cannot fail.
                let _ = match deltas.stock_told(record) {
                    StockTold::Event(event) => writeln!(self.lines, "{}", Line(&event)),
                    StockTold::Trust(trust) => writeln!(self.lines, "{}", TrustLine(&trust)),
                    StockTold::Rebuilt(state) => {
                        writeln!(self.lines, "{}", TrustLine(&state.trust))
                    }
                    StockTold::State(_) | StockTold::StateEnd(_) => Ok(()),
                };
            }
        }
    }

    /// Writes a part of the lines that does not block while standard output is writable.
    pub(crate) fn write_some(&mut self) -> io::Result<()> {
        let left = self
            .lines
            .as_bytes()
            .get(self.written..)
            .unwrap_or_default();
        let chunk = left.get(..CHUNK).unwrap_or(left);
        match self.output.write(chunk) {
            Ok(written) => self.written += written,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                ) => {}
            Err(error) => return Err(error),
        }
        if self.written == self.lines.len() {
            self.lines.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// Its place in a [`wait`](oxberry_net::wait).
    pub(crate) fn poll_item(&self) -> PollItem<'_> {
        // Not asking is not enough: a pipe without a reader is always ready, with an error.
        if self.is_idle() {
            PollItem::nothing()
        } else {
            PollItem::fd(self.output.as_fd(), Interest::Write)
        }
    }
}

/// `9280 #17 bid 50.83 x 200 (2) ask 50.85 x 100 (1) trade 50.85 x 100`, where 17 is the channel's
/// number of the message.
struct Line<'a>(&'a StockEvent);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StockEvent {
            seq_num,
            symbol_index,
            ts_event,
            view: View { scale, bid, ask },
            trade,
        } = self.0;
        write!(f, "{symbol_index} #{seq_num}")?;
        let sides = [("bid", bid), ("ask", ask)];
        for (side, quote) in sides {
            if let Some(Quote { price, qty, orders }) = quote {
                let price = price.scaled(*scale).decimal();
                write!(f, " {side} {price} x {qty} ({orders})")?;
            }
        }
        if let Some(trade) = trade {
            let price = trade.price.scaled(*scale).decimal();
            write!(f, " trade {price} x {}", trade.qty)?;
        }
        if let Some(ts_event) = ts_event {
            write!(f, " at {ts_event}")?;
        }
        Ok(())
    }
}

/// `9280 is stale, halted`
struct TrustLine<'a>(&'a SymbolTrust);

impl fmt::Display for TrustLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SymbolTrust {
            symbol_index,
            trust,
            status,
        } = self.0;
        write!(f, "{symbol_index} is {trust}, {status}")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use oxberry_core::book::{TradingStatus, Trust};
    use oxberry_core::units::{
        ChannelId, Numbering, PriceScale, Qty, RawPrice, SeqNum, SymbolIndex, UnixNanos,
    };
    use oxberry_proto::stock::{
        Quote, StockBatch, StockEvent, SymbolTrust, TradePrint, TrustWord, View,
    };
    use oxberry_proto::{Deltas, NodeId, Partition, RecordsWriter, Run, StockTold, StreamId};

    use super::Printer;

    #[test]
    fn records_of_a_frame_become_lines() {
        let symbol_index = SymbolIndex::from_raw(9_280);
        let event = StockEvent {
            seq_num: SeqNum::from_raw(17),
            symbol_index,
            ts_event: Some(UnixNanos::from_raw(1_340_285_400_000_000_000)),
            view: View {
                scale: PriceScale::new(2).unwrap(),
                bid: Some(Quote {
                    price: RawPrice::from_raw(5_083),
                    qty: 200,
                    orders: 2,
                }),
                ask: None,
            },
            trade: Some(TradePrint {
                price: RawPrice::from_raw(5_085),
                qty: Qty::from_raw(100),
            }),
        };
        let trust = SymbolTrust {
            symbol_index,
            trust: Trust::Stale,
            status: TradingStatus::Halted,
        };
        let head = StockBatch {
            run: Run::default(),
            node: NodeId::from_raw(1),
            stream: StreamId {
                channel: ChannelId::from_raw(1),
                partition: Partition::from_raw(0),
            },
            numbering: Numbering::UNNAMED,
            after: SeqNum::from_raw(10),
            through: SeqNum::from_raw(17),
            begins: None,
            trust: TrustWord::default(),
            events: 0,
            ts_sent: UnixNanos::from_raw(0),
        };
        let mut frame = RecordsWriter::new([0; 1_400]);
        let mut deltas = Deltas::new(head.numbering, head.after);
        for told in [StockTold::Trust(trust), StockTold::Event(event)] {
            frame.push(&deltas.stock_record(&told)).unwrap();
        }
        let mut printer = Printer::new(tempfile::tempfile().unwrap());
        printer.take(frame.finish(&[], head).unwrap());
        while !printer.is_idle() {
            printer.write_some().unwrap();
        }
        let mut printed = String::new();
        printer.output.rewind().unwrap();
        printer.output.read_to_string(&mut printed).unwrap();
        assert_eq!(
            printed,
            "9280 is stale, halted\n\
             9280 #17 bid 50.83 x 200 (2) trade 50.85 x 100 at 1340285400000000000\n"
        );
    }
}
