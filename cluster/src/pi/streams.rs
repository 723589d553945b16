//! Where each stream is: positions checked, silences and ends seen, acknowledgements owed.

use oxberry_core::book::ChannelPast;
use oxberry_core::units::{ChannelId, Instant, Position, SeqNum};
use oxberry_proto::flow::{Ack, Coverage, StreamPosition};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_CHANNELS};
use oxberry_proto::{NodeId, Partition, ProtoError, RecordsWriter, Run, StreamId};

use super::hole::Holes;
use crate::limits::Limits;

/// The streams of all partitions that this Pi holds.
#[derive(Debug)]
pub(super) struct Streams {
    limits: Limits,
    /// In order; the position is the first part of a stream's place in `streams`.
    partitions: Vec<Partition>,
    /// [`MAX_CHANNELS`] for each partition.
    streams: Box<[Stream]>,
    /// Places of streams of which something was heard.
    known: Vec<usize>,
    /// What is missing of them and may still come.
    pub(super) holes: Holes,
    /// Places of streams whose position is to be acknowledged.
    unacked: Vec<usize>,
    unacked_batches: usize,
    /// When the acknowledgement is due at the latest.
    ack_due: Option<Instant>,
    ended: usize,
    /// How many streams of each partition will end.
    channels: usize,
    ack: RecordsWriter<Box<[u8]>, Ack>,
}

/// One stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stream {
    /// All up to here is in the books, or known to be lost.
    pub(super) position: Position,
    /// What happened to it, for symbols that it defines later.
    pub(super) past: ChannelPast,
    /// Records of refreshes that came.
    pub(super) refreshes: u32,
    /// What the visualisation was told to be covered.
    pub(super) told: Position,
    /// Whether something is missing at the controller that may still come.
    pub(super) recovering: bool,
    /// Whether nothing was heard of it for three beats.
    pub(super) silent: bool,
    /// Whether nothing follows its position.
    pub(super) ended: bool,
    heard: Instant,
    is_known: bool,
    is_unacked: bool,
}

impl Streams {
    pub(super) fn new(partitions: Vec<Partition>, channels: usize, limits: Limits) -> Self {
        let streams = vec![Stream::default(); partitions.len() * MAX_CHANNELS];
        Self {
            limits,
            channels,
            known: Vec::with_capacity(streams.len()),
            holes: Holes::new(streams.len()),
            unacked: Vec::with_capacity(streams.len()),
            streams: streams.into_boxed_slice(),
            partitions,
            unacked_batches: 0,
            ack_due: None,
            ended: 0,
            ack: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// Holds another partition from now on; says its place, unless it is held already.
    pub(super) fn add(&mut self, partition: Partition) -> Option<usize> {
        let at = self.partitions.binary_search(&partition).err()?;
        self.partitions.insert(at, partition);
        let first = at * MAX_CHANNELS;
        let mut streams = core::mem::take(&mut self.streams).into_vec();
        let new = core::iter::repeat_n(Stream::default(), MAX_CHANNELS);
        streams.splice(first..first, new);
        self.streams = streams.into_boxed_slice();
        for places in [&mut self.known, &mut self.unacked] {
            places.reserve_exact(self.streams.len() - places.len());
            for place in places.iter_mut().filter(|place| **place >= first) {
                *place += MAX_CHANNELS;
            }
        }
        self.holes.make_room(self.streams.len());
        Some(at)
    }

    /// A stream, if its partition is held here.
    pub(super) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.streams.get(self.place_of(id)?)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        let at = self.place_of(id)?;
        self.streams.get_mut(at)
    }

    /// Whether something was heard of a stream.
    pub(super) fn is_known(&self, id: StreamId) -> bool {
        self.get(id).is_some_and(|stream| stream.is_known)
    }

    /// The place of a partition among those that are held here.
    pub(super) fn partition_at(&self, partition: Partition) -> Option<usize> {
        self.partitions.binary_search(&partition).ok()
    }

    /// Whether something of a stream is missing that may still come, at the controller or here.
    pub(super) fn is_recovering(&self, id: StreamId) -> bool {
        self.get(id).is_some_and(|stream| stream.recovering) || self.holes.of(id).is_some()
    }

    /// Notes that something of the stream was heard.
    pub(super) fn heard(&mut self, now: Instant, id: StreamId) {
        let Some(at) = self.place_of(id) else { return };
        let Some(stream) = self.streams.get_mut(at) else {
            return;
        };
        stream.heard = now;
        stream.silent = false;
        if !stream.is_known {
            stream.is_known = true;
            self.known.push(at);
        }
    }

    /// Notes that the books hold all of a batch, which is to be acknowledged.
    pub(super) fn applied(&mut self, now: Instant, id: StreamId, position: Position) {
        let Some(at) = self.place_of(id) else { return };
        let Some(stream) = self.streams.get_mut(at) else {
            return;
        };
        stream.position = position;
        self.owe(at);
        self.unacked_batches += 1;
        let due = if self.unacked_batches >= self.limits.ack_batches {
            now
        } else {
            now.after(self.limits.ack_delay)
        };
        self.ack_due = Some(self.ack_due.map_or(due, |before| before.min(due)));
    }

    /// Notes what coverage says behind the position; it has no batch before it that is missing.
    pub(super) fn covered(&mut self, coverage: &Coverage) {
        let Some(stream) = self.get_mut(coverage.stream) else {
            return;
        };
        stream.position.seq_num = stream.position.seq_num.max(coverage.through);
        stream.recovering = coverage.seen > coverage.through;
        if coverage.ended && !stream.ended {
            stream.ended = true;
            self.ended += 1;
        }
    }

    /// Notes which streams have fallen silent.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let silence = self.limits.silence();
        for &at in &self.known {
            if let Some(stream) = self.streams.get_mut(at) {
                stream.silent = !stream.ended && stream.heard.after(silence) <= now;
            }
        }
    }

