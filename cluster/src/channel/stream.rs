//! One stream on its way out: the batch being filled, what a refresh tells, and what left.

use oxberry_core::feed::{Beginning, FeedEvent};
use oxberry_core::units::{Numbering, Position, SeqNum, UnixNanos};
use oxberry_proto::flow::{Batch, Begins, Coverage, Refresh, RepairGone};
use oxberry_proto::limits::MAX_RECORD_BYTES;
use oxberry_proto::{
    Deltas, Head, Partition, ProtoError, Recorded, RecordsWriter, Run, StreamId, Topic,
};

use super::ring::Ring;
use super::window::{Blocked, Window};
use crate::coverage::Range;
use crate::limits::Limits;

/// What was published again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// How many batches.
    pub batches: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether some of what was wanted is not there any more, which was said.
    pub is_gone: bool,
}

/// One stream: the batch being filled, and the batches that left.
#[derive(Debug)]
pub(super) struct Stream {
    id: StreamId,
    run: Run,
    pending: RecordsWriter<Box<[u8]>, Batch>,
    deltas: Deltas,
    /// What batches have covered.
    sent: Position,
    /// The number of the last record that was sent: what coverage starts from.
    anchor: SeqNum,
    /// The number of the last record.
    last: SeqNum,
    /// Set while the last record is the end of a failover: the number that comes after it, which has to
    /// leave with it, since a batch covers whole numbers.
    settles: Option<SeqNum>,
    /// What a refresh tells, that leaves before anything else does.
    refresh: RecordsWriter<Box<[u8]>, Refresh>,
    refresh_deltas: Deltas,
    /// How far the channel was read when it told that.
    refreshed: SeqNum,
    /// Records of refreshes that were sent.
    refreshes: u32,
    /// Where all replicas are: what ends there or before is sent to nobody. It is above what was sent
    /// where the run began with another controller.
    acked: Position,
    /// Batches that not all replicas have acknowledged.
    window: Window,
    /// Batches that can be published again.
    ring: Ring,
}

impl Stream {
    pub(super) fn new(id: StreamId, run: Run, limits: &Limits) -> Self {
        let buffer = || vec![0; limits.batch_bytes].into_boxed_slice();
        let deltas = Deltas::new(Numbering::NONE, SeqNum::default());
        Self {
            id,
            run,
            pending: RecordsWriter::new(buffer()),
            deltas,
            sent: Position::default(),
            anchor: SeqNum::default(),
            last: SeqNum::default(),
            settles: None,
            refresh: RecordsWriter::new(buffer()),
            refresh_deltas: deltas,
            refreshed: SeqNum::default(),
            refreshes: 0,
            acked: Position::default(),
            window: Window::new(limits),
            ring: Ring::new(limits.ring_bytes),
        }
    }

    pub(super) const fn set_run(&mut self, run: Run) {
        self.run = run;
    }

    /// Whether no record waits for its batch to leave.
    pub(super) const fn is_flushed(&self) -> bool {
        self.pending.is_empty() && self.refresh.is_empty()
    }

    /// Says how far it is covered, if its channel is as far as this.
    pub(super) fn tell_coverage(
        &mut self,
        covered: Position,
        seen: SeqNum,
        has_ended: bool,
        send: &mut impl FnMut(&[u8]),
    ) {
        self.send_refresh(send);
        // What waits in a batch was not said yet, so nothing behind it may be either.
        let is_flushed = self.pending.is_empty() && self.sent.numbering == covered.numbering;
        let through = if is_flushed {
            covered.seq_num.max(self.sent.seq_num)
        } else {
            self.sent.seq_num
        };
        let seen = if self.sent.numbering == covered.numbering {
            seen.max(through)
        } else {
            through
        };
        let at = Position {
            numbering: self.sent.numbering,
            seq_num: through,
        };
        if at < self.acked && !has_ended {
            // It is not read again as far as all replicas are, and they are not to take that for news.
            return;
        }
        let coverage = Coverage {
            run: self.run,
            stream: self.id,
            numbering: at.numbering,
            after: self.anchor,
            through,
            seen,
            ended: has_ended && is_flushed,
        };
        publish(self.id.partition, &coverage, send);
    }

