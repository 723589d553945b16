//! One channel of the feed on its way out: occurrences to batches, never ahead of the window.

mod occurrence;
mod ring;
mod stream;
mod window;

use oxberry_core::feed::{Beginning, Lost};
use oxberry_core::units::{ChannelId, Position, SeqNum, UnixNanos};
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::{Partition, Recorded, Run, StreamId};

pub use self::occurrence::{Occurrence, Occurrences};
pub use self::stream::Repaired;
use self::stream::Stream;
pub use self::window::Blocked;
use crate::limits::{Limits, MIN_BATCH_BYTES};
use crate::partition::PartitionTable;

/// The streams of one channel: one for every partition.
#[derive(Debug)]
pub struct ChannelStreams {
    channel: ChannelId,
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
        let stream = |partition| Stream::new(StreamId { channel, partition }, run, &limits);
        Self {
            channel,
            covered: Position::default(),
            told: SeqNum::default(),
            seen: SeqNum::default(),
            has_ended: false,
            streams: partitions.into_iter().map(stream).collect(),
            taken_by: 0,
        }
    }

    /// The run has begun, or is gone on with; nothing was published before.
    pub fn set_run(&mut self, run: Run) {
        for stream in &mut self.streams {
            stream.set_run(run);
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
            Occurrence::Event(event) if event.is_of_refresh() => {
                // All that was read before it was pushed before it.
                self.cover(event.seq_num);
                let partition = table.partition_of(event.symbol_index);
                match self.streams.get_mut(usize::from(partition.raw())) {
                    Some(stream) => stream.push_of_refresh(&event, now, send),
                    None => Ok(()),
                }
            }
            Occurrence::Event(event) if event.seq_num <= self.told.max(self.covered.seq_num) => {
                Ok(())
            }
            Occurrence::Event(event) => {
                let partition = table.partition_of(event.symbol_index);
                if let Some(stream) = self.streams.get_mut(usize::from(partition.raw())) {
                    let recorded = Recorded::Event(event);
                    stream.push(event.seq_num, &recorded, now, send)?;
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
        let through = self.covered.seq_num;
        for stream in &mut self.streams {
            // A blocked batch stays pending and leaves with a later flush, after credit came.
            let _ = stream.flush(through, now, send);
        }
    }

    /// Whether no record waits for its batch to leave.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        self.streams.iter().all(Stream::is_flushed)
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
        let (covered, seen, has_ended) = (self.covered, self.seen, self.has_ended);
        for stream in &mut self.streams {
            stream.tell_coverage(covered, seen, has_ended, send);
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
            stream.acknowledged(acked);
        }
    }

    /// Whether anybody holds the partition and acknowledges the stream, which waits for nobody else.
    pub fn set_held(&mut self, partition: Partition, is_held: bool) {
        if let Some(stream) = self.streams.get_mut(usize::from(partition.raw())) {
            stream.set_held(is_held);
        }
    }

    /// Publishes again what somebody lacks of a stream who stands at `from` and heard what goes on at
    /// `to`. Some of it may not be there any more: that is said first, on the same topic.
    ///
    /// Nobody's window counts it: it is what the replica that stands at `from` holds up.
    pub fn repair(
        &self,
        partition: Partition,
        from: Position,
        to: Position,
        send: &mut impl FnMut(&[u8]),
    ) -> Repaired {
        let stream = self.streams.get(usize::from(partition.raw()));
        stream.map_or_else(Repaired::default, |one| one.repair(from, to, send))
    }

    /// Bytes of batches that are on their way, over all streams.
    #[must_use]
    pub fn bytes_in_flight(&self) -> usize {
        self.streams.iter().map(Stream::bytes_in_flight).sum()
    }

    /// Batches that are on their way, over all streams.
    #[must_use]
    pub fn batches_in_flight(&self) -> usize {
        self.streams.iter().map(Stream::batches_in_flight).sum()
    }

    /// Whether all who hold a partition have had what comes next: another controller began the run, and
    /// this one still reads what that published. Nothing of it has a time at which it is due.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let acked = self.streams.iter().filter_map(Stream::acked);
        acked.min().is_some_and(|acked| self.covered < acked)
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
        for stream in self.streams.iter_mut().skip(self.taken_by) {
            stream.push(number, &recorded, now, send)?;
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
        let through = self.covered.seq_num;
        for stream in self.streams.iter_mut().skip(self.taken_by) {
            stream.flush(stream.end_of_numbering(through), now, send)?;
            stream.begin(beginning, now, send);
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
