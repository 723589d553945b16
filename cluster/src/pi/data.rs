//! What the data frames do: their coverage is checked, then their events are applied.

use oxberry_core::book::{Books, SymbolSlot, Trust};
use oxberry_core::feed::{Action, Beginning, FeedEvent};
use oxberry_core::units::{ChannelId, Instant, Position, SeqNum, UnixNanos};
use oxberry_proto::flow::{Batch, Begins, Coverage, Refresh};
use oxberry_proto::start::Ping;
use oxberry_proto::{
    Data, Deltas, EventRecord, Kind, ProtoError, Recorded, Records, Run, StreamId, Topic,
};

use super::{Command, Pi, Report};
use crate::coverage::{Fit, Range};
use crate::limits::REPORTED_REJECTIONS;
use crate::partition::unlisted;

/// Events that are read before they are applied together.
const GROUP: usize = 64;

/// How something that covers numbers of a stream was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// The books stand where it goes on: it is to be taken.
    Follows,
    /// All of it was taken before.
    Copy,
    /// Something before it is missing and asked for.
    Hole,
    /// It is of another run, or of a partition that is not held here.
    Foreign,
}

impl<'s> Pi<'s> {
    pub(super) fn dispatch_data(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        frame: &[u8],
    ) -> Result<(), ProtoError> {
        let (_, message) = Topic::split(frame)?;
        match Data::decode(message)? {
            Data::Batch(head, records) => self.handle_batch(now, wall, frame, &head, records)?,
            Data::Coverage(coverage) => self.handle_coverage(now, wall, &coverage),
            Data::Refresh(head, records) => self.handle_refresh(now, wall, &head, records)?,
            Data::RepairGone(gone) => self.handle_gone(now, wall, &gone),
            Data::Ping(ping) => self.handle_ping(now, &ping),
        }
        Ok(())
    }

    fn handle_ping(&mut self, now: Instant, ping: &Ping) {
        if ping.run != self.run {
            self.counters.foreign += 1;
        } else if let Some(at) = self.streams.partition_at(ping.partition)
            && let Some(pinged) = self.pinged.get_mut(at)
        {
            *pinged = true;
            self.is_pinged = true;
            self.ready_when_pinged(now);
        } else {
            self.counters.foreign += 1;
        }
    }

    fn handle_batch(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        frame: &[u8],
        head: &Batch,
        records: Records<'_, EventRecord>,
    ) -> Result<(), ProtoError> {
        let range = Range {
            numbering: head.numbering,
            after: head.after,
            through: head.through,
            begins: head.begins.map(|begins| begins.previous),
        };
        match self.prepare(now, wall, head.run, head.stream, &range, head.begins) {
            Met::Follows => {}
            Met::Hole => {
                self.hold(head.stream, &range, frame);
                return Ok(());
            }
            Met::Copy | Met::Foreign => return Ok(()),
        }
        let result = self.apply_records(wall, head, records);
        if result.is_err() {
            // What followed the unreadable record is lost: say so rather than be wrong.
            self.taker.has_lost = true;
            self.distrust(head.stream, head.through);
        }
        self.counters.batches += 1;
        self.telling.end_batch(head.through);
        self.streams.applied(now, head.stream, range.end());
        result
    }

