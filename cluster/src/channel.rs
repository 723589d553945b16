//! One channel of the feed on its way out: occurrences to batches, never ahead of the window.

use std::collections::VecDeque;

use oxberry_core::feed::{Action, Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::{ChannelId, Numbering, Position, SeqNum, UnixNanos};
use oxberry_proto::flow::{Batch, Begins, Coverage, Refresh};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_RECORD_BYTES};
use oxberry_proto::{Deltas, Partition, ProtoError, Recorded, RecordsWriter, Run, StreamId, Topic};

use crate::limits::{Limits, MIN_BATCH_BYTES};
use crate::partition::PartitionTable;

/// What a channel brings, in the order of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// Something happened to one symbol.
    Event(FeedEvent),
    /// A numbering begins.
    Begins(Beginning),
    /// Numbers are lost for good.
    Lost(Lost),
    /// A failover is over; the first original message has this number.
    Settled(SeqNum),
}

/// Occurrences that wait to be published.
#[derive(Clone, Debug, Default)]
pub struct Occurrences(VecDeque<Occurrence>);

impl Occurrences {
    /// Another one waits behind the others.
    pub fn push(&mut self, occurrence: Occurrence) {
        self.0.push_back(occurrence);
    }

    /// The next one.
    #[must_use]
    pub fn front(&self) -> Option<&Occurrence> {
        self.0.front()
    }

