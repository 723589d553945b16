//! Stock events on their way to the visualisation: batched into frames in fixed memory.

use oxberry_core::units::UnixNanos;
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_LIST_HEAD_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockEvent};
use oxberry_proto::{NodeId, ProtoError, RecordsWriter, encode};

/// Frames that may wait. See [`Outbox::has_room_for_a_batch`].
const FRAMES: usize = 64;

/// The fewest bytes of an event in a batch: symbol, two absent options, action.
const LEAST_EVENT_BYTES: usize = 4;

/// The most frames that the events of one batch can fill.
const FRAMES_PER_BATCH: usize = {
    let events = MAX_BATCH_BYTES / LEAST_EVENT_BYTES;
    let events_per_frame = (MAX_BATCH_BYTES - MAX_LIST_HEAD_BYTES) / MAX_RECORD_BYTES;
    events.div_ceil(events_per_frame) + 1
};

const _: () = assert!(FRAMES_PER_BATCH <= FRAMES);

/// A ring of finished frames, and the one being filled.
#[derive(Debug)]
pub(super) struct Outbox {
    filling: RecordsWriter<Box<[u8]>, StockBatch>,
    /// `FRAMES` times [`MAX_BATCH_BYTES`].
    frames: Box<[u8]>,
    lengths: [usize; FRAMES],
    /// The oldest finished frame.
    head: usize,
    /// How many finished frames there are.
    waiting: usize,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self {
            filling: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
            frames: vec![0; FRAMES * MAX_BATCH_BYTES].into_boxed_slice(),
            lengths: [0; FRAMES],
            head: 0,
            waiting: 0,
        }
    }

    /// Whether all that one more batch can cause will fit.
    pub(super) const fn has_room_for_a_batch(&self) -> bool {
        self.waiting + FRAMES_PER_BATCH <= FRAMES
    }

    /// Whether nothing waits, neither frame nor event.
    pub(super) const fn is_empty(&self) -> bool {
        self.waiting == 0 && self.filling.is_empty()
    }

    /// Takes an event. The caller made sure of [`Self::has_room_for_a_batch`].
    pub(super) fn push(&mut self, node: NodeId, now: UnixNanos, event: &StockEvent) {
        if self.filling.push(event) == Err(ProtoError::NoRoom) {
            self.flush(node, now);
            self.filling
                .push(event)
                .expect("an empty frame has room for any event");
        }
    }

    /// Finishes the frame being filled, if it holds an event.
    pub(super) fn flush(&mut self, node: NodeId, now: UnixNanos) {
        if !self.filling.is_empty() {
            self.push_batch(node, now);
        }
    }

    /// Finishes the frame being filled even if it holds no event: a sign of life. There must be
    /// room.
    pub(super) fn push_batch(&mut self, node: NodeId, now: UnixNanos) {
        let frame = self.filling.finish(
            &[],
            StockBatch {
                node,
                events: 0,
                ts_sent: now,
            },
        );
        let frame = frame.expect("MAX_LIST_HEAD_BYTES holds every head");
        let (slot, length) =
            free_slot(&mut self.frames, &mut self.lengths, self.head, self.waiting);
        for (to, from) in slot.iter_mut().zip(frame) {
            *to = *from;
        }
        *length = frame.len();
        self.waiting += 1;
    }

    /// Says that no more events follow.
    pub(super) fn push_end(&mut self, node: NodeId, now: UnixNanos) {
        self.flush(node, now);
        let (slot, length) =
            free_slot(&mut self.frames, &mut self.lengths, self.head, self.waiting);
        *length =
            encode(&EndOfEvents { node }, slot).expect("a frame holds a message without list");
        self.waiting += 1;
    }

    /// The oldest finished frame.
    pub(super) fn front(&self) -> Option<&[u8]> {
        let length = (self.waiting > 0).then(|| self.lengths.get(self.head).copied())??;
        self.frames
            .get(self.head * MAX_BATCH_BYTES..)?
            .get(..length)
    }

    /// The oldest finished frame was sent.
    pub(super) fn pop(&mut self) {
        if let Some(left) = self.waiting.checked_sub(1) {
            self.waiting = left;
            self.head = (self.head + 1) % FRAMES;
        }
    }
}

/// The slot behind the last waiting frame.
fn free_slot<'r>(
    frames: &'r mut [u8],
    lengths: &'r mut [usize; FRAMES],
    head: usize,
    waiting: usize,
) -> (&'r mut [u8], &'r mut usize) {
    assert!(waiting < FRAMES, "the caller made sure that there is room");
    let at = (head + waiting) % FRAMES;
    let slot = frames
        .chunks_exact_mut(MAX_BATCH_BYTES)
        .nth(at)
        .zip(lengths.get_mut(at));
    slot.expect("at is below FRAMES")
}
