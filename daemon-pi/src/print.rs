//! Stock events as lines on standard output.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd;

use oxberry_net::{Interest, PollItem};
use oxberry_proto::decode_list;
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::stock::{Quote, StockBatch, StockEvent, SymbolState};

/// Bytes that a pipe takes without blocking once poll says that it is writable (POSIX `PIPE_BUF`).
const CHUNK: usize = 4_096;

/// The fewest bytes of a stock event on the wire: index, number, time, state, three absent options.
const LEAST_EVENT_BYTES: usize = 7;

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
        let lines = String::with_capacity(MAX_BATCH_BYTES / LEAST_EVENT_BYTES * MAX_LINE_BYTES);
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

    /// Takes the lines of a frame of stock events. Allocates nothing.
    pub(crate) fn take(&mut self, frame: &[u8]) {
        // A frame of another kind, or a bad one, has no lines; the frame is our own.
        if let Ok((_, events)) = decode_list::<StockBatch>(frame) {
            for event in events.flatten() {
                // Writing to a string cannot fail.
                let _ = writeln!(self.lines, "{}", Line(&event));
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

/// `9280 #17 live bid 50.83 x 200 (2) ask 50.85 x 100 (1) trade 50.85 x 100`
struct Line<'a>(&'a StockEvent);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StockEvent {
            symbol_index,
            event_num,
            ts_event,
            state,
            bid,
            ask,
            trade,
        } = self.0;
        let state = match state {
            SymbolState::Live => "live",
            SymbolState::Stale => "stale",
            SymbolState::Recovering => "recovering",
            SymbolState::Halted => "halted",
            SymbolState::Closed => "closed",
        };
        write!(f, "{symbol_index} #{event_num} {state}")?;
        let sides = [("bid", bid), ("ask", ask)];
        for (side, quote) in sides {
            if let Some(Quote { price, qty, orders }) = quote {
                write!(f, " {side} {} x {qty} ({orders})", price.decimal())?;
            }
        }
        if let Some(trade) = trade {
            write!(f, " trade {} x {}", trade.price.decimal(), trade.qty)?;
        }
        if let Some(ts_event) = ts_event {
            write!(f, " at {ts_event}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use oxberry_core::units::{Price, Qty, SymbolIndex, UnixNanos};
    use oxberry_proto::stock::{Quote, StockBatch, StockEvent, SymbolState, TradePrint};
    use oxberry_proto::{EventNum, NodeId, RecordsWriter};

    use super::Printer;

    #[test]
    fn events_of_a_frame_become_lines() {
        let event = StockEvent {
            symbol_index: SymbolIndex::from_raw(9_280),
            event_num: EventNum::from_raw(17),
            ts_event: Some(UnixNanos::from_raw(1_340_285_400_000_000_000)),
            state: SymbolState::Live,
            bid: Some(Quote {
                price: Price::from_raw(50_830_000_000),
                qty: 200,
                orders: 2,
            }),
            ask: None,
            trade: Some(TradePrint {
                price: Price::from_raw(50_850_000_000),
                qty: Qty::from_raw(100),
            }),
        };
        let closed = StockEvent {
            state: SymbolState::Closed,
            ts_event: None,
            bid: None,
            trade: None,
            ..event
        };
        let mut frame = RecordsWriter::new([0; 1_400]);
        frame.push(&event).unwrap();
        frame.push(&closed).unwrap();
        let head = StockBatch {
            node: NodeId::from_raw(1),
            events: 0,
            ts_sent: UnixNanos::from_raw(0),
        };
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
            "9280 #17 live bid 50.83 x 200 (2) trade 50.85 x 100 at 1340285400000000000\n\
             9280 #17 closed\n"
        );
    }
}
