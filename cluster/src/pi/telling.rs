//! What the visualisation was told of each partition, and what it still has to be told.

use oxberry_core::book::{Applied, Books, SymbolSlot, TradingStatus, Trust};
use oxberry_core::feed::{Action, FeedEvent};
use oxberry_core::units::{Position, SeqNum, SymbolIndex, UnixNanos};
use oxberry_proto::limits::MAX_PARTITIONS;
use oxberry_proto::stock::{StreamWord, SymbolState, TrustWord};
use oxberry_proto::{NodeId, Partition, Run, StockTold, StreamId};

use super::news;
use super::outbox::{Closed, Open, Outbox};
use super::receivers::Receivers;
use super::streams::{Streams, before};
use crate::limits::Limits;

/// The telling of all partitions, through one queue.
#[derive(Debug)]
pub(super) struct Telling {
    pub(super) outbox: Outbox,
    limits: Limits,
    /// What was told of each symbol, by its slot.
    told: Vec<(Trust, TradingStatus)>,
    /// By the place of the partition.
    parts: Vec<Part>,
    /// The stream whose frame is being filled.
    current: Option<Current>,
    /// The next stream of a beat that is not complete.
    beaten: usize,
}

/// The telling of one partition.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Records of trust and state that were told.
    told: u32,
    /// The next symbol of the partition whose trust may have changed unsaid.
    sweep: Option<usize>,
    /// The next symbol of the partition whose state is to be told.
    state: Option<usize>,
    /// States that were told since.
    stated: u32,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    part: usize,
    stream: StreamId,
    /// What frames covered.
    told: Position,
    /// What the frame being filled covers once it is closed.
    reached: SeqNum,
}

impl Telling {
    pub(super) fn new(
        run: Run,
        node: NodeId,
        partitions: usize,
        limits: Limits,
        receivers: Receivers,
    ) -> Self {
        Self {
            outbox: Outbox::new(run, node, limits.outbox_frames, receivers),
            limits,
            told: Vec::new(),
            parts: vec![Part::default(); partitions.min(MAX_PARTITIONS)],
            current: None,
            beaten: 0,
        }
    }

    /// Begins to tell of another run, to the same receivers.
    pub(super) fn begin_anew(&mut self, run: Run, node: NodeId, partitions: usize) {
        let limits = self.limits;
        let receivers = self.outbox.release_receivers();
        *self = Self::new(run, node, partitions, limits, receivers);
    }

    /// Begins to tell of another partition, which has this place among them.
    pub(super) fn add(&mut self, part: usize) {
        self.parts.insert(part, Part::default());
        if let Some(current) = &mut self.current
            && current.part >= part
        {
            current.part += 1;
        }
    }

    /// Makes room for so many symbols.
    pub(super) fn reserve(&mut self, symbols: usize) {
        self.told.reserve(symbols);
    }

    /// Notes that the books define another symbol. The visualisation takes one that is listed as live
    /// and open, and any other one as stale, since a replica that has not heard of it cannot say so.
    pub(super) fn define(&mut self, slot: SymbolSlot, is_listed: bool) {
        let place = index(slot);
        if self.told.len() <= place {
            let told = if is_listed {
                (Trust::Live, TradingStatus::Open)
            } else {
                (Trust::Stale, TradingStatus::Unknown)
            };
            self.told.resize(place + 1, told);
        }
    }

    /// Begins to tell of a batch of a stream, which frames have covered up to `told`.
    pub(super) fn begin_batch(
        &mut self,
        streams: &mut Streams,
        wall: UnixNanos,
        stream: StreamId,
        part: usize,
    ) {
        if self.current.is_some_and(|current| current.stream == stream) {
            return;
        }
        self.flush(streams, wall);
        let told = streams
            .get_mut(stream)
            .map_or(Position::default(), |one| one.told);
        self.current = Some(Current {
            part,
            stream,
            told,
            reached: told.seq_num,
        });
    }

    /// Tells what an event changed.
    #[inline]
    pub(super) fn event(
        &mut self,
        wall: UnixNanos,
        books: &Books<'_>,
        event: &FeedEvent,
        applied: &Applied,
    ) -> bool {
        if !applied.is_news() {
            // A definition says nothing but that there is a symbol, which is news of one that is not
            // listed.
            if matches!(event.action, Action::Define { .. })
                && self.is_told_otherwise(books, applied.slot)
            {
                self.make_room(wall, before(event.seq_num));
                self.trust(books, applied.slot);
            }
            return false;
        }
        self.make_room(wall, before(event.seq_num));
        // It may have changed before the event, and a sweep has not come so far yet.
        self.trust(books, applied.slot);
        self.outbox
            .push(&StockTold::Event(news::stock_event(books, event, applied)));
        true
    }

