//! What goes to the receivers of stock events: records batched into frames in fixed memory, in order.
//! Frames are made once, whoever takes them.

use oxberry_core::units::{Position, SeqNum, UnixNanos};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockBeat, StreamWord, TrustWord};
use oxberry_proto::{Deltas, NodeId, RecordsWriter, Run, StockTold, StreamId, encode};

use super::receivers::{ReceiverStanding, Receivers, Taken};
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
    pub(super) receivers: Receivers,
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
    /// Room for so many frames, and those of one batch beside them. The receivers begin with the first.
    pub(super) fn new(run: Run, node: NodeId, frames: usize, receivers: Receivers) -> Self {
        Self {
            run,
            node,
            filling: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
            deltas: Deltas::new(Position::default().numbering, SeqNum::default()),
            open: None,
            beat: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
            finished: Ring::new(frames + FRAMES_PER_BATCH),
            receivers,
        }
    }

    /// The receivers, for another queue. What they have not taken of this one is lost to them.
    pub(super) fn release_receivers(&mut self) -> Receivers {
        let mut receivers = core::mem::take(&mut self.receivers);
        receivers.begin_anew(self.finished.end());
        receivers
    }

    /// Whether all that one more batch can cause will fit.
    pub(super) fn has_room_for_a_batch(&self) -> bool {
        FRAMES_PER_BATCH <= self.room()
    }

    /// Whether another frame may be filled beside what a batch may need.
    pub(super) fn has_room_for_a_frame(&self) -> bool {
        FRAMES_PER_BATCH < self.room()
    }

    /// Whether so many frames may be put beside what a batch may need.
    pub(super) fn has_room_for_frames(&self, frames: usize) -> bool {
        FRAMES_PER_BATCH + frames <= self.room()
    }

    /// Whether a beat may be put, beside what a batch may need or where none can be taken anyway: while
    /// one receiver is waited for, the others hear that this node lives.
    pub(super) fn has_room_for_a_beat(&self) -> bool {
        self.has_room_for_a_frame() || (self.room() > 0 && !self.has_room_for_a_batch())
    }

    /// How many finished frames wait for the slowest receiver that is waited for.
    pub(super) fn waiting(&self) -> usize {
        self.receivers.behind(self.finished.end())
    }

    /// For how many more there is room.
    pub(super) fn room(&self) -> usize {
        self.finished.capacity() - self.waiting()
    }

    /// Whether nothing waits for a receiver that is waited for, neither frame nor record.
    pub(super) fn is_taken(&self) -> bool {
        self.waiting() == 0 && (self.open.is_none() || !self.receivers.is_any_attached())
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

    /// Puts a frame that was written elsewhere behind those that are finished.
    pub(super) fn push_frame(&mut self, frame: &[u8]) {
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

    /// The frame that a receiver takes next, if there is one.
    pub(super) fn front(&mut self, receiver: usize) -> Option<&[u8]> {
        let (oldest, end) = (self.finished.oldest(), self.finished.end());
        let number = self.receivers.offer(receiver, oldest, end)?;
        self.finished.get(number)
    }

    /// A receiver has taken that frame.
    pub(super) fn taken(&mut self, receiver: usize) -> Taken {
        self.receivers.taken(receiver, self.finished.end())
    }

    /// How a receiver stands.
    pub(super) fn standing(&self, receiver: usize) -> Option<ReceiverStanding> {
        let (oldest, end) = (self.finished.oldest(), self.finished.end());
        self.receivers.standing(receiver, oldest, end)
    }
}
