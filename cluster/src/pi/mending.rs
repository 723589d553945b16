//! How holes are mended: frames behind them wait in the store until what is missing has come.

use oxberry_core::units::{Instant, Position, UnixNanos};
use oxberry_proto::StreamId;
use oxberry_proto::flow::{Begins, RepairGone};
use oxberry_proto::limits::MAX_BATCH_BYTES;

use super::held::Kept;
use super::hole::Hole;
use super::{Pi, Report};
use crate::coverage::{Fit, Range};

impl Pi<'_> {
    /// Goes on with what waits for something that is missing: applies what can be applied by now, as far
    /// as there is room for what it causes, and gives up what did not come in time. The rim calls it in
    /// every turn, after it has read.
    pub fn mend(&mut self, now: Instant, wall: UnixNanos) {
        self.go_on(now, wall);
        let mut n = 0;
        while self.can_take_data()
            && let Some(hole) = self.streams.holes.get(n)
        {
            n += 1;
            if hole.until <= now {
                self.give_up(now, wall, &hole, hole.to);
                self.go_on(now, wall);
                // What is behind may be another hole, or none.
                n = 0;
            }
        }
        self.tell_nobody(wall);
    }

    /// Applies what can be applied of what waits, as far as there is room for what it causes.
    pub(super) fn go_on(&mut self, now: Instant, wall: UnixNanos) {
        let mut n = 0;
        while self.can_take_data()
            && let Some(hole) = self.streams.holes.get(n)
        {
            let at = self.position(hole.stream);
            if self.goes_on(hole.stream) {
                self.take_held(now, wall, hole.stream);
            } else if let Some(at) = at.filter(|&at| at >= hole.to) {
                self.close(now, &hole, at);
            } else {
                n += 1;
            }
        }
    }

    /// A beat has passed: asks again for what is missing. While nothing is read, because a receiver of stock
    /// events holds the books up, what was asked for may well wait to be read, and is no later for that.
    /// And while nothing is heard of a stream, whoever has what is missing may be about to start again.
    pub(super) fn look_after_holes(&mut self, now: Instant) {
        let until = now.after(self.config.limits.repair_timeout);
        if self.can_take_data() {
            self.streams.holes.ask_again();
            self.streams.put_off_holes(until, |stream| stream.silent);
        } else {
            self.streams.put_off_holes(until, |_| true);
        }
    }

    /// When [`mend`](Self::mend) has something to do.
    pub(super) fn mend_due(&self) -> Option<Instant> {
        if self.streams.holes.is_empty() || !self.can_take_data() {
            return None;
        }
        let mut holes = (0..).map_while(|n| self.streams.holes.get(n));
        if holes.any(|hole| self.goes_on(hole.stream)) {
            return Some(Instant::default());
        }
        self.streams.holes.due()
    }

    /// Something before a range is missing in a stream that stands at `at`: it is asked for, and nothing
    /// of the stream is live until it is there.
    pub(super) fn find_hole(
        &mut self,
        now: Instant,
        stream: StreamId,
        at: Position,
        range: &Range,
    ) {
        let to = range.needs(at);
        if self.streams.holes.of(stream).is_some() {
            self.streams.holes.see(stream, to);
        } else {
            self.open_hole(now, stream, at, to);
            // The visualisation is not to wait for that until the next beat.
            self.beat_due = true;
        }
    }

    fn open_hole(&mut self, now: Instant, stream: StreamId, from: Position, to: Position) {
        self.counters.repairs_asked += 1;
        let until = now.after(self.config.limits.repair_timeout);
        self.streams.holes.open(stream, from, to, until);
    }

    /// Holds a batch that came behind a hole. One that finds no room is as good as lost on its way, and
    /// asked for when its turn comes.
    pub(super) fn hold(&mut self, stream: StreamId, range: &Range, frame: &[u8]) {
        let kept = if frame.len() <= MAX_BATCH_BYTES {
            self.held.keep(stream, range, frame)
        } else {
            Kept::Full
        };
        match kept {
            Kept::Held => {}
            Kept::Copy => self.counters.copies += 1,
            Kept::Full => self.counters.held_full += 1,
        }
    }

    /// Nothing up to there comes any more.
    pub(super) fn handle_gone(&mut self, now: Instant, wall: UnixNanos, gone: &RepairGone) {
        let RepairGone {
            run,
            stream,
            through,
        } = *gone;
        let at = self.position(stream);
        let (Some(at), true) = (at, run == self.run) else {
            self.counters.foreign += 1;
            return;
        };
        // A twin asked, or it was filled meanwhile.
        if let Some(hole) = self.streams.holes.of(stream)
            && at < through.min(hole.to)
        {
            self.give_up(now, wall, &hole, through);
        }
    }

    /// Something of a stream is missing for good, between where it stands and `to`: its books are not
    /// live any more, and it goes on from there. `begins` says how the numbering of `to` begins, if that
    /// is known.
    pub(super) fn book_hole(
        &mut self,
        wall: UnixNanos,
        stream: StreamId,
        to: Position,
        begins: Option<Begins>,
    ) {
        let Some(at) = self.position(stream) else {
            return;
        };
        self.counters.holes += 1;
        self.taker.has_lost = true;
        self.report(Report::Hole {
            stream,
            from: at,
            to,
        });
        if at.numbering != to.numbering {
            // Its beginning is in the hole.
            self.begin_numbering(stream, to, begins);
        }
        self.distrust(stream, to.seq_num);
        self.telling.pass_over(&mut self.streams, wall, to);
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.position = to;
        }
    }

    /// Whether the first frame that is held of a stream goes on from where the stream stands.
    fn goes_on(&self, stream: StreamId) -> bool {
        let at = self.position(stream);
        let next = self.held.first(stream).zip(at);
        next.is_some_and(|(range, at)| range.fit(at) != Fit::Hole)
    }

    /// Takes the first frame that is held of a stream.
    fn take_held(&mut self, now: Instant, wall: UnixNanos, stream: StreamId) {
        let mut buffer = core::mem::take(&mut self.mended);
        let length = self.held.take(stream, &mut buffer).unwrap_or(0);
        let frame = buffer.get(..length).unwrap_or_default();
        if let Err(error) = self.dispatch_data(now, wall, frame) {
            self.bad_frame(error);
        }
        self.mended = buffer;
    }

    /// A stream has come to where its hole ended. There may be another one behind it.
    fn close(&mut self, now: Instant, hole: &Hole, at: Position) {
        let Hole {
            stream,
            from,
            to,
            seen,
            is_lost,
            ..
        } = *hole;
        if !is_lost {
            self.counters.repairs_filled += 1;
            self.report(Report::Repaired { stream, from, to });
        }
        self.streams.holes.close(stream);
        // What found no room to wait is known to be there as well.
        let seen = Some(seen).filter(|&seen| seen > at);
        let held = self.held.first(stream).map(|range| range.needs(at));
        let Some(to) = held.or(seen) else {
            self.beat_due = true;
            return;
        };
        self.open_hole(now, stream, at, to);
        self.streams.holes.see(stream, seen.unwrap_or(to));
    }

    /// Gives a hole up, as far as it reaches up to `through`.
    fn give_up(&mut self, now: Instant, wall: UnixNanos, hole: &Hole, through: Position) {
        let stream = hole.stream;
        let at = self.position(stream);
        let part = self.streams.partition_at(stream.partition);
        let (Some(at), Some(part)) = (at, part) else {
            return;
        };
        // What is held is not missing.
        let held = self.held.first(stream).map(|range| range.needs(at));
        let to = through.min(hole.to);
        let to = held.map_or(to, |held| to.min(held));
        self.counters.repairs_given_up += 1;
        self.streams.holes.lose(stream);
        self.telling
            .begin_batch(&mut self.streams, wall, stream, part);
        self.book_hole(wall, stream, to, None);
        self.streams.applied(now, stream, to);
    }
}