    /// Tells the trust of a symbol that a refresh of the current stream changed, and if it is live
    /// again all that there is to see.
    pub(super) fn rebuilt(
        &mut self,
        streams: &Streams,
        books: &Books<'_>,
        wall: UnixNanos,
        partition: Partition,
        slot: SymbolSlot,
    ) {
        let reached = self.current.map(|current| current.reached);
        self.make_room(wall, reached.unwrap_or_default());
        if books.trust(slot) != Trust::Live {
            return self.trust(books, slot);
        }
        let state = self.state(streams, books, partition, slot);
        self.outbox.push(&StockTold::Rebuilt(state));
    }

    /// Whether the trust in a symbol is not what was told.
    fn is_told_otherwise(&self, books: &Books<'_>, slot: SymbolSlot) -> bool {
        let told = self.told.get(index(slot));
        told.is_some_and(|(trust, _)| *trust != books.trust(slot))
    }

    /// Ends a batch: all up to here is told once the frame is closed.
    pub(super) fn end_batch(&mut self, through: SeqNum) {
        if let Some(current) = &mut self.current {
            current.reached = through;
        }
    }

    /// Tells that a numbering begins in the current stream.
    pub(super) fn begins(&mut self, streams: &mut Streams, wall: UnixNanos, from: Position) {
        let Some(current) = self.current else { return };
        self.flush(streams, wall);
        self.outbox.open(Open {
            stream: current.stream,
            told: current.told,
            begins: Some(from),
            trust: self.word(current.part),
        });
        let pending = self.word(current.part).pending;
        let closed = self.outbox.close(wall, from.seq_num, pending);
        note(streams, closed);
        self.current = Some(Current {
            told: from,
            reached: from.seq_num,
            ..current
        });
    }

    /// Notes that numbers of the current stream up to here are unknown to this replica, so that it
    /// covers none of them.
    pub(super) fn pass_over(&mut self, streams: &mut Streams, wall: UnixNanos, to: Position) {
        self.flush(streams, wall);
        if let Some(current) = &mut self.current {
            current.told = to;
            current.reached = to.seq_num;
            if let Some(stream) = streams.get_mut(current.stream) {
                stream.told = to;
            }
        }
    }

    /// Trust of many symbols of a partition has changed at once. It is pending until all is told.
    pub(super) fn sweep(&mut self, part: usize) {
        if let Some(part) = self.parts.get_mut(part) {
            part.sweep = Some(0);
        }
    }

    /// The visualisation wants to know the present state of a partition.
    pub(super) fn tell_state(&mut self, part: usize) {
        if let Some(part) = self.parts.get_mut(part) {
            // One that is under way begins anew.
            part.state = Some(0);
            part.stated = 0;
        }
    }

    /// Tells as much of what is pending as there is room for, in bounded parts.
    pub(super) fn tell_pending(
        &mut self,
        streams: &mut Streams,
        books: &Books<'_>,
        symbols: &[(Partition, SymbolIndex)],
        wall: UnixNanos,
    ) {
        let mut budget = self.limits.sweep;
        for at in 0..self.parts.len() {
            while budget > 0
                && self.outbox.has_room_for_a_frame()
                && self
                    .parts
                    .get(at)
                    .is_some_and(|part| part.sweep.is_some() || part.state.is_some())
            {
                budget -= 1;
                if !self.tell_one(streams, books, symbols, wall, at) {
                    break;
                }
            }
        }
    }

    /// Whether changes of trust or a state are still to be told.
    pub(super) fn is_pending(&self) -> bool {
        let is_pending = |part: &Part| part.sweep.is_some() || part.state.is_some();
        self.parts.iter().any(is_pending)
    }

    /// Closes the frame being filled.
    pub(super) fn flush(&mut self, streams: &mut Streams, wall: UnixNanos) {
        let Some(current) = &mut self.current else {
            return;
        };
        if self.outbox.stream().is_none() {
            return;
        }
        let pending = self
            .parts
            .get(current.part)
            .is_some_and(|part| part.sweep.is_some());
        let closed = self.outbox.close(wall, current.reached, pending);
        if let Some(closed) = closed {
            current.told = closed.told;
        }
        note(streams, closed);
    }

    /// Says of every stream how far this replica is, as far as there is room; says whether that was
    /// enough. The next call goes on behind the last stream that was told.
    pub(super) fn beat(&mut self, streams: &mut Streams, wall: UnixNanos) -> bool {
        self.flush(streams, wall);
        let mut n = core::mem::take(&mut self.beaten);
        while let Some((id, stream)) = streams.known(n) {
            let part = streams.partition_at(id.partition).unwrap_or(usize::MAX);
            let word = StreamWord {
                stream: id,
                numbering: stream.position.numbering,
                after: stream.told.seq_num,
                through: stream.position.seq_num,
                trust: self.word(part),
                recovering: streams.is_recovering(id),
                silent: stream.silent,
                ended: stream.ended,
            };
            if self.outbox.push_word(&word) {
                n += 1;
            } else if self.outbox.room() > 1 && self.outbox.has_room_for_a_beat() {
                self.outbox.finish_beat(wall);
            } else {
                self.beaten = n;
                break;
            }
        }
        self.outbox.finish_beat(wall);
        self.beaten == 0
    }