    /// Applies what the records of a batch say above where the stream stands, as far as they can be
    /// read.
    fn apply_records(
        &mut self,
        wall: UnixNanos,
        head: &Batch,
        records: Records<'_, EventRecord>,
    ) -> Result<(), ProtoError> {
        let taken = self.streams.get(head.stream);
        let taken = taken.map_or(SeqNum::default(), |stream| stream.position.seq_num);
        let mut deltas = Deltas::new(head.numbering, head.after);
        let mut group = heapless::Vec::<FeedEvent, GROUP>::new();
        let mut result = Ok(());
        for record in records {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let event = match deltas.recorded(record) {
                Recorded::Event(event) => event,
                channel_wide @ (Recorded::Lost { .. } | Recorded::Settled { .. }) => {
                    self.apply(wall, head.stream, &group);
                    group.clear();
                    self.handle_channel_wide(head.stream, taken, &channel_wide);
                    continue;
                }
            };
            if event.seq_num <= taken {
                continue;
            }
            if !self.taker.is_idle() && !self.keep_for_wishes(head.stream.channel, &event) {
                continue;
            }
            if let Action::Define { .. } = event.action
                && self.books.slot(event.symbol_index).is_none()
            {
                // What came before it was about a symbol that nobody knew.
                self.apply(wall, head.stream, &group);
                group.clear();
                self.define(head.stream, &event);
            }
            if group.is_full() {
                self.apply(wall, head.stream, &group);
                group.clear();
            }
            group.extend([event]);
        }
        self.apply(wall, head.stream, &group);
        result
    }

    fn handle_coverage(&mut self, now: Instant, wall: UnixNanos, coverage: &Coverage) {
        let range = Range {
            numbering: coverage.numbering,
            after: coverage.after,
            through: coverage.through,
            begins: None,
        };
        let Coverage { run, stream, .. } = *coverage;
        let met = self.prepare(now, wall, run, stream, &range, None);
        let at = self.streams.get(stream).map(|one| one.position);
        let is_of_numbering = at.is_some_and(|at| at.numbering == coverage.numbering);
        if met == Met::Follows || (met == Met::Copy && is_of_numbering) {
            self.streams.covered(coverage);
            self.end_when_over(now);
        }
    }

    /// Takes what a refresh tells, if these books stand where it was told and have had all of it.
    fn handle_refresh(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        head: &Refresh,
        records: Records<'_, EventRecord>,
    ) -> Result<(), ProtoError> {
        let range = Range {
            numbering: head.numbering,
            after: head.after,
            through: head.through,
            begins: None,
        };
        let follows = match self.prepare(now, wall, head.run, head.stream, &range, None) {
            Met::Follows => true,
            Met::Copy => false,
            // What is behind a hole was told where these books do not stand.
            Met::Hole | Met::Foreign => return Ok(()),
        };
        let Some(stream) = self.streams.get_mut(head.stream) else {
            return Ok(());
        };
        if follows {
            stream.position = range.end();
        }
        // Of what came before some may follow: another controller cut it into other messages.
        let end = head.serial.wrapping_add(u32::from(head.events));
        let new = end.wrapping_sub(stream.refreshes);
        if new == 0 || new > u32::MAX / 2 {
            self.counters.copies += u64::from(follows);
            return Ok(());
        }
        let taken = u32::from(head.events).saturating_sub(new);
        let missing = new.saturating_sub(u32::from(head.events));
        if stream.position != range.end() {
            // Something was read since, so that it is too old. The next one shows that it is missing.
            return Ok(());
        }
        stream.refreshes = end;
        if missing > 0 {
            self.counters.refreshes_missed += u64::from(missing);
            self.break_refreshes(head.stream);
        }
        let part = self.streams.partition_at(head.stream.partition);
        let part = part.unwrap_or_default();
        self.telling
            .begin_batch(&mut self.streams, wall, head.stream, part);
        self.telling.end_batch(head.through);
        self.apply_refresh_records(wall, head, records, taken)
    }

    /// Applies what the records of a refresh tell behind the first `taken`, as far as they can be read.
    fn apply_refresh_records(
        &mut self,
        wall: UnixNanos,
        head: &Refresh,
        records: Records<'_, EventRecord>,
        taken: u32,
    ) -> Result<(), ProtoError> {
        let mut deltas = Deltas::new(head.numbering, head.through);
        for (place, record) in (0..).zip(records) {
            let record = record.inspect_err(|_| self.break_refreshes(head.stream))?;
            match deltas.recorded(record) {
                _ if place < taken => {}
                Recorded::Event(event) => {
                    // What the venue tells again is in no book that is on its way.
                    self.give_up_wish_for(&event);
                    self.define(head.stream, &event);
                    self.apply_of_refresh(wall, head.stream, &event);
                }
                // Those are of the channel's numbers, which no refresh has.
                Recorded::Lost { .. } | Recorded::Settled { .. } => {
                    self.out_of_place(Kind::Refresh);
                }
            }
        }
        Ok(())
    }

