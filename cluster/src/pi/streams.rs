//! Where each stream is: numbers checked, ends seen, acknowledgements owed.

use oxberry_core::units::{ChannelId, Instant};
use oxberry_proto::flow::{Ack, Position};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_CHANNELS};
use oxberry_proto::{EventNum, NodeId, Partition, ProtoError, RecordsWriter, StreamId};

use crate::limits::{ACK_BATCHES, ACK_DELAY};

/// The streams of all partitions that this Pi holds.
#[derive(Debug)]
pub(super) struct Streams {
    /// In order; the position is the first part of a stream's place in `streams`.
    partitions: Vec<Partition>,
    /// [`MAX_CHANNELS`] for each partition.
    streams: Box<[Stream]>,
    /// Places of streams whose position moved since the last acknowledgement.
    unacked: Vec<usize>,
    unacked_batches: usize,
    /// When the acknowledgement is due at the latest.
    ack_due: Option<Instant>,
    ended: usize,
    /// How many streams will end.
    to_end: usize,
    ack: RecordsWriter<Box<[u8]>, Ack>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    applied: EventNum,
    is_unacked: bool,
    has_ended: bool,
}

/// How a batch lies to what was applied before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Skip that many events: they were applied before. Mostly 0.
    InOrder {
        /// Events to skip.
        skip: u64,
    },
    /// Events are missing before it.
    Gap {
        /// How many.
        missing: u64,
    },
    /// Everything in it was applied before, or nothing was in it.
    Duplicate,
    /// The Pi does not hold its partition.
    Foreign,
}