    /// All replicas are at this position or beyond.
    pub(super) fn acknowledged(&mut self, acked: Position) {
        self.acked = self.acked.max(acked);
        self.window.acknowledged(acked);
        self.ring.acknowledged(acked);
    }

    /// Where all replicas are, if anybody holds the partition.
    pub(super) fn acked(&self) -> Option<Position> {
        self.window.is_held().then_some(self.acked)
    }

    /// Says whether anybody holds the partition.
    pub(super) fn set_held(&mut self, is_held: bool) {
        self.window.set_held(is_held);
        self.forget();
    }

    /// What nobody holds is as good as acknowledged.
    fn forget(&mut self) {
        if !self.window.is_held() {
            self.ring.acknowledged(self.sent);
        }
    }

    /// Publishes again what somebody at `from` lacks who wants to go on at `to`; says first through
    /// where nothing is there any more, if that is above `from`.
    pub(super) fn repair(
        &self,
        from: Position,
        to: Position,
        send: &mut impl FnMut(&[u8]),
    ) -> Repaired {
        let mut repaired = Repaired::default();
        let through = self.ring.gone();
        if from < through {
            let (run, stream) = (self.run, self.id);
            let gone = RepairGone {
                run,
                stream,
                through,
            };
            publish(stream.partition, &gone, send);
            repaired.is_gone = true;
        }
        for frame in self.ring.between(from, to) {
            send(frame);
            repaired.batches += 1;
            repaired.bytes += frame.len() as u64;
        }
        repaired
    }

    /// Bytes that are on their way.
    pub(super) const fn bytes_in_flight(&self) -> usize {
        self.window.bytes()
    }

    /// Batches that are on their way.
    pub(super) fn batches_in_flight(&self) -> usize {
        self.window.batches()
    }

    /// The number up to which a numbering is told, of which a channel was read through there, before
    /// another one begins.
    pub(super) fn end_of_numbering(&self, through: SeqNum) -> SeqNum {
        // The message that a failover ended with was read, or another one would not begin.
        through.max(self.settles.unwrap_or_default())
    }

    pub(super) fn push(
        &mut self,
        number: SeqNum,
        recorded: &Recorded,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        self.send_refresh(send);
        // A number is never cut: what may be followed by an event of the same number leaves room.
        let (first, leaves_room) = match *recorded {
            Recorded::Event(_) => (number, false),
            Recorded::Settled { .. } => (number, true),
            Recorded::Lost { first, .. } => (first, false),
        };
        let mut deltas = self.deltas;
        let record = deltas.record(recorded);
        let pushed = if leaves_room && self.pending.room() < 2 * MAX_RECORD_BYTES {
            Err(ProtoError::NoRoom)
        } else {
            self.pending.push(&record)
        };
        if pushed.is_ok() {
            self.deltas = deltas;
        } else {
            let before = SeqNum::from_raw(first.raw().saturating_sub(1));
            self.flush(before, now, send)?;
            let record = self.deltas.record(recorded);
            self.pending
                .push(&record)
                .expect("an empty batch has room for any record");
        }
        self.last = self.last.max(number);
        self.settles = match *recorded {
            Recorded::Settled { before } => Some(before),
            Recorded::Event(_) | Recorded::Lost { .. } => None,
        };
        Ok(())
    }