    /// Acknowledges everything again, in case an acknowledgement was lost.
    pub(super) fn owe_all(&mut self, now: Instant) {
        for place in 0..self.known.len() {
            if let Some(&at) = self.known.get(place) {
                self.owe(at);
            }
        }
        if !self.unacked.is_empty() {
            self.ack_due = Some(now);
        }
    }

    /// Whether every stream has ended.
    pub(super) const fn have_ended(&self) -> bool {
        self.ended == self.partitions.len() * self.channels
    }

    /// Whether anything but a ping was heard.
    pub(super) const fn have_begun(&self) -> bool {
        !self.known.is_empty()
    }

    /// Of how many streams something was heard.
    pub(super) const fn known_count(&self) -> usize {
        self.known.len()
    }

    /// The partitions, in order.
    pub(super) fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The `n`-th stream of which something was heard.
    pub(super) fn known(&self, n: usize) -> Option<(StreamId, &Stream)> {
        let &at = self.known.get(n)?;
        Some((self.id_at(at)?, self.streams.get(at)?))
    }

    /// A stream of the partition of which something was heard; nothing else would carry its words.
    pub(super) fn any_of(&self, partition: Partition) -> Option<StreamId> {
        let at = self.partition_at(partition)?;
        let place = self
            .known
            .iter()
            .find(|&&place| place / MAX_CHANNELS == at)?;
        self.id_at(*place)
    }

    /// A stream of which something is to be asked for: where it stands, and where it can go on.
    pub(super) fn take_wish(&mut self) -> Option<(StreamId, Position, Position)> {
        while let Some(hole) = self.holes.take_due() {
            let at = self.get(hole.stream).map(|stream| stream.position);
            // It may be filled, and what is behind wait for room.
            if let Some(at) = at.filter(|&at| at < hole.to) {
                return Some((hole.stream, at, hole.to));
            }
        }
        None
    }

    /// No hole of such a stream is given up before that.
    pub(super) fn put_off_holes(&mut self, until: Instant, of: impl Fn(&Stream) -> bool) {
        let mut n = 0;
        while let Some(hole) = self.holes.get(n) {
            n += 1;
            if self.get(hole.stream).is_some_and(&of) {
                self.holes.put_off(hole.stream, until);
            }
        }
    }

