//! Batches that came behind a hole and wait until it is filled, in fixed memory.

use oxberry_core::units::Position;
use oxberry_proto::StreamId;

use crate::coverage::Range;

/// Bytes of a batch of two events. So many frames are held as there are of these in the memory, however
/// small they are.
const SMALL_BYTES: usize = 128;

/// Frames of all streams in one piece of memory.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Box<[u8]>,
    /// Where the next frame goes; what was taken leaves its bytes unused until they are needed.
    end: usize,
    /// By stream, and in a stream by where they go on.
    frames: Vec<Frame>,
}

/// A frame that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    stream: StreamId,
    range: Range,
    /// Where its bytes are.
    at: usize,
    length: usize,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It waits.
    Held,
    /// It waited already.
    Copy,
    /// There is no room for it.
    Full,
}

impl Held {
    /// Room for so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            bytes: vec![0; bytes].into_boxed_slice(),
            end: 0,
            frames: Vec::with_capacity(bytes / SMALL_BYTES),
        }
    }

    /// Holds a frame of a stream that covers a range, if there is room.
    pub(super) fn keep(&mut self, stream: StreamId, range: &Range, frame: &[u8]) -> Kept {
        let key = (stream, range.start(), range.end());
        let Err(place) = self.frames.binary_search_by_key(&key, Frame::key) else {
            return Kept::Copy;
        };
        if self.frames.len() == self.frames.capacity() {
            return Kept::Full;
        }
        if self.bytes.len() - self.end < frame.len() {
            self.close_ranks();
        }
        let at = self.end;
        let Some(to) = self.bytes.get_mut(at..at + frame.len()) else {
            return Kept::Full;
        };
        to.copy_from_slice(frame);
        let length = frame.len();
        self.end += length;
        let range = *range;
        self.frames.insert(
            place,
            Frame {
                stream,
                range,
                at,
                length,
            },
        );
        Kept::Held
    }

    /// What the first frame of a stream covers, if one is held.
    pub(super) fn first(&self, stream: StreamId) -> Option<Range> {
        let frame = self.frames.get(self.place(stream))?;
        (frame.stream == stream).then_some(frame.range)
    }

    /// Takes the first frame of a stream out; returns its length, of which as much as fits is put into
    /// `to`.
    pub(super) fn take(&mut self, stream: StreamId, to: &mut [u8]) -> Option<usize> {
        self.first(stream)?;
        let frame = self.frames.remove(self.place(stream));
        let bytes = self.bytes.get(frame.at..)?.get(..frame.length)?;
        for (to, from) in to.iter_mut().zip(bytes) {
            *to = *from;
        }
        if self.frames.is_empty() {
            self.end = 0;
        }
        Some(frame.length)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.end = 0;
    }

    /// The place of the first frame of a stream, or of what comes behind where it would be.
    fn place(&self, stream: StreamId) -> usize {
        self.frames.partition_point(|held| held.stream < stream)
    }

    /// Moves the frames together, so that the unused bytes are behind them.
    fn close_ranks(&mut self) {
        // In the order of their bytes, so that none is written over before it was moved.
        self.frames.sort_unstable_by_key(|held| held.at);
        let mut end = 0;
        for frame in &mut self.frames {
            self.bytes
                .copy_within(frame.at..frame.at + frame.length, end);
            frame.at = end;
            end += frame.length;
        }
        self.end = end;
        self.frames.sort_unstable_by_key(Frame::key);
    }
}

impl Frame {
    /// The order of the frames: where they go on, and then where they end.
    const fn key(&self) -> (StreamId, Position, Position) {
        (self.stream, self.range.start(), self.range.end())
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{ChannelId, Numbering, SeqNum};
    use oxberry_proto::Partition;

    use super::*;

    fn stream(channel: u8) -> StreamId {
        StreamId {
            channel: ChannelId::from_raw(channel),
            partition: Partition::from_raw(0),
        }
    }

    fn range(after: u32, through: u32) -> Range {
        Range {
            numbering: Numbering::from_raw(1),
            after: SeqNum::from_raw(after),
            through: SeqNum::from_raw(through),
            begins: None,
        }
    }

    fn take(held: &mut Held, stream: StreamId) -> Vec<u8> {
        let mut to = [0; 400];
        let length = held.take(stream, &mut to).unwrap();
        to.get(..length).unwrap().to_vec()
    }

    #[test]
    fn frames_leave_in_the_order_of_their_numbers_each_once() {
        let mut held = Held::new(1_000);
        for (after, through) in [(20, 30), (10, 20), (30, 40)] {
            let frame = [u8::try_from(after).unwrap(); 40];
            assert_eq!(
                held.keep(stream(2), &range(after, through), &frame),
                Kept::Held
            );
            assert_eq!(
                held.keep(stream(2), &range(after, through), &frame),
                Kept::Copy
            );
        }
        assert_eq!(held.keep(stream(1), &range(5, 6), &[5; 40]), Kept::Held);
        assert_eq!(held.first(stream(2)), Some(range(10, 20)));
        assert_eq!(held.first(stream(3)), None);
        assert_eq!(take(&mut held, stream(2)), [10; 40]);
        assert_eq!(take(&mut held, stream(2)), [20; 40]);
        assert_eq!(take(&mut held, stream(1)), [5; 40]);
        assert_eq!(take(&mut held, stream(2)), [30; 40]);
        assert!(held.frames.is_empty());
        assert_eq!(held.take(stream(2), &mut [0; 64]), None);
    }

    #[test]
    fn the_bytes_of_what_was_taken_are_used_again() {
        let mut held = Held::new(1_000);
        let keep = |held: &mut Held, of, after: u32| {
            let frame = [u8::try_from(after).unwrap(); 400];
            held.keep(stream(of), &range(after, after + 1), &frame)
        };
        assert_eq!(keep(&mut held, 1, 1), Kept::Held);
        assert_eq!(keep(&mut held, 2, 2), Kept::Held);
        assert_eq!(keep(&mut held, 2, 3), Kept::Full);
        assert_eq!(take(&mut held, stream(1)), [1; 400]);
        assert_eq!(keep(&mut held, 2, 3), Kept::Held);
        assert_eq!(keep(&mut held, 2, 4), Kept::Full);
        assert_eq!(take(&mut held, stream(2)), [2; 400]);
        assert_eq!(take(&mut held, stream(2)), [3; 400]);
        assert!(held.frames.is_empty());
    }

    #[test]
    fn a_store_without_bytes_holds_nothing() {
        let mut held = Held::new(0);
        assert_eq!(held.keep(stream(1), &range(1, 2), &[1; 40]), Kept::Full);
        assert!(held.frames.is_empty());
    }
}