    /// The next one was published.
    pub fn pop_front(&mut self) {
        self.0.pop_front();
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Follower for Occurrences {
    fn event(&mut self, event: FeedEvent) {
        self.push(Occurrence::Event(event));
    }

    fn begins(&mut self, beginning: Beginning) {
        self.push(Occurrence::Begins(beginning));
    }

    fn lost(&mut self, lost: Lost) {
        self.push(Occurrence::Lost(lost));
    }

    fn settled(&mut self, before: SeqNum) {
        self.push(Occurrence::Settled(before));
    }
}

/// The streams of one channel: one for every partition.
#[derive(Debug)]
pub struct ChannelStreams {
    run: Run,
    channel: ChannelId,
    limits: Limits,
    /// All up to here was read, or given up.
    covered: Position,
    /// The number of the last event.
    told: SeqNum,
    /// The highest number that was seen.
    seen: SeqNum,
    has_ended: bool,
    streams: Vec<Stream>,
    /// Streams that have taken the occurrence that concerns all of them and is under way.
    taken_by: usize,
}

/// What a full window answers: the occurrence was not taken, wait for credit and give it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The stream whose replicas are behind.
    pub stream: StreamId,
}

/// What may be on its way of one stream.
#[derive(Clone, Copy, Debug)]
struct Window {
    bytes: usize,
    batches: usize,
}

impl Window {
    const fn of(limits: &Limits) -> Self {
        Self {
            bytes: limits.window_bytes,
            batches: limits.window_batches,
        }
    }
}

/// One stream: the batch being filled, and the batches that are on their way.
#[derive(Debug)]
struct Stream {
    id: StreamId,
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
    /// Messages of refreshes that were sent.
    refreshes: u32,
    /// Where every batch ends that is not acknowledged, and its bytes, oldest first.
    in_flight: VecDeque<(Position, usize)>,
    bytes_in_flight: usize,
    /// Whether anybody holds the partition; if not, nothing waits for an acknowledgement.
    is_held: bool,
}

impl ChannelStreams {
    /// The streams of a channel in a cluster of so many partitions.
    ///
    /// # Panics
    ///
    /// When a batch of these limits is too small for two records, or larger than a frame.
    #[must_use]
    pub fn new(
        run: Run,
        channel: ChannelId,
        partitions: impl IntoIterator<Item = Partition>,
        limits: Limits,
    ) -> Self {
        assert!((MIN_BATCH_BYTES..=MAX_BATCH_BYTES).contains(&limits.batch_bytes));
        let stream = |partition| Stream {
            id: StreamId { channel, partition },
            pending: RecordsWriter::new(vec![0; limits.batch_bytes].into_boxed_slice()),
            deltas: Deltas::new(Numbering::NONE, SeqNum::default()),
            sent: Position::default(),
            anchor: SeqNum::default(),
            last: SeqNum::default(),
            settles: None,
            refresh: RecordsWriter::new(vec![0; limits.batch_bytes].into_boxed_slice()),
            refresh_deltas: Deltas::new(Numbering::NONE, SeqNum::default()),
            refreshed: SeqNum::default(),
            refreshes: 0,
            in_flight: VecDeque::new(),
            bytes_in_flight: 0,
            is_held: true,
        };
        Self {
            run,
            channel,
            limits,
            covered: Position::default(),
            told: SeqNum::default(),
            seen: SeqNum::default(),
            has_ended: false,
            streams: partitions.into_iter().map(stream).collect(),
            taken_by: 0,
        }
    }

    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Takes the next occurrence. Batches that are full go to `send` first.
    ///
    /// # Errors
    ///
    /// [`Blocked`] when a batch is full but may not leave: the occurrence was not taken, or not by all
    /// streams that it concerns. Give it again after credit came.
    pub fn push(
        &mut self,
        occurrence: &Occurrence,
        table: &PartitionTable,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        match *occurrence {
            Occurrence::Event(event) if is_of_refresh(&event) => {
                // All that was read before it was pushed before it.
                self.cover(event.seq_num);
                let partition = table.partition_of(event.symbol_index);
                let (run, window) = (self.run, Window::of(&self.limits));
                match self.streams.get_mut(usize::from(partition.raw())) {
                    Some(stream) => stream.push_of_refresh(&event, (run, window), now, send),
                    None => Ok(()),
                }
            }
            Occurrence::Event(event) if event.seq_num <= self.told.max(self.covered.seq_num) => {
                Ok(())
            }
            Occurrence::Event(event) => {
                let partition = table.partition_of(event.symbol_index);
                let (run, window) = (self.run, Window::of(&self.limits));
                if let Some(stream) = self.streams.get_mut(usize::from(partition.raw())) {
                    let recorded = Recorded::Event(event);
                    stream.push(event.seq_num, &recorded, (run, window), now, send)?;
                }
                self.told = event.seq_num;
                Ok(())
            }
            Occurrence::Lost(Lost { first, last }) => {
                self.push_to_all(last, Recorded::Lost { first, last }, now, send)?;
                self.cover(last);
                Ok(())
            }
            Occurrence::Settled(before) => {
                self.push_to_all(before, Recorded::Settled { before }, now, send)
            }
            Occurrence::Begins(beginning) => self.begin(beginning, now, send),
        }
    }

    /// All numbers up to this one were read: what has no event in a stream has none.
    pub fn cover(&mut self, through: SeqNum) {
        self.covered.seq_num = self.covered.seq_num.max(through);
        self.seen = self.seen.max(through);
    }

    /// The highest number that was seen: above what is covered while something below it is missing
    /// that may still come.
    pub fn set_seen(&mut self, number: SeqNum) {
        self.seen = number.max(self.covered.seq_num);
    }

    /// Sends every batch that holds a record and may leave; what may not, stays for later.
    pub fn flush(&mut self, now: UnixNanos, send: &mut impl FnMut(&[u8])) {
        let (run, window, through) = (self.run, Window::of(&self.limits), self.covered.seq_num);
        for stream in &mut self.streams {
            // A blocked batch stays pending and leaves with a later flush, after credit came.
            let _ = stream.flush(through, (run, window), now, send);
        }
    }

    /// Whether no record waits for its batch to leave.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        let mut streams = self.streams.iter();
        streams.all(|stream| stream.pending.is_empty() && stream.refresh.is_empty())
    }

