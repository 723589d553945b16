//! What goes to the visualisation: records batched into frames in fixed memory, in order.

use oxberry_core::units::{Position, SeqNum, UnixNanos};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockBeat, StreamWord, TrustWord};
use oxberry_proto::{Deltas, NodeId, RecordsWriter, Run, StockTold, StreamId, encode};

use super::ring::Ring;
use crate::limits::MIN_BATCH_BYTES;

/// A ring of finished frames, and the one being filled.
#[derive(Debug)]
pub(super) struct Outbox {
    run: Run,
    node: NodeId,
    filling: RecordsWriter<Box<[u8]>, StockBatch>,
    deltas: Deltas,
    /// What the frame being filled is about.
    open: Option<Open>,
    beat: RecordsWriter<Box<[u8]>, StockBeat>,
    finished: Ring,
}

/// What a frame is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) stream: StreamId,
    /// What frames of the stream covered before.
    pub(super) told: Position,
    /// Set when a numbering begins with the frame: where it begins.
    pub(super) begins: Option<Position>,
    /// Changes of trust that were told before it.
    pub(super) trust: TrustWord,
}

/// What a finished frame says that the next ones go on from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) stream: StreamId,
    pub(super) told: Position,
}

/// The fewest bytes of a record in a batch: kind, way ahead, symbol, number, time.
const LEAST_RECORD_BYTES: usize = 5;

/// The most frames that the records of one batch can cause: each may change trust and view, and each
/// frame holds at least so many of both.
const FRAMES_PER_BATCH: usize = {
    let records = MAX_BATCH_BYTES / LEAST_RECORD_BYTES;
    let events_per_frame = (MAX_BATCH_BYTES - MIN_BATCH_BYTES) / (2 * MAX_RECORD_BYTES) + 1;
    records.div_ceil(events_per_frame) + 2
};

impl Outbox {
    /// Room for so many frames, and those of one batch beside them.
    pub(super) fn new(run: Run, node: NodeId, frames: usize) -> Self {
        Self {
            run,
            node,
            filling: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
            deltas: Deltas::new(Position::default().numbering, SeqNum::default()),
            open: None,
            beat: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
            finished: Ring::new(frames + FRAMES_PER_BATCH),
        }
    }

    /// Whether all that one more batch can cause will fit.
    pub(super) const fn has_room_for_a_batch(&self) -> bool {
        FRAMES_PER_BATCH <= self.finished.room()
    }

    /// Whether another frame may be filled beside what a batch may need.
    pub(super) const fn has_room_for_a_frame(&self) -> bool {
        FRAMES_PER_BATCH < self.finished.room()
    }

    /// How many finished frames wait.
    pub(super) const fn waiting(&self) -> usize {
        self.finished.waiting()
    }

    /// For how many more there is room.
    pub(super) const fn room(&self) -> usize {
        self.finished.room()
    }

    /// Whether nothing waits, neither frame nor record.
    pub(super) const fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.open.is_none()
    }

    /// The stream of the frame being filled.
    pub(super) fn stream(&self) -> Option<StreamId> {
        self.open.map(|open| open.stream)
    }

    /// Begins a frame; none is open.
    pub(super) fn open(&mut self, open: Open) {
        debug_assert!(self.open.is_none(), "the frame before was closed");
        let from = open.begins.unwrap_or(open.told);
        self.deltas = Deltas::new(from.numbering, from.seq_num);
        self.open = Some(open);
    }

    /// Whether the open frame holds another record of an event and one of trust.
    pub(super) fn has_room(&mut self) -> bool {
        self.filling.room() >= 2 * MAX_RECORD_BYTES
    }

    /// Puts a record into the open frame, which [has room](Self::has_room).
    pub(super) fn push(&mut self, told: &StockTold) {
        let record = self.deltas.stock_record(told);
        self.filling
            .push(&record)
            .expect("the caller made sure that there is room");
    }

    /// Finishes the open frame, which covers its stream up to `through`.
    pub(super) fn close(
        &mut self,
        now: UnixNanos,
        through: SeqNum,
        pending: bool,
    ) -> Option<Closed> {
        let open = self.open.take()?;
        let from = open.begins.unwrap_or(open.told);
        let head = StockBatch {
            run: self.run,
            node: self.node,
            stream: open.stream,
            numbering: from.numbering,
            after: from.seq_num,
            through,
            begins: open.begins.map(|_| open.told),
            trust: TrustWord {
                told: open.trust.told,
                pending,
            },
            events: 0,
            ts_sent: now,
        };
        let frame = self.filling.finish(&[], head);
        let frame = frame.expect("MAX_LIST_HEAD_BYTES holds every head");
        self.finished.put(frame);
        let told = Position {
            numbering: from.numbering,
            seq_num: through,
        };
        Some(Closed {
            stream: open.stream,
            told,
        })
    }

    /// Puts a word into the beat being made; false when it has to be finished first.
    pub(super) fn push_word(&mut self, word: &StreamWord) -> bool {
        self.beat.push(word).is_ok()
    }

    /// Finishes the beat being made.
    pub(super) fn finish_beat(&mut self, now: UnixNanos) {
        let head = StockBeat {
            run: self.run,
            node: self.node,
            streams: 0,
            ts_sent: now,
        };
        let frame = self.beat.finish(&[], head);
        let frame = frame.expect("MAX_LIST_HEAD_BYTES holds every head");
        self.finished.put(frame);
    }

    /// Says that no more events follow.
    pub(super) fn push_end(&mut self) {
        let mut frame = [0; 64];
        let end = EndOfEvents {
            run: self.run,
            node: self.node,
        };
        let length = encode(&end, &mut frame).expect("the end is a few bytes");
        self.finished.put(frame.get(..length).unwrap_or_default());
    }

    /// The oldest finished frame.
    pub(super) fn front(&self) -> Option<&[u8]> {
        self.finished.front()
    }

    /// The oldest finished frame was sent.
    pub(super) const fn pop(&mut self) {
        self.finished.pop();
    }
}
