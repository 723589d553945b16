//! The event stream of `oxberry replay --events`: what a page of a cluster would merge.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use oxberry_core::{
    book::{Applied, Books, Level, Trust},
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
    /// What was told last, by slot.
    told: Vec<Told>,
}

/// What a row tells of a symbol beside trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    best: Best,
    trust: Trust,
}

impl Default for Told {
    /// What holds before anything was told.
    fn default() -> Self {
        Self {
            best: Best::default(),
            trust: Trust::Live,
        }
    }
}

impl EventRows {
    /// Makes the file and writes the header.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut output = BufWriter::with_capacity(BUFFER, File::create(path)?);
        output.write_all(
            b"symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,\
              trade_px,trade_sz\n",
        )?;
        let told = Vec::new();
        Ok(Self { output, told })
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
        // What a refresh tells bears the number of another message. The next one of the symbol shows it.
        let is_of_refresh = matches!(
            event.action,
            Action::Refresh { .. } | Action::RefreshAdd { .. } | Action::Refreshed
        );
        if !applied.is_news() || is_of_refresh {
            return Ok(());
        }
        let trust = books.trust(slot);
        let told = Told { best, trust };
        // A slot is a number below the number of symbols.
        let at = usize::try_from(slot.raw()).unwrap_or(usize::MAX);
        if at >= self.told.len() {
            self.told.resize(at + 1, Told::default());
        }
        let before = self.told.get_mut(at);
        let before = before.map(|before| core::mem::replace(before, told));
        if before == Some(told) && applied.trade.is_none() {
            return Ok(());
        }
        let Position { numbering, seq_num } = position;
        write!(
            self.output,
            "{symbol},{channel},{numbering},{seq_num},{},{}",
            Shown(event.ts_event),
            trust
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