    /// Says of every stream how far it is covered; again and again, and last of all when it ended.
    ///
    /// What waits leaves first if it may: coverage that does not reach what was seen makes a Pi call
    /// the stream recovering, and nothing is missing of it.
    pub fn tell_coverage(&mut self, now: UnixNanos, send: &mut impl FnMut(&[u8])) {
        self.flush(now, send);
        self.publish_coverage(send);
    }

    fn publish_coverage(&mut self, send: &mut impl FnMut(&[u8])) {
        for stream in &mut self.streams {
            stream.send_refresh(self.run, send);
            // What waits in a batch was not said yet, so nothing behind it may be either.
            let is_flushed =
                stream.pending.is_empty() && stream.sent.numbering == self.covered.numbering;
            let through = if is_flushed {
                self.covered.seq_num.max(stream.sent.seq_num)
            } else {
                stream.sent.seq_num
            };
            let seen = if stream.sent.numbering == self.covered.numbering {
                self.seen.max(through)
            } else {
                through
            };
            let coverage = Coverage {
                run: self.run,
                stream: stream.id,
                numbering: stream.sent.numbering,
                after: stream.anchor,
                through,
                seen,
                ended: self.has_ended && is_flushed,
            };
            publish(stream.id.partition, &coverage, send);
        }
    }

    /// Nothing follows. Everything must have been flushed.
    pub fn end(&mut self, send: &mut impl FnMut(&[u8])) {
        debug_assert!(self.is_flushed(), "the end comes after the last event");
        self.has_ended = true;
        self.seen = self.covered.seq_num;
        self.publish_coverage(send);
    }

    /// All replicas of the stream are at this position or beyond.
    pub fn handle_credit(&mut self, partition: Partition, acked: Position) {
        if let Some(stream) = self.streams.get_mut(usize::from(partition.raw())) {
            while let Some(&(end, bytes)) = stream.in_flight.front()
                && end <= acked
            {
                stream.in_flight.pop_front();
                stream.bytes_in_flight -= bytes;
            }
        }
    }

    /// Whether anybody holds the partition and acknowledges the stream, which waits for nobody else.
    pub fn set_held(&mut self, partition: Partition, is_held: bool) {
        if let Some(stream) = self.streams.get_mut(usize::from(partition.raw())) {
            stream.is_held = is_held;
            if !is_held {
                stream.in_flight.clear();
                stream.bytes_in_flight = 0;
            }
        }
    }

    /// Bytes of batches that are on their way, over all streams.
    #[must_use]
    pub fn bytes_in_flight(&self) -> usize {
        let streams = self.streams.iter();
        streams.map(|stream| stream.bytes_in_flight).sum()
    }

    /// Batches that are on their way, over all streams.
    #[must_use]
    pub fn batches_in_flight(&self) -> usize {
        self.streams.iter().map(|one| one.in_flight.len()).sum()
    }

    /// All up to here was read, or given up.
    #[must_use]
    pub const fn covered(&self) -> Position {
        self.covered
    }

    /// Gives every stream the record of a number.
    fn push_to_all(
        &mut self,
        number: SeqNum,
        recorded: Recorded,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        let (run, window) = (self.run, Window::of(&self.limits));
        for stream in self.streams.iter_mut().skip(self.taken_by) {
            stream.push(number, &recorded, (run, window), now, send)?;
            self.taken_by += 1;
        }
        self.taken_by = 0;
        Ok(())
    }

    fn begin(
        &mut self,
        beginning: Beginning,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        let (run, window, through) = (self.run, Window::of(&self.limits), self.covered.seq_num);
        for stream in self.streams.iter_mut().skip(self.taken_by) {
            // The message that a failover ended with was read, or another one would not begin.
            let through = through.max(stream.settles.unwrap_or_default());
            stream.flush(through, (run, window), now, send)?;
            stream.begin(beginning, run, now, send);
            self.taken_by += 1;
        }
        self.taken_by = 0;
        self.covered = Position {
            numbering: beginning.numbering,
            seq_num: beginning.after,
        };
        self.told = beginning.after;
        self.seen = beginning.after;
        Ok(())
    }
}

