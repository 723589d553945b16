//! The event stream of `oxberry replay --events`: what a page of a cluster would merge.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use oxberry_core::{
    book::{Applied, Books, Level},
    feed::{Action, FeedEvent},
    units::{ChannelId, Position},
};

/// Bytes that are written at once.
const BUFFER: usize = 64 * 1024;

/// Price and shares of the best bid and the best ask.
type Best = [Option<(u32, u64)>; 2];

/// Writes a row for each message that changed best price, size or trust or printed a trade.
#[derive(Debug)]
pub(crate) struct EventRows {
    output: BufWriter<File>,
    /// What was best last, by slot.
    best: Vec<Best>,
}

impl EventRows {
    /// Makes the file and writes the header.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut output = BufWriter::with_capacity(BUFFER, File::create(path)?);
        output.write_all(
            b"symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,\
              trade_px,trade_sz\n",
        )?;
        let best = Vec::new();
        Ok(Self { output, best })
    }

    /// Writes the row that the event asks for, if it asks for one.
    pub(super) fn after(
        &mut self,
        (symbol, channel, position): (&str, ChannelId, Position),
        event: &FeedEvent,
        applied: &Applied,
        books: &Books<'_>,
    ) -> io::Result<()> {
        let slot = applied.slot;
        let of_level = |level: Level| (level.price.raw(), level.qty);
        let bbo = books.bbo(slot);
        let best = [bbo.bid.map(of_level), bbo.ask.map(of_level)];
        // A slot is a number below the number of symbols.
        let at = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
        if at >= self.best.len() {
            self.best.resize(at + 1, Best::default());
        }
        let Some(before) = self.best.get_mut(at) else {
            return Ok(());
        };
        let is_best = core::mem::replace(before, best) == best;
        if is_best && !applied.trust_changed && applied.trade.is_none() {
            return Ok(());
        }
        // What a refresh tells bears the number of another message; its end tells all of it.
        if let Action::Refresh { .. } | Action::RefreshAdd { .. } = event.action {
            return Ok(());
        }
        let Position { numbering, seq_num } = position;
        write!(
            self.output,
            "{symbol},{channel},{numbering},{seq_num},{},{}",
            Shown(event.ts_event),
            books.trust(slot)
        )?;
        let trade = applied
            .trade
            .map(|trade| (trade.price.raw(), u64::from(trade.qty.raw())));
        for pair in [best[0], best[1], trade] {
            let (price, size) = (pair.map(|(price, _)| price), pair.map(|(_, size)| size));
            write!(self.output, ",{},{}", Shown(price), Shown(size))?;
        }
        self.output.write_all(b"\n")
    }

    /// Writes out what waits in buffers.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// A value, or nothing at all.
struct Shown<T>(Option<T>);

impl<T: core::fmt::Display> core::fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}