    /// Takes what a refresh tells, which comes behind everything that the stream had before.
    pub(super) fn push_of_refresh(
        &mut self,
        event: &FeedEvent,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        if !self.pending.is_empty() {
            self.flush(event.seq_num, now, send)?;
        }
        if self.refreshed != event.seq_num {
            self.send_refresh(send);
        }
        let mut deltas = self.refresh_deltas;
        let record = deltas.record(&Recorded::Event(*event));
        if self.refresh.is_empty() || self.refresh.push(&record).is_err() {
            self.send_refresh(send);
            self.refreshed = event.seq_num;
            deltas = Deltas::new(self.sent.numbering, event.seq_num);
            let record = deltas.record(&Recorded::Event(*event));
            (self.refresh.push(&record)).expect("an empty message has room for any record");
        }
        self.refresh_deltas = deltas;
        Ok(())
    }

    pub(super) fn send_refresh(&mut self, send: &mut impl FnMut(&[u8])) {
        if self.refresh.is_empty() {
            return;
        }
        let topic = Topic {
            partition: self.id.partition,
        };
        let head = Refresh {
            run: self.run,
            stream: self.id,
            numbering: self.sent.numbering,
            after: self.anchor,
            through: self.refreshed,
            serial: self.refreshes,
            events: 0,
        };
        let records = u32::try_from(self.refresh.count()).unwrap_or(u32::MAX);
        self.refreshes = self.refreshes.wrapping_add(records);
        let at = Position {
            numbering: head.numbering,
            seq_num: head.through,
        };
        let frame = self.refresh.publish(topic, head);
        let frame = frame.expect("MAX_LIST_HEAD_BYTES holds topic and head of a refresh");
        // It is of use to who stands there, and all are past it otherwise.
        if at >= self.acked {
            send(frame);
        }
    }

    pub(super) fn flush(
        &mut self,
        through: SeqNum,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        self.send_refresh(send);
        if self.pending.is_empty() || self.settles.is_some_and(|number| through < number) {
            return Ok(());
        }
        if self.window.is_full() {
            return Err(Blocked { stream: self.id });
        }
        self.send_batch(through, None, now, send);
        Ok(())
    }

    /// Says that a numbering begins. It is said at once, so that coverage never has to.
    pub(super) fn begin(
        &mut self,
        beginning: Beginning,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) {
        let Beginning {
            numbering,
            after,
            is_announced,
            failover,
        } = beginning;
        let begins = Begins {
            // Nothing happened behind the last record.
            previous: Position {
                numbering: self.sent.numbering,
                seq_num: self.anchor,
            },
            is_announced,
            failover,
        };
        self.sent = Position {
            numbering,
            seq_num: after,
        };
        self.last = after;
        self.deltas = Deltas::new(numbering, after);
        self.send_batch(after, Some(begins), now, send);
    }

    fn send_batch(
        &mut self,
        through: SeqNum,
        begins: Option<Begins>,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) {
        let topic = Topic {
            partition: self.id.partition,
        };
        let through = through.max(self.last);
        let head = Batch {
            run: self.run,
            stream: self.id,
            numbering: self.sent.numbering,
            after: self.sent.seq_num,
            through,
            begins,
            events: 0,
            ts_sent: now,
        };
        let frame = self
            .pending
            .publish(topic, head)
            .expect("MAX_LIST_HEAD_BYTES holds topic and head of a batch");
        let range = Range {
            numbering: head.numbering,
            after: head.after,
            through,
            begins: begins.map(|begins| begins.previous),
        };
        if range.end() > self.acked {
            send(frame);
            self.window.sent(range.end(), frame.len());
        }
        self.ring.keep(range, frame);
        self.ring.acknowledged(self.acked);
        self.sent.seq_num = through;
        self.forget();
        self.anchor = self.last;
        self.settles = None;
        self.deltas = Deltas::new(self.sent.numbering, through);
    }
}

/// Publishes a message without records.
fn publish<H: Head>(partition: Partition, message: &H, send: &mut impl FnMut(&[u8])) {
    let mut frame = [0; Topic::MAX_PLAIN_FRAME_BYTES];
    let length = Topic { partition }.encode(message, &mut frame);
    let length = length.expect("MAX_PLAIN_FRAME_BYTES holds every such message");
    send(frame.get(..length).unwrap_or_default());
}
