//! Follows the packets of one channel (section 1.3).

use super::{Tracker, Verdict};
use crate::units::{SeqNum, UnixNanos};
use crate::xdp::{Body as _, DeliveryFlag, PacketRef, SequenceNumberReset};

/// What a packet's sequence number says about the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Sequence {
    /// It has no messages and consumes no number: a heartbeat.
    Heartbeat,
    /// Its first message is the next one.
    InOrder,
    /// All of its messages were seen.
    Duplicate,
    /// Its first messages were seen, the rest are the next ones.
    Straddles {
        /// The messages to pass over.
        seen: u8,
    },
    /// Messages before it are missing.
    Gap {
        /// The first missing number; the packet's own is the first that is not.
        expected: SeqNum,
        /// How many are missing.
        missing: u32,
    },
    /// The venue starts numbering again.
    Reset,
}

/// Knows which message of a channel comes next.
///
/// A day starts at 1, so whoever starts later sees a gap first. The tracker never waits: after
/// [`advance`](Self::advance) over a gap, the missing messages count as seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SequenceTracker {
    numbers: Tracker<SeqNum>,
    /// When the present numbering was started, to know the reset's copies.
    reset_sent: Option<UnixNanos>,
}

impl SequenceTracker {
    /// Expects number 1.
    #[must_use]
    pub const fn new() -> Self {
        Self::starting_at(SeqNum::from_raw(1))
    }

    /// Expects the number given.
    #[must_use]
    pub const fn starting_at(next: SeqNum) -> Self {
        Self {
            numbers: Tracker::new(next),
            reset_sent: None,
        }
    }

    /// The number expected next.
    #[must_use]
    pub const fn next(&self) -> SeqNum {
        self.numbers.expected()
    }

    /// What the packet is, without taking it.
    #[must_use]
    pub fn classify(&self, packet: &PacketRef<'_>) -> Sequence {
        let header = packet.header();
        if header.number_msgs > 0 && is_reset(packet) {
            // Resets are repeated while the venue starts, and on the other line.
            let copy = self.reset_sent == Some(header.send_time);
            let again = self.reset_sent.is_some() && self.next() == header.seq_num.next();
            return if copy || again {
                Sequence::Duplicate
            } else {
                Sequence::Reset
            };
        }
        match self
            .numbers
            .check(header.seq_num, u32::from(header.number_msgs))
        {
            Verdict::Empty => Sequence::Heartbeat,
            Verdict::Known => Sequence::Duplicate,
            Verdict::Next { skip: 0 } => Sequence::InOrder,
            // Less than NumberMsgs, which is one byte.
            Verdict::Next { skip } => Sequence::Straddles {
                seen: skip.to_le_bytes()[0],
            },
            Verdict::Early { missing } => Sequence::Gap {
                expected: self.next(),
                missing,
            },
        }
    }

    /// Takes the packet: the numbers up to its last one count as seen. Says what it was.
    pub fn advance(&mut self, packet: &PacketRef<'_>) -> Sequence {
        let sequence = self.classify(packet);
        let header = packet.header();
        if sequence == Sequence::Reset {
            self.reset_sent = Some(header.send_time);
        }
        match sequence {
            Sequence::Heartbeat | Sequence::Duplicate => {}
            Sequence::InOrder
            | Sequence::Straddles { .. }
            | Sequence::Gap { .. }
            | Sequence::Reset => {
                self.numbers
                    .expect(header.seq_num.plus(u32::from(header.number_msgs)));
            }
        }
        sequence
    }
}

impl Default for SequenceTracker {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the packet starts the numbering again: by its flag, or, in a failover and in captures
/// that lost the flag, by its only message.
pub(super) fn is_reset(packet: &PacketRef<'_>) -> bool {
    let header = packet.header();
    let alone = header.number_msgs == 1 && header.seq_num == SeqNum::from_raw(1);
    header.delivery_flag == DeliveryFlag::SEQUENCE_RESET
        || alone
            && packet.messages().next().is_some_and(
                |first| matches!(first, Ok(m) if m.msg_type() == SequenceNumberReset::MSG_TYPE),
            )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xdp::PacketBuilder;

    /// What a packet of `count` stock summaries from `seq_num` on is to the tracker.
    fn data(tracker: &mut SequenceTracker, seq_num: u32, count: u8) -> Sequence {
        let mut buffer = [0; 512];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        for _ in 0..count {
            packet.push(&crate::xdp::StockSummary::default()).unwrap();
        }
        let seq_num = SeqNum::from_raw(seq_num);
        let packet = packet.finish(DeliveryFlag::ORIGINAL, seq_num, UnixNanos::default());
        tracker.advance(&PacketRef::new(packet).unwrap())
    }

    /// What a reset sent at the time given is to the tracker.
    fn reset(tracker: &mut SequenceTracker, flag: DeliveryFlag, sent: u64) -> Sequence {
        let mut buffer = [0; 64];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push(&SequenceNumberReset::default()).unwrap();
        let packet = packet.finish(flag, SeqNum::from_raw(1), UnixNanos::from_raw(sent));
        tracker.advance(&PacketRef::new(packet).unwrap())
    }

    #[test]
    fn packets_are_in_order_twice_straddling_or_after_a_gap() {
        let mut tracker = SequenceTracker::new();
        assert_eq!(data(&mut tracker, 1, 3), Sequence::InOrder);
        assert_eq!(data(&mut tracker, 4, 1), Sequence::InOrder);
        assert_eq!(data(&mut tracker, 2, 3), Sequence::Duplicate);
        assert_eq!(data(&mut tracker, 3, 5), Sequence::Straddles { seen: 2 });
        let gap = Sequence::Gap {
            expected: SeqNum::from_raw(8),
            missing: 2,
        };
        assert_eq!(data(&mut tracker, 10, 2), gap);
        assert_eq!(tracker.next(), SeqNum::from_raw(12));
    }

    #[test]
    fn heartbeats_consume_nothing_whatever_their_number() {
        let mut tracker = SequenceTracker::new();
        assert_eq!(data(&mut tracker, 77, 0), Sequence::Heartbeat);
        assert_eq!(data(&mut tracker, 1, 1), Sequence::InOrder);
    }

    #[test]
    fn a_reset_starts_again_and_its_copies_do_not() {
        let mut tracker = SequenceTracker::new();
        assert_eq!(
            reset(&mut tracker, DeliveryFlag::SEQUENCE_RESET, 1),
            Sequence::Reset
        );
        assert_eq!(
            reset(&mut tracker, DeliveryFlag::SEQUENCE_RESET, 2),
            Sequence::Duplicate
        );
        assert_eq!(data(&mut tracker, 2, 9), Sequence::InOrder);
        assert_eq!(
            reset(&mut tracker, DeliveryFlag::SEQUENCE_RESET, 1),
            Sequence::Duplicate
        );
        assert_eq!(
            reset(&mut tracker, DeliveryFlag::FAILOVER, 3),
            Sequence::Reset
        );
        assert_eq!(data(&mut tracker, 2, 1), Sequence::InOrder);
    }
}