    /// Tells the trust of a symbol, if it is another one than was told. There is room in the frame.
    fn trust(&mut self, books: &Books<'_>, slot: SymbolSlot) {
        let trust = news::trust(books, slot);
        let Some(told) = self.told.get_mut(index(slot)) else {
            return;
        };
        if *told == (trust.trust, trust.status) {
            return;
        }
        *told = (trust.trust, trust.status);
        self.count_told();
        self.outbox.push(&StockTold::Trust(trust));
    }

    fn count_told(&mut self) {
        let part = self.current.map_or(usize::MAX, |current| current.part);
        if let Some(part) = self.parts.get_mut(part) {
            part.told = part.told.wrapping_add(1);
        }
    }

    /// Makes sure that a frame of the current stream is open and has room; one that is closed for
    /// that covers all up to `through`.
    fn make_room(&mut self, wall: UnixNanos, through: SeqNum) {
        let Some(mut current) = self.current else {
            return;
        };
        if self.outbox.stream().is_some() {
            if self.outbox.has_room() {
                return;
            }
            let pending = self.word(current.part).pending;
            let through = through.max(current.told.seq_num);
            if let Some(closed) = self.outbox.close(wall, through, pending) {
                current.told = closed.told;
            }
            self.current = Some(current);
        }
        self.outbox.open(Open {
            stream: current.stream,
            told: current.told,
            begins: None,
            trust: self.word(current.part),
        });
    }

    /// Tells the trust or state of one symbol of a partition, or that all were told; says whether it
    /// could. Before something was heard of the partition there is no frame that would carry it, and
    /// the visualisation has no word of this Pi on it.
    fn tell_one(
        &mut self,
        streams: &mut Streams,
        books: &Books<'_>,
        symbols: &[(Partition, SymbolIndex)],
        wall: UnixNanos,
        at_part: usize,
    ) -> bool {
        let Some(&partition) = streams.partitions().get(at_part) else {
            return false;
        };
        let first = symbols.partition_point(|&(known, _)| known < partition);
        let symbol = |n: usize| {
            let &(of, symbol_index) = symbols.get(first + n)?;
            (of == partition).then_some(symbol_index)
        };
        let Some(stream) = streams.any_of(partition) else {
            return false;
        };
        if self.current.is_none_or(|current| current.part != at_part) {
            self.begin_batch(streams, wall, stream, at_part);
        }
        let reached = self
            .current
            .map_or(SeqNum::default(), |current| current.reached);
        self.make_room(wall, reached);
        let Some(part) = self.parts.get_mut(at_part) else {
            return false;
        };
        if let Some(n) = part.sweep {
            part.sweep = symbol(n).map(|_| n + 1);
            if let Some(slot) = symbol(n).and_then(|index| books.slot(index)) {
                self.trust(books, slot);
            }
        } else if let Some(n) = part.state {
            part.state = symbol(n).map(|_| n + 1);
            if let Some(slot) = symbol(n).and_then(|index| books.slot(index)) {
                part.stated += 1;
                let state = self.state(streams, books, partition, slot);
                self.outbox.push(&StockTold::State(state));
            } else if symbol(n).is_none() {
                let stated = part.stated;
                self.count_told();
                self.outbox.push(&StockTold::StateEnd(stated));
            }
        }
        true
    }

    /// The present state of a symbol, as of where its own stream is, for a record that is told now.
    /// Of one that no channel has spoken of there is no such place.
    fn state(
        &mut self,
        streams: &Streams,
        books: &Books<'_>,
        partition: Partition,
        slot: SymbolSlot,
    ) -> SymbolState {
        let at = books.channel(slot).and_then(|channel| {
            let stream = StreamId { channel, partition };
            Some((channel, streams.get(stream)?.position))
        });
        let state = news::state(books, slot, at);
        if let Some(told) = self.told.get_mut(index(slot)) {
            *told = (state.trust.trust, state.trust.status);
        }
        self.count_told();
        state
    }

    fn word(&self, part: usize) -> TrustWord {
        self.parts
            .get(part)
            .map_or(TrustWord::default(), |part| TrustWord {
                told: part.told,
                pending: part.sweep.is_some(),
            })
    }
}

/// Notes what a closed frame told of its stream.
fn note(streams: &mut Streams, closed: Option<Closed>) {
    if let Some(closed) = closed
        && let Some(stream) = streams.get_mut(closed.stream)
    {
        stream.told = closed.told;
    }
}

/// The place of a slot in a list by slots.
fn index(slot: SymbolSlot) -> usize {
    usize::try_from(slot.raw()).unwrap_or(usize::MAX)
}
