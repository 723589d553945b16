//! The batches of one stream that can be published again: those that are on their way, and the last of
//! those that all replicas have acknowledged.

use std::collections::VecDeque;

use oxberry_core::units::Position;

use crate::coverage::Range;

/// Batches as they left, oldest first. They follow each other without a gap.
#[derive(Debug)]
pub(super) struct Ring {
    /// Bytes of acknowledged batches that are kept at most.
    most_bytes: usize,
    batches: VecDeque<Kept>,
    /// How many of them, from the oldest on, are acknowledged, and their bytes.
    acked: usize,
    acked_bytes: usize,
    /// Where the last one ends that is kept no more.
    gone: Position,
}

/// A batch as it left.
#[derive(Debug)]
struct Kept {
    range: Range,
    frame: Box<[u8]>,
}

impl Ring {
    /// An empty ring that keeps so many bytes of acknowledged batches.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            batches: VecDeque::new(),
            acked: 0,
            acked_bytes: 0,
            gone: Position::default(),
        }
    }

    /// A batch has left.
    pub(super) fn keep(&mut self, range: Range, frame: &[u8]) {
        let frame = frame.into();
        self.batches.push_back(Kept { range, frame });
    }

    /// All replicas are at this position or beyond: what does not fit is kept no more.
    pub(super) fn acknowledged(&mut self, acked: Position) {
        while let Some(kept) = self.batches.get(self.acked)
            && kept.range.end() <= acked
        {
            self.acked += 1;
            self.acked_bytes += kept.frame.len();
        }
        while self.acked_bytes > self.most_bytes
            && let Some(kept) = self.batches.pop_front()
        {
            self.acked -= 1;
            self.acked_bytes -= kept.frame.len();
            self.gone = kept.range.end();
        }
    }

    /// Where the last batch ends that is kept no more: who stands below misses some of it for good.
    pub(super) const fn gone(&self) -> Position {
        self.gone
    }

    /// The batches that somebody at `from` lacks who wants to go on at `to`, in their order. Those that
    /// begin a numbering between the two are among them.
    pub(super) fn between(&self, from: Position, to: Position) -> impl Iterator<Item = &[u8]> {
        let first = (self.batches).partition_point(|kept| kept.range.end() <= from);
        let rest = self.batches.range(first..);
        let wanted = rest.take_while(move |kept| kept.range.start() < to);
        wanted.map(|kept| &*kept.frame)
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{Numbering, SeqNum};

    use super::*;

    const NONE: &[u8] = &[];

    fn at(numbering: u64, number: u32) -> Position {
        Position {
            numbering: Numbering::from_raw(numbering),
            seq_num: SeqNum::from_raw(number),
        }
    }

    /// Numbering 1 up to 30 and numbering 2 up to 20, in batches of ten numbers and ten bytes, which
    /// tell their place.
    fn ring(most_bytes: usize) -> Ring {
        let mut ring = Ring::new(most_bytes);
        let beginning = |numbering, previous| Range {
            numbering: Numbering::from_raw(numbering),
            after: SeqNum::from_raw(0),
            through: SeqNum::from_raw(0),
            begins: Some(previous),
        };
        let ten = |numbering, after| Range {
            numbering: Numbering::from_raw(numbering),
            after: SeqNum::from_raw(after),
            through: SeqNum::from_raw(after + 10),
            begins: None,
        };
        let ranges = [
            beginning(1, Position::default()),
            ten(1, 0),
            ten(1, 10),
            ten(1, 20),
            // Nothing happened behind 27.
            beginning(2, at(1, 27)),
            ten(2, 0),
            ten(2, 10),
        ];
        for (place, range) in (0..).zip(ranges) {
            ring.keep(range, &[place; 10]);
        }
        ring
    }

    fn places(ring: &Ring, from: Position, to: Position) -> Vec<u8> {
        let frames = ring.between(from, to);
        frames.filter_map(|frame| frame.first().copied()).collect()
    }

    #[test]
    fn what_lies_between_is_all_that_is_missing() {
        let ring = ring(0);
        assert_eq!(places(&ring, at(1, 10), at(1, 20)), [2]);
        assert_eq!(places(&ring, at(1, 11), at(1, 21)), [2, 3]);
        assert_eq!(places(&ring, at(1, 10), at(1, 10)), NONE);
        assert_eq!(places(&ring, at(2, 20), at(2, 30)), NONE);
        assert_eq!(places(&ring, Position::default(), at(1, 0)), [0]);
    }

    #[test]
    fn a_hole_over_a_reset_is_the_tail_the_beginning_and_what_follows() {
        let ring = ring(0);
        assert_eq!(places(&ring, at(1, 20), at(2, 0)), [3, 4]);
        assert_eq!(places(&ring, at(1, 20), at(2, 10)), [3, 4, 5]);
        assert_eq!(places(&ring, at(1, 30), at(2, 0)), [4]);
        // Whoever stands there has had the beginning.
        assert_eq!(places(&ring, at(2, 0), at(2, 10)), [5]);
    }

    #[test]
    fn what_is_not_acknowledged_is_kept_and_of_the_rest_as_many_bytes_as_fit() {
        let mut ring = ring(20);
        ring.acknowledged(at(1, 20));
        // Three batches, of which two fit.
        assert_eq!(ring.gone(), at(1, 0));
        assert_eq!(places(&ring, at(1, 0), at(2, 20)), [1, 2, 3, 4, 5, 6]);
        ring.acknowledged(at(2, 20));
        assert_eq!(ring.gone(), at(2, 0));
        assert_eq!(places(&ring, Position::default(), at(2, 20)), [5, 6]);
    }
}
