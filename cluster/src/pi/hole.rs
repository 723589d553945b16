//! Holes of streams: what is missing is asked for, waited for, and given up at last.

use oxberry_core::units::{Instant, Position};
use oxberry_proto::StreamId;

/// Something of a stream is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) stream: StreamId,
    /// All up to here was there when it was found.
    pub(super) from: Position,
    /// What came goes on from here.
    pub(super) to: Position,
    /// The highest place from where on something came: there may be holes behind this one.
    pub(super) seen: Position,
    /// When it is given up.
    pub(super) until: Instant,
    /// Whether it is to be asked for.
    wish_due: bool,
    /// Whether something of it was given up.
    pub(super) is_lost: bool,
}

/// The holes that are waited for, one a stream at most. There are few of them, for a short time.
#[derive(Debug)]
pub(super) struct Holes(Vec<Hole>);

impl Holes {
    /// None yet, of so many streams.
    pub(super) fn new(streams: usize) -> Self {
        Self(Vec::with_capacity(streams))
    }

    /// There are so many streams now.
    pub(super) fn make_room(&mut self, streams: usize) {
        self.0.reserve_exact(streams.saturating_sub(self.0.len()));
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `n`-th one.
    pub(super) fn get(&self, n: usize) -> Option<Hole> {
        self.0.get(n).copied()
    }

    /// That of a stream.
    pub(super) fn of(&self, stream: StreamId) -> Option<Hole> {
        self.0.iter().find(|hole| hole.stream == stream).copied()
    }

    /// Notes a hole, which is to be asked for.
    pub(super) fn open(&mut self, stream: StreamId, from: Position, to: Position, until: Instant) {
        self.0.push(Hole {
            stream,
            from,
            to,
            seen: to,
            until,
            wish_due: true,
            is_lost: false,
        });
    }

    /// Something came behind the hole of a stream that goes on from there.
    pub(super) fn see(&mut self, stream: StreamId, from: Position) {
        for hole in self.0.iter_mut().filter(|hole| hole.stream == stream) {
            hole.seen = hole.seen.max(from);
        }
    }

    /// Some of the hole of a stream is given up.
    pub(super) fn lose(&mut self, stream: StreamId) {
        for hole in self.0.iter_mut().filter(|hole| hole.stream == stream) {
            hole.is_lost = true;
        }
    }

    /// There is no hole in a stream any more.
    pub(super) fn close(&mut self, stream: StreamId) {
        self.0.retain(|hole| hole.stream != stream);
    }

    /// Asks for all of them again: a wish may have been lost, and what it brought as well.
    pub(super) fn ask_again(&mut self) {
        for hole in &mut self.0 {
            hole.wish_due = true;
        }
    }

    /// That of a stream is not given up before that.
    pub(super) fn put_off(&mut self, stream: StreamId, until: Instant) {
        for hole in self.0.iter_mut().filter(|hole| hole.stream == stream) {
            hole.until = hole.until.max(until);
        }
    }

    /// One that is to be asked for, which counts as done.
    pub(super) fn take_due(&mut self) -> Option<Hole> {
        let hole = self.0.iter_mut().find(|hole| hole.wish_due)?;
        hole.wish_due = false;
        Some(*hole)
    }

    /// When the first of them is given up.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|hole| hole.until).min()
    }
}
