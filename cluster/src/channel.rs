//! One channel of the feed on its way out: events to numbered batches, never ahead of the window.

use std::collections::VecDeque;

use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{ChannelId, UnixNanos};
use oxberry_proto::flow::{Batch, EndOfStream};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_PLAIN_BYTES};
use oxberry_proto::{EventNum, Partition, ProtoError, RecordsWriter, StreamId, Topic, encode};

use crate::limits::WINDOW_BATCHES;

/// The streams of one channel: one for every partition.
#[derive(Debug)]
pub struct ChannelStreams {
    channel: ChannelId,
    streams: Vec<Stream>,
}

/// What a full window answers: the event was not taken, wait for credit and give it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The stream whose replicas are behind.
    pub stream: StreamId,
}

/// One stream: the batch being filled, and the batches that are on their way.
#[derive(Debug)]
struct Stream {
    id: StreamId,
    pending: RecordsWriter<Box<[u8]>, Batch>,
    /// The number of the first pending event.
    first: EventNum,
    /// The last event number of every batch that is not acknowledged, oldest first.
    sent: VecDeque<EventNum>,
}

impl ChannelStreams {
    /// The streams of a channel in a cluster of so many partitions.
    #[must_use]
    pub fn new(channel: ChannelId, partitions: impl IntoIterator<Item = Partition>) -> Self {
        let stream = |partition| Stream {
            id: StreamId { channel, partition },
            pending: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
            first: EventNum::NONE.next(),
            sent: VecDeque::with_capacity(WINDOW_BATCHES),
        };
        Self {
            channel,
            streams: partitions.into_iter().map(stream).collect(),
        }
    }

    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Takes the next event of a partition. When its batch is full, the batch goes to `send` first.
    ///
    /// # Errors
    ///
    /// [`Blocked`] when the batch is full but may not leave: the event was not taken.
    ///
    /// # Panics
    ///
    /// When the partition is not one of those given to [`ChannelStreams::new`].
    pub fn push(
        &mut self,
        partition: Partition,
        event: &FeedEvent,
        now: UnixNanos,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<(), Blocked> {
        let stream = self.streams.get_mut(usize::from(partition.raw()));
        let stream = stream.expect("events are routed by the table that made the streams");
        if stream.pending.push(event) == Err(ProtoError::NoRoom) {
            stream.flush(now, send)?;
            stream
                .pending
                .push(event)
                .expect("an empty batch has room for any event");
        }
        Ok(())
    }

    /// Sends every batch that holds an event and may leave; what may not, stays for later.
    pub fn flush(&mut self, now: UnixNanos, send: &mut impl FnMut(&[u8])) {
        for stream in &mut self.streams {
            // A blocked batch stays pending and leaves with a later flush, after credit came.
            let _ = stream.flush(now, send);
        }
    }

    /// Whether no event waits for its batch to leave.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        self.streams.iter().all(|stream| stream.pending.is_empty())
    }

    /// All replicas of the stream applied its events up to `acked`.
    pub fn handle_credit(&mut self, partition: Partition, acked: EventNum) {
        if let Some(stream) = self.streams.get_mut(usize::from(partition.raw())) {
            while stream.sent.front().is_some_and(|&last| last <= acked) {
                stream.sent.pop_front();
            }
        }
    }

    /// Batches that are on their way, over all streams.
    #[must_use]
    pub fn batches_in_flight(&self) -> usize {
        self.streams.iter().map(|stream| stream.sent.len()).sum()
    }

    /// Says on every stream that it is over. Everything must have been flushed.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the buffer holds every such message"
    )]
    pub fn end(&mut self, send: &mut impl FnMut(&[u8])) {
        debug_assert!(self.is_flushed(), "the end comes after the last event");
        for stream in &self.streams {
            let last = stream.last_sent();
            let topic = Topic {
                partition: stream.id.partition,
            };
            let mut frame = [0; Topic::LEN + MAX_PLAIN_BYTES];
            let (prefix, message) = frame.split_at_mut(Topic::LEN);
            prefix.copy_from_slice(&topic.to_bytes());
            let length = encode(
                &EndOfStream {
                    stream: stream.id,
                    last,
                },
                message,
            )
            .expect("MAX_PLAIN_BYTES holds every message without a list");
            send(frame.get(..Topic::LEN + length).unwrap_or_default());
        }
    }

    /// The last event of every stream so far.
    pub fn lasts(&self) -> impl Iterator<Item = (StreamId, EventNum)> + '_ {
        self.streams
            .iter()
            .map(|stream| (stream.id, stream.last_sent()))
    }
}

impl Stream {
    /// The last event whose batch left.
    fn last_sent(&self) -> EventNum {
        EventNum::from_raw(self.first.raw() - 1)
    }