impl Streams {
    pub(super) fn new(partitions: Vec<Partition>, channels: usize) -> Self {
        let streams = vec![Stream::default(); partitions.len() * MAX_CHANNELS];
        Self {
            to_end: partitions.len() * channels,
            unacked: Vec::with_capacity(streams.len()),
            streams: streams.into_boxed_slice(),
            partitions,
            unacked_batches: 0,
            ack_due: None,
            ended: 0,
            ack: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// Notes that a batch has come, and says what of it to apply.
    pub(super) fn arrive(&mut self, id: StreamId, first: EventNum, events: u16) -> Arrival {
        let Some(stream) = self.place_of(id).and_then(|at| self.streams.get_mut(at)) else {
            return Arrival::Foreign;
        };
        let last = EventNum::from_raw((first.raw() + u64::from(events)).saturating_sub(1));
        let expected = stream.applied.next();
        if last < expected {
            Arrival::Duplicate
        } else if first > expected {
            Arrival::Gap {
                missing: first.raw() - expected.raw(),
            }
        } else {
            Arrival::InOrder {
                skip: expected.raw() - first.raw(),
            }
        }
    }

    /// Notes that a batch was applied up to `last`.
    pub(super) fn applied(&mut self, now: Instant, id: StreamId, last: EventNum) {
        let Some(at) = self.place_of(id) else { return };
        let Some(stream) = self.streams.get_mut(at) else {
            return;
        };
        stream.applied = last;
        if !stream.is_unacked {
            stream.is_unacked = true;
            self.unacked.push(at);
        }
        self.unacked_batches += 1;
        let due = if self.unacked_batches >= ACK_BATCHES {
            now
        } else {
            now.after(ACK_DELAY)
        };
        self.ack_due = Some(self.ack_due.map_or(due, |before| before.min(due)));
    }

    /// Notes the end of a stream; says how many events are missing before it.
    pub(super) fn end(&mut self, id: StreamId, last: EventNum) -> u64 {
        let Some(stream) = self.place_of(id).and_then(|at| self.streams.get_mut(at)) else {
            return 0;
        };
        if !stream.has_ended {
            stream.has_ended = true;
            self.ended += 1;
        }
        last.raw().saturating_sub(stream.applied.raw())
    }

    /// Whether every stream has ended.
    pub(super) const fn have_ended(&self) -> bool {
        self.ended == self.to_end
    }

    /// Events applied of all streams of a partition.
    pub(super) fn applied_of(&self, partition: Partition) -> u64 {
        let Ok(at) = self.partitions.binary_search(&partition) else {
            return 0;
        };
        let streams = self
            .streams
            .chunks_exact(MAX_CHANNELS)
            .nth(at)
            .unwrap_or_default();
        streams.iter().map(|stream| stream.applied.raw()).sum()
    }

    /// The partitions, in order.
    pub(super) fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// When an acknowledgement is due.
    pub(super) const fn ack_due(&self) -> Option<Instant> {
        self.ack_due
    }

    /// The acknowledgement, or as much of it as fits a frame; the rest stays due.
    pub(super) fn ack(&mut self, node: NodeId) -> Result<&[u8], ProtoError> {
        while let Some(&at) = self.unacked.last() {
            let channel = u8::try_from(at % MAX_CHANNELS).unwrap_or(u8::MAX);
            let partition = self.partitions.get(at / MAX_CHANNELS).copied();
            if let Some((stream, partition)) = self.streams.get_mut(at).zip(partition) {
                let id = StreamId {
                    channel: ChannelId::from_raw(channel),
                    partition,
                };
                if self
                    .ack
                    .push(&Position {
                        stream: id,
                        applied: stream.applied,
                    })
                    .is_err()
                {
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
        self.ack.finish(&[], Ack { node, streams: 0 })
    }

    fn place_of(&self, id: StreamId) -> Option<usize> {
        let partition = self.partitions.binary_search(&id.partition).ok()?;
        Some(partition * MAX_CHANNELS + usize::from(id.channel.raw()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: Partition = Partition::from_raw(5);

    fn stream(channel: u8) -> StreamId {
        StreamId {
            channel: ChannelId::from_raw(channel),
            partition: PARTITION,
        }
    }

    fn num(raw: u64) -> EventNum {
        EventNum::from_raw(raw)
    }

    #[test]
    fn batches_in_order_twice_straddling_and_too_early_are_told_apart() {
        let mut streams = Streams::new(vec![PARTITION], 1);
        let id = stream(1);
        assert_eq!(streams.arrive(id, num(1), 3), Arrival::InOrder { skip: 0 });
        streams.applied(Instant::default(), id, num(3));
        assert_eq!(streams.arrive(id, num(1), 3), Arrival::Duplicate);
        assert_eq!(streams.arrive(id, num(4), 0), Arrival::Duplicate);
        assert_eq!(streams.arrive(id, num(2), 4), Arrival::InOrder { skip: 2 });
        assert_eq!(streams.arrive(id, num(6), 1), Arrival::Gap { missing: 2 });
        let foreign = StreamId {
            partition: Partition::from_raw(6),
            ..id
        };
        assert_eq!(streams.arrive(foreign, num(1), 1), Arrival::Foreign);
    }

    #[test]
    fn an_acknowledgement_is_due_at_once_after_enough_batches_and_soon_otherwise() {
        let mut streams = Streams::new(vec![PARTITION], 1);
        let now = Instant::from_raw(1_000);
        streams.applied(now, stream(1), num(1));
        assert_eq!(streams.ack_due(), Some(now.after(ACK_DELAY)));
        for batch in 2..=ACK_BATCHES as u64 {
            streams.applied(now, stream(1), num(batch));
        }
        assert_eq!(streams.ack_due(), Some(now));
        let ack = streams.ack(NodeId::from_raw(0)).unwrap();
        let (head, positions) = oxberry_proto::decode_list::<Ack>(ack).unwrap();
        assert_eq!(head.streams, 1);
        let positions: Vec<_> = positions.map(Result::unwrap).collect();
        assert_eq!(
            positions,
            [Position {
                stream: stream(1),
                applied: num(ACK_BATCHES as u64)
            }]
        );
        assert_eq!(streams.ack_due(), None);
    }

    #[test]
    fn an_acknowledgement_of_more_streams_than_a_frame_holds_comes_in_parts() {
        let partitions: Vec<_> = (0..8).map(Partition::from_raw).collect();
        let mut streams = Streams::new(partitions.clone(), 200);
        for &partition in &partitions {
            for channel in 0..200 {
                let id = StreamId {
                    channel: ChannelId::from_raw(channel),
                    partition,
                };
                streams.applied(Instant::default(), id, num(7));
            }
        }
        let mut acked = 0;
        while streams.ack_due().is_some() {
            let ack = streams.ack(NodeId::from_raw(0)).unwrap();
            acked += oxberry_proto::decode_list::<Ack>(ack).unwrap().1.count();
        }
        assert_eq!(acked, 1_600);
    }

    #[test]
    fn all_have_ended_when_every_stream_did_once() {
        let mut streams = Streams::new(vec![PARTITION], 2);
        assert_eq!(streams.end(stream(1), num(0)), 0);
        assert_eq!(streams.end(stream(1), num(0)), 0);
        assert!(!streams.have_ended());
        assert_eq!(streams.end(stream(2), num(4)), 4);
        assert!(streams.have_ended());
    }
}