impl Stream {
    fn push(
        &mut self,
        number: SeqNum,
        recorded: &Recorded,
        (run, window): (Run, Window),
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        self.send_refresh(run, send);
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
            self.flush(before, (run, window), now, send)?;
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
    fn push_of_refresh(
        &mut self,
        event: &FeedEvent,
        (run, window): (Run, Window),
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        if !self.pending.is_empty() {
            self.flush(event.seq_num, (run, window), now, send)?;
        }
        if self.refreshed != event.seq_num {
            self.send_refresh(run, send);
        }
        let mut deltas = self.refresh_deltas;
        let record = deltas.record(&Recorded::Event(*event));
        if self.refresh.is_empty() || self.refresh.push(&record).is_err() {
            self.send_refresh(run, send);
            self.refreshed = event.seq_num;
            deltas = Deltas::new(self.sent.numbering, event.seq_num);
            let record = deltas.record(&Recorded::Event(*event));
            (self.refresh.push(&record)).expect("an empty message has room for any record");
        }
        self.refresh_deltas = deltas;
        Ok(())
    }

    fn send_refresh(&mut self, run: Run, send: &mut impl FnMut(&[u8])) {
        if self.refresh.is_empty() {
            return;
        }
        let topic = Topic {
            partition: self.id.partition,
        };
        let head = Refresh {
            run,
            stream: self.id,
            numbering: self.sent.numbering,
            after: self.anchor,
            through: self.refreshed,
            serial: self.refreshes,
            events: 0,
        };
        let frame = self.refresh.publish(topic, head);
        send(frame.expect("MAX_LIST_HEAD_BYTES holds topic and head of a refresh"));
        self.refreshes = self.refreshes.wrapping_add(1);
    }

    fn flush(
        &mut self,
        through: SeqNum,
        (run, window): (Run, Window),
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        self.send_refresh(run, send);
        if self.pending.is_empty() || self.settles.is_some_and(|number| through < number) {
            return Ok(());
        }
        let is_full =
            self.bytes_in_flight >= window.bytes || self.in_flight.len() >= window.batches;
        if is_full && self.is_held {
            return Err(Blocked { stream: self.id });
        }
        self.send_batch(through, None, run, now, send);
        Ok(())
    }

    /// Says that a numbering begins. It is said at once, so that coverage never has to.
    fn begin(
        &mut self,
        beginning: Beginning,
        run: Run,
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
        self.send_batch(after, Some(begins), run, now, send);
    }

    fn send_batch(
        &mut self,
        through: SeqNum,
        begins: Option<Begins>,
        run: Run,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) {
        let topic = Topic {
            partition: self.id.partition,
        };
        let through = through.max(self.last);
        let head = Batch {
            run,
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
        let bytes = frame.len();
        send(frame);
        self.sent.seq_num = through;
        self.anchor = self.last;
        self.settles = None;
        self.deltas = Deltas::new(self.sent.numbering, through);
        if self.is_held {
            self.in_flight.push_back((self.sent, bytes));
            self.bytes_in_flight += bytes;
        }
    }
}

/// Whether nothing but a refresh tells such a thing.
const fn is_of_refresh(event: &FeedEvent) -> bool {
    matches!(
        event.action,
        Action::Refresh { .. } | Action::RefreshAdd { .. } | Action::Refreshed
    ) || event.symbol_seq_num.is_none()
        && matches!(event.action, Action::Halt | Action::Resume | Action::Close)
}

/// Publishes a message without records.
fn publish(partition: Partition, coverage: &Coverage, send: &mut impl FnMut(&[u8])) {
    let mut frame = [0; Topic::MAX_PLAIN_FRAME_BYTES];
    let length = Topic { partition }.encode(coverage, &mut frame);
    let length = length.expect("MAX_PLAIN_FRAME_BYTES holds every such message");
    send(frame.get(..length).unwrap_or_default());
}