    /// When an acknowledgement is due.
    pub(super) const fn ack_due(&self) -> Option<Instant> {
        self.ack_due
    }

    /// The acknowledgement, or as much of it as fits a frame; the rest stays due.
    pub(super) fn ack(&mut self, run: Run, node: NodeId) -> Result<&[u8], ProtoError> {
        while let Some(&at) = self.unacked.last() {
            let id = self.id_at(at);
            if let Some((stream, id)) = self.streams.get_mut(at).zip(id) {
                let position = StreamPosition {
                    stream: id,
                    position: stream.position,
                };
                if self.ack.push(&position).is_err() {
                    break;
                }
                stream.is_unacked = false;
            }
            self.unacked.pop();
        }
        if self.unacked.is_empty() {
            self.unacked_batches = 0;
            self.ack_due = None;
        }
        let head = Ack {
            run,
            node,
            streams: 0,
        };
        self.ack.finish(&[], head)
    }

    fn owe(&mut self, at: usize) {
        if let Some(stream) = self.streams.get_mut(at)
            && !stream.is_unacked
        {
            stream.is_unacked = true;
            self.unacked.push(at);
        }
    }

    fn id_at(&self, at: usize) -> Option<StreamId> {
        let channel = u8::try_from(at % MAX_CHANNELS).unwrap_or(u8::MAX);
        Some(StreamId {
            channel: ChannelId::from_raw(channel),
            partition: self.partitions.get(at / MAX_CHANNELS).copied()?,
        })
    }

    fn place_of(&self, id: StreamId) -> Option<usize> {
        let partition = self.partition_at(id.partition)?;
        Some(partition * MAX_CHANNELS + usize::from(id.channel.raw()))
    }
}

