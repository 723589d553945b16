//! The rows of a replay, from what happens to the books to the format they are written in.

use oxberry_core::{
    book::{Applied, Books},
    feed::FeedEvent,
    units::{ChannelId, Numbering, Position, SeqNum, UnixNanos},
    xdp::{Dialect, PacketRef},
};

use super::{
    period::Bounds,
    sink::{Named, Sink},
    views::{Told, View},
};
use crate::{export::Origin, failure::Failure, output::Output, whole_file::WholeFile};

/// Makes rows of one table.
pub(crate) struct Rows {
    view: Box<dyn View>,
    sink: Sink,
    /// When the latest packet was sent.
    now: UnixNanos,
    /// When the one was sent whose events come: before that, if it was held until others had come.
    sent: UnixNanos,
    /// Whether all symbols are wanted, also those that only the feed defines.
    all_symbols: bool,
    /// The file that they are written to, if it is one.
    file: Option<WholeFile>,
}

impl Rows {
    pub(super) fn new(
        view: Box<dyn View>,
        sink: Sink,
        all_symbols: bool,
        file: Option<WholeFile>,
    ) -> Self {
        Self {
            view,
            sink,
            now: UnixNanos::default(),
            sent: UnixNanos::default(),
            all_symbols,
            file,
        }
    }

    /// Takes up a symbol that the mapping file does not have, behind all others.
    pub(super) fn add_symbol(&mut self, name: String) {
        self.view.add_symbol();
        self.sink.add_symbol(Named {
            name,
            is_wanted: self.all_symbols,
            is_named: false,
        });
    }

    /// The feed turned out to be of a day, and the period to be this one.
    pub(super) fn begin(&mut self, bounds: Bounds) {
        self.sink.begin_at(bounds.from);
    }

    /// A packet comes that was sent now, and nothing of it was read.
    #[inline]
    pub(super) fn advance(&mut self, now: UnixNanos, books: &Books<'_>) {
        self.sink.advance(now, books);
        self.now = now;
    }

    /// Looks at a packet before its events come.
    pub(super) fn expect(&mut self, packet: &PacketRef<'_>, dialect: Dialect) {
        self.sent = packet.header().send_time;
        self.view.expect(packet, dialect);
    }

    /// Looks at the books before an event changes them.
    #[inline]
    pub(super) fn before(&mut self, event: &FeedEvent, books: &Books<'_>) {
        self.view.before(event, books);
    }

    /// Makes the rows that the event asks for.
    pub(super) fn after(
        &mut self,
        (channel, numbering): (ChannelId, Numbering),
        event: &FeedEvent,
        applied: &Applied,
        books: &Books<'_>,
    ) {
        if !self.sink.wants(applied.slot) {
            return;
        }
        let origin = Origin {
            symbol_index: event.symbol_index,
            channel,
            position: Some(Position {
                numbering,
                seq_num: event.seq_num,
            }),
            symbol_seq_num: event.symbol_seq_num,
            ts_event: event.ts_event,
            ts_send: Some(self.sent),
            action: Some(event.action),
        };
        let told = Told {
            event,
            applied,
            books,
            origin,
        };
        self.view.after(&told, &mut self.sink);
    }

    /// Makes the rows of what happened to a whole channel up to this number.
    pub(super) fn shaken(
        &mut self,
        (channel, numbering): (ChannelId, Numbering),
        seq_num: SeqNum,
        books: &Books<'_>,
    ) {
        let origin = Origin {
            symbol_index: Default::default(),
            channel,
            position: Some(Position { numbering, seq_num }),
            symbol_seq_num: None,
            ts_event: None,
            ts_send: Some(self.now),
            action: None,
        };
        self.view.shaken(&origin, books, &mut self.sink);
    }

    /// The reading stopped, at this time if it was told to: makes the samples up to there.
    pub(super) fn stop(&mut self, stop: Option<UnixNanos>, books: &Books<'_>) {
        let behind = UnixNanos::from_raw(self.now.raw().saturating_add(1));
        self.sink.advance(stop.unwrap_or(behind), books);
    }

    /// Makes the rows of the end, and writes out everything.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn end(&mut self, books: &Books<'_>) -> Result<(), Failure> {
        self.view.end(books, &mut self.sink);
        let finished = self.sink.finish();
        finished.map_err(|error| self.failed(error))
    }

    /// What is to be said at the end.
    pub(super) fn remarks(&self) -> Vec<String> {
        self.view.remarks()
    }

    /// Where they are written to.
    pub(super) fn output(&self) -> &Output {
        self.sink.output()
    }

    /// Hands over the rows that were made since the last time, such as those of a packet.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    #[inline]
    pub(super) fn hand_over(&mut self) -> Result<(), Failure> {
        let written = self.sink.hand_over();
        written.map_err(|error| self.failed(error))
    }

    /// All rows are written and good: the file, if there is one, gets its name.
    ///
    /// # Errors
    ///
    /// When that cannot be done.
    pub(super) fn complete(self) -> Result<(), Failure> {
        match self.file {
            Some(file) => Ok(file.complete()?),
            None => Ok(()),
        }
    }

    /// What it means that rows cannot be written.
    fn failed(&self, error: std::io::Error) -> Failure {
        Failure::of_rows(error, self.file.as_ref())
    }
}