    /// Something is missing of what refreshes tell.
    fn break_refreshes(&mut self, stream: StreamId) {
        self.taker.has_lost = true;
        self.for_each_symbol(stream, |books, slot, channel| {
            books.refresh_broken(slot, channel)
        });
    }

    /// Applies an event of a refresh. No position names what it changes: the visualisation is told the
    /// trust, and when that is back the state.
    fn apply_of_refresh(&mut self, wall: UnixNanos, stream: StreamId, event: &FeedEvent) {
        self.counters.events += 1;
        let Ok(applied) = self.books.apply(stream.channel, event) else {
            self.counters.rejected += 1;
            return;
        };
        self.counters.rejected += u64::from(applied.rejection.is_some());
        if applied.trust_changed {
            self.telling.rebuilt(
                &self.streams,
                &self.books,
                wall,
                stream.partition,
                applied.slot,
            );
        }
    }

    /// Brings the books to where what comes goes on, before any of it is applied: begins a numbering,
    /// or takes the trust away when something is missing that nobody can be asked for. Says how it was
    /// met.
    fn prepare(
        &mut self,
        now: Instant,
        wall: UnixNanos,
        run: Run,
        stream: StreamId,
        range: &Range,
        begins: Option<Begins>,
    ) -> Met {
        let at = self.streams.get_mut(stream).map(|stream| stream.position);
        let part = self.streams.partition_at(stream.partition);
        let (Some(at), Some(part), true) = (at, part, run == self.run) else {
            self.counters.foreign += 1;
            return Met::Foreign;
        };
        self.streams.heard(now, stream);
        let fit = range.fit(at);
        if fit == Fit::Copy {
            self.counters.copies += 1;
            return Met::Copy;
        }
        // What came before the first thing that is heard is no more on its way than the whole day is.
        if fit == Fit::Hole && at != Position::default() {
            self.find_hole(now, stream, at, range);
            return Met::Hole;
        }
        self.telling
            .begin_batch(&mut self.streams, wall, stream, part);
        let from = Position {
            numbering: range.numbering,
            seq_num: range.after,
        };
        match fit {
            Fit::Follows => return Met::Follows,
            Fit::Begins => {
                self.begin_numbering(stream, from, begins);
                self.telling.begins(&mut self.streams, wall, from);
            }
            Fit::Hole | Fit::Copy => self.book_hole(wall, stream, from, begins),
        }
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.position = from;
        }
        Met::Follows
    }

    /// The numbers of the stream's channel begin anew.
    pub(super) fn begin_numbering(
        &mut self,
        stream: StreamId,
        from: Position,
        begins: Option<Begins>,
    ) {
        let beginning = Beginning {
            numbering: from.numbering,
            after: from.seq_num,
            // What is in a hole is lost, which is told besides.
            is_announced: begins.is_none_or(|begins| begins.is_announced),
            failover: begins.is_some_and(|begins| begins.failover),
        };
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.past.begins(&beginning);
        }
        self.for_each_symbol(stream, |books, slot, channel| {
            books.begins(slot, channel, &beginning)
        });
    }

    /// Something that the stream's channel said, up to number `last`, is missing for good.
    pub(super) fn distrust(&mut self, stream: StreamId, last: SeqNum) {
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.past.lost(last);
        }
        self.for_each_symbol(stream, |books, slot, channel| {
            books.lost(slot, channel, last)
        });
    }

    fn handle_channel_wide(&mut self, stream: StreamId, taken: SeqNum, recorded: &Recorded) {
        match *recorded {
            Recorded::Lost { first, last } if last > taken => {
                self.counters.losses += 1;
                if self.counters.losses <= REPORTED_REJECTIONS {
                    self.report(Report::Lost {
                        stream,
                        first,
                        last,
                    });
                }
                self.distrust(stream, last);
            }
            Recorded::Settled { before } if before > taken => {
                if let Some(stream) = self.streams.get_mut(stream) {
                    stream.past.settled();
                }
                self.for_each_symbol(stream, |books, slot, channel| books.settled(slot, channel));
            }
            // Taken before.
            Recorded::Lost { .. } | Recorded::Settled { .. } | Recorded::Event(_) => {}
        }
    }

    /// Does something to all symbols of a stream's partition; their trust is told as far as it
    /// changed, and pending until then.
    fn for_each_symbol(
        &mut self,
        stream: StreamId,
        mut act: impl FnMut(&mut Books<'s>, SymbolSlot, ChannelId) -> bool,
    ) {
        let StreamId { channel, partition } = stream;
        self.give_up_wishes_of(partition);
        let start = self
            .symbols
            .partition_point(|&(known, _)| known < partition);
        let of_partition = self.symbols.get(start..).unwrap_or_default();
        let of_partition = of_partition
            .iter()
            .take_while(|&&(known, _)| known == partition);
        let mut changed = false;
        for &(_, symbol_index) in of_partition {
            if let Some(slot) = self.books.slot(symbol_index) {
                changed |= act(&mut self.books, slot, channel);
            }
        }
        if changed && let Some(part) = self.streams.partition_at(partition) {
            self.telling.sweep(part);
        }
    }

    /// Makes a book for a symbol that only the feed itself defines, if the event does.
    fn define(&mut self, stream: StreamId, event: &FeedEvent) {
        let symbol_index = event.symbol_index;
        let partition = stream.partition;
        if self.books.slot(symbol_index).is_some()
            || unlisted(symbol_index, self.partitions) != partition
        {
            return;
        }
        let past = self.streams.get(stream).map(|one| one.past);
        // Without room its events are refused and counted.
        if self.symbols.len() < self.symbols.capacity()
            && (self.books)
                .define_by(stream.channel, &past.unwrap_or_default(), event)
                .is_ok()
            && let Some(slot) = self.books.slot(symbol_index)
        {
            self.telling.define(slot, false);
            let symbol = (partition, symbol_index);
            let at = self.symbols.partition_point(|known| *known < symbol);
            self.symbols.insert(at, symbol);
        }
    }

    /// Applies events, and says what they changed.
    fn apply(&mut self, wall: UnixNanos, stream: StreamId, events: &[FeedEvent]) {
        let Self {
            books,
            telling,
            counters,
            commands,
            ..
        } = self;
        let mut passed_over = None;
        books.apply_batch(stream.channel, events, |books, event, applied| {
            counters.events += 1;
            let Ok(applied) = applied else {
                // Not one of our symbols: a batch holds only those of its partition, all defined as
                // far as there is room, unless the definition is what is missing.
                counters.rejected += 1;
                passed_over = Some(event.seq_num);
                return;
            };
            if let Some(rejection) = applied.rejection {
                counters.rejected += 1;
                // In a book that lacks something already it is no news that an event does not fit.
                let is_news = applied.trust_changed || books.trust(applied.slot) == Trust::Live;
                counters.contradictions += u64::from(is_news);
                if is_news && counters.contradictions <= REPORTED_REJECTIONS {
                    commands.push_back(Command::Report(Report::Rejected {
                        symbol_index: event.symbol_index,
                        symbol_seq_num: event.symbol_seq_num,
                        rejection,
                    }));
                }
            }
            if telling.event(wall, books, event, applied) {
                counters.stock_events += 1;
            }
        });
        if let Some(number) = passed_over
            && let Some(stream) = self.streams.get_mut(stream)
        {
            stream.past.passed_over(number);
        }
    }
}
