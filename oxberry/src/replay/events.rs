//! The event stream of `oxberry replay --events`: what a page of a cluster would merge.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use oxberry_core::{
    book::{Applied, Books, Level, Trust},
    feed::{Action, FeedEvent},
    units::{ChannelId, Position},
};

use crate::output::Output;

/// Price and shares of the best bid and the best ask.
type Best = [Option<(u32, u64)>; 2];

/// Writes a row for each message that changed best price, size or trust or printed a trade.
pub(crate) struct EventRows {
    path: PathBuf,
    output: Output,
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
    ///
    /// # Errors
    ///
    /// When it cannot be written, with its name, as all that is written to it later.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| failed(path))?;
        let mut output = Output::to_file(file);
        let header = b"symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,\
            trade_px,trade_sz\n";
        output.write_all(header).with_context(|| failed(path))?;
        Ok(Self {
            path: path.to_owned(),
            output,
            told: Vec::new(),
        })
    }

    /// Where they are written to.
    pub(super) const fn output(&self) -> &Output {
        &self.output
    }

    /// Writes the row that the event asks for, if it asks for one.
    pub(super) fn after(
        &mut self,
        place: (&str, ChannelId, Position),
        event: &FeedEvent,
        applied: &Applied,
        books: &Books<'_>,
    ) -> anyhow::Result<()> {
        let written = self.write(place, event, applied, books);
        written.with_context(|| failed(&self.path))
    }

    fn write(
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
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.output.flush().with_context(|| failed(&self.path))
    }
}

fn failed(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

/// A value, or nothing at all.
struct Shown<T>(Option<T>);

impl<T: core::fmt::Display> core::fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}