/// The number before another one.
pub(super) const fn before(number: SeqNum) -> SeqNum {
    SeqNum::from_raw(number.raw().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::Numbering;

    use super::*;

    const PARTITION: Partition = Partition::from_raw(5);
    const RUN: Run = Run {
        identity: 1,
        generation: 2,
    };

    fn stream(channel: u8) -> StreamId {
        StreamId {
            channel: ChannelId::from_raw(channel),
            partition: PARTITION,
        }
    }

    fn at(number: u32) -> Position {
        Position {
            numbering: Numbering::from_raw(9),
            seq_num: SeqNum::from_raw(number),
        }
    }

    fn new(partitions: Vec<Partition>, channels: usize) -> Streams {
        Streams::new(partitions, channels, Limits::DEFAULT)
    }

    fn coverage(channel: u8, ended: bool) -> Coverage {
        Coverage {
            run: RUN,
            stream: stream(channel),
            numbering: Numbering::NONE,
            after: SeqNum::default(),
            through: SeqNum::default(),
            seen: SeqNum::default(),
            ended,
        }
    }

    #[test]
    fn an_acknowledgement_is_due_at_once_after_enough_batches_and_soon_otherwise() {
        let mut streams = new(vec![PARTITION], 1);
        let now = Instant::from_raw(1_000);
        let limits = Limits::DEFAULT;
        streams.applied(now, stream(1), at(1));
        assert_eq!(streams.ack_due(), Some(now.after(limits.ack_delay)));
        for batch in 2..=16 {
            streams.applied(now, stream(1), at(batch));
        }
        assert_eq!(streams.ack_due(), Some(now));
        let ack = streams.ack(RUN, NodeId::from_raw(0)).unwrap();
        let (head, positions) = oxberry_proto::decode_list::<Ack>(ack).unwrap();
        assert_eq!(head.streams, 1);
        let positions: Vec<_> = positions.map(Result::unwrap).collect();
        let expected = StreamPosition {
            stream: stream(1),
            position: at(16),
        };
        assert_eq!(positions, [expected]);
        assert_eq!(streams.ack_due(), None);
    }

    #[test]
    fn an_acknowledgement_of_more_streams_than_a_frame_holds_comes_in_parts() {
        let partitions: Vec<_> = (0..8).map(Partition::from_raw).collect();
        let mut streams = new(partitions.clone(), 200);
        for &partition in &partitions {
            for channel in 0..200 {
                let id = StreamId {
                    channel: ChannelId::from_raw(channel),
                    partition,
                };
                streams.applied(Instant::default(), id, at(7));
            }
        }
        let mut acked = 0;
        while streams.ack_due().is_some() {
            let ack = streams.ack(RUN, NodeId::from_raw(0)).unwrap();
            acked += oxberry_proto::decode_list::<Ack>(ack).unwrap().1.count();
        }
        assert_eq!(acked, 1_600);
    }

    #[test]
    fn all_have_ended_when_every_stream_did_once() {
        let mut streams = new(vec![PARTITION], 2);
        streams.covered(&coverage(1, true));
        streams.covered(&coverage(1, true));
        assert!(!streams.have_ended());
        streams.covered(&coverage(2, false));
        assert!(!streams.have_ended());
        streams.covered(&coverage(2, true));
        assert!(streams.have_ended());
    }

    #[test]
    fn a_partition_that_is_taken_moves_the_places_of_others_and_nothing_else() {
        let of = |partition, channel| StreamId {
            channel: ChannelId::from_raw(channel),
            partition: Partition::from_raw(partition),
        };
        let [low, high] = [2, 7].map(Partition::from_raw);
        let mut streams = new(vec![low, high], 1);
        let now = Instant::from_raw(1);
        for stream in [of(2, 1), of(7, 1)] {
            streams.heard(now, stream);
            streams.applied(now, stream, at(u32::from(stream.partition.raw())));
        }
        streams.covered(&Coverage {
            stream: of(7, 1),
            ..coverage(1, true)
        });
        streams.covered(&Coverage {
            stream: of(2, 1),
            ..coverage(1, true)
        });
        assert!(streams.have_ended());
        assert_eq!(streams.add(Partition::from_raw(5)), Some(1));
        assert_eq!(streams.add(Partition::from_raw(5)), None);
        assert!(
            !streams.have_ended(),
            "there is another one to come to an end"
        );
        assert_eq!(streams.get(of(7, 1)).unwrap().position, at(7));
        assert_eq!(streams.get(of(5, 1)).unwrap().position, Position::default());
        assert!(!streams.is_known(of(5, 1)));
        let known: Vec<_> = (0..2).map(|n| streams.known(n).unwrap().0).collect();
        assert_eq!(known, [of(2, 1), of(7, 1)]);
        let ack = streams.ack(RUN, NodeId::from_raw(0)).unwrap();
        let (_, positions) = oxberry_proto::decode_list::<Ack>(ack).unwrap();
        let mut acked: Vec<_> = positions.map(|told| told.unwrap().stream).collect();
        acked.sort_unstable();
        assert_eq!(acked, [of(2, 1), of(7, 1)].map(|one| one));
        streams.heard(now, of(5, 1));
        streams.covered(&Coverage {
            stream: of(5, 1),
            ..coverage(1, true)
        });
        assert!(streams.have_ended());
    }

    #[test]
    fn a_stream_is_silent_after_three_beats_until_it_is_heard_again_and_never_after_its_end() {
        let mut streams = new(vec![PARTITION], 2);
        let start = Instant::from_raw(1);
        let late = start.after(Limits::DEFAULT.silence());
        streams.heard(start, stream(1));
        streams.handle_timeout(Instant::from_raw(late.raw() - 1));
        assert!(!streams.get_mut(stream(1)).unwrap().silent);
        streams.handle_timeout(late);
        assert!(streams.get_mut(stream(1)).unwrap().silent);
        streams.heard(late, stream(1));
        assert!(!streams.get_mut(stream(1)).unwrap().silent);
        streams.covered(&coverage(1, true));
        streams.handle_timeout(late.after(Limits::DEFAULT.silence()));
        assert!(!streams.get_mut(stream(1)).unwrap().silent);
    }
}