    fn flush(&mut self, now: UnixNanos, send: &mut impl FnMut(&[u8])) -> Result<(), Blocked> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if self.sent.len() >= WINDOW_BATCHES {
            return Err(Blocked { stream: self.id });
        }
        let next = self.first.plus(self.pending.count() as u64);
        let topic = Topic {
            partition: self.id.partition,
        };
        let head = Batch {
            stream: self.id,
            first: self.first,
            events: 0,
            ts_sent: now,
        };
        let frame = self.pending.finish(&topic.to_bytes(), head);
        send(frame.expect("MAX_LIST_HEAD_BYTES holds topic and head of a batch"));
        self.sent.push_back(EventNum::from_raw(next.raw() - 1));
        self.first = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::feed::Action;
    use oxberry_core::units::{OrderId, SeqNum, SymbolIndex};
    use oxberry_proto::decode_list;

    use super::*;

    const NOW: UnixNanos = UnixNanos::from_raw(1);

    fn event(number: u64) -> FeedEvent {
        FeedEvent {
            seq_num: SeqNum::from_raw(1),
            symbol_index: SymbolIndex::from_raw(7),
            symbol_seq_num: None,
            ts_event: None,
            action: Action::Delete {
                order_id: OrderId::from_raw(number),
            },
        }
    }

    fn streams() -> ChannelStreams {
        ChannelStreams::new(ChannelId::from_raw(1), [0, 1].map(Partition::from_raw))
    }

    /// Pushes events until the stream is blocked, and returns the frames and how many were taken.
    fn fill(streams: &mut ChannelStreams, from: u64) -> (Vec<Vec<u8>>, u64) {
        let mut frames = Vec::new();
        for number in from.. {
            let partition = Partition::from_raw(0);
            let mut send = |frame: &[u8]| frames.push(frame.to_vec());
            if streams
                .push(partition, &event(number), NOW, &mut send)
                .is_err()
            {
                return (frames, number);
            }
        }
        unreachable!("a window that never fills");
    }

    #[test]
    fn batches_are_numbered_without_a_hole_and_hold_every_event_once() {
        let mut streams = streams();
        let (mut frames, taken) = fill(&mut streams, 0);
        streams.handle_credit(Partition::from_raw(0), EventNum::from_raw(u64::MAX));
        streams.flush(NOW, &mut |frame| frames.push(frame.to_vec()));
        let mut expected = 0;
        for frame in frames {
            let (topic, message) = Topic::split(&frame).unwrap();
            assert_eq!(topic.partition.raw(), 0);
            assert!(frame.len() <= MAX_BATCH_BYTES);
            let (head, events) = decode_list::<Batch>(message).unwrap();
            assert_eq!(head.first.raw(), expected + 1);
            for read in events {
                assert_eq!(read, Ok(event(expected)));
                expected += 1;
            }
        }
        assert_eq!(expected, taken);
    }

    #[test]
    fn a_stream_never_runs_further_ahead_than_its_window() {
        let mut streams = streams();
        let (frames, taken) = fill(&mut streams, 0);
        assert_eq!(frames.len(), WINDOW_BATCHES);
        assert_eq!(streams.batches_in_flight(), WINDOW_BATCHES);
        let first_batch = decode_list::<Batch>(Topic::split(&frames[0]).unwrap().1)
            .unwrap()
            .0;
        streams.handle_credit(
            Partition::from_raw(0),
            EventNum::from_raw(u64::from(first_batch.events)),
        );
        let (frames, _) = fill(&mut streams, taken);
        assert_eq!(frames.len(), 1);
    }

    #[test]
    fn a_blocked_stream_does_not_hold_up_the_others() {
        let mut streams = streams();
        fill(&mut streams, 0);
        let other = Partition::from_raw(1);
        assert_eq!(streams.push(other, &event(0), NOW, &mut |_| ()), Ok(()));
        let mut frames = 0;
        streams.flush(NOW, &mut |_| frames += 1);
        assert_eq!(frames, 1);
        assert!(!streams.is_flushed());
    }

    #[test]
    fn the_end_names_the_last_event_of_every_stream() {
        let mut streams = streams();
        for number in 0..3 {
            streams
                .push(Partition::from_raw(1), &event(number), NOW, &mut |_| ())
                .unwrap();
        }
        streams.flush(NOW, &mut |_| ());
        let mut lasts = Vec::new();
        streams.end(&mut |frame| {
            let message = Topic::split(frame).unwrap().1;
            lasts.push(
                oxberry_proto::decode::<EndOfStream>(message)
                    .unwrap()
                    .last
                    .raw(),
            );
        });
        assert_eq!(lasts, [0, 3]);
    }
}
