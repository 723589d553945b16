//! Finds gaps in the packets of one channel (docs/wire-format.md, 1.3).

use super::limits::CLOCK_SKEW;
use super::{Tracker, Verdict};
use crate::units::{Numbering, Position, SeqNum, UnixNanos};
use crate::xdp::{Body as _, DeliveryFlag, PacketRef, SequenceNumberReset};

/// What a packet's sequence number says about the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Continuity {
    /// A heartbeat: the packet has no messages and consumes no number.
    Heartbeat,
    /// The first message of the packet is the next one.
    InOrder,
    /// All messages of the packet were seen before.
    Duplicate,
    /// The first messages of the packet were seen before; the rest are next.
    Straddles {
        /// Leading messages to skip.
        seen: u8,
    },
    /// Messages before the packet are missing.
    Gap {
        /// The first missing number; the packet's own number ends the gap.
        expected: SeqNum,
        /// How many are missing.
        missing: u32,
    },
    /// The first packet, and not a reset: the numbering began earlier, or begins without one.
    Joined,
    /// The venue restarts its numbering.
    Reset,
    /// The venue restarted its numbering, but its reset did not come: the numbers are known, yet the
    /// packet was sent clearly later than every packet that had them.
    Restart {
        /// How many of the new numbers are missing before the packet.
        missing: u32,
    },
}

/// Follows the sequence numbers of one channel and says what each packet is.
///
/// The first packet sets the start, unless the detector [continues](Self::after) an earlier run. It
/// never waits: after [`advance`](Self::advance) over a gap, the missing messages count as seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GapDetector {
    numbers: Tracker<SeqNum>,
    numbering: Numbering,
    /// When the first packet of the numbering was sent, and the last.
    sent: Option<(UnixNanos, UnixNanos)>,
}

impl GapDetector {
    /// A detector that starts with whatever packet comes first.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            numbers: Tracker::new(SeqNum::from_raw(1)),
            numbering: Numbering::NONE,
            sent: None,
        }
    }

    /// A detector that continues after the last message of an earlier run.
    #[must_use]
    pub const fn after(position: Position) -> Self {
        Self {
            numbers: Tracker::new(position.seq_num.next()),
            numbering: position.numbering,
            sent: None,
        }
    }

    /// The next expected number.
    #[must_use]
    pub const fn next(&self) -> SeqNum {
        self.numbers.expected()
    }

    /// The position of the last message that came or was given up.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position {
            numbering: self.numbering,
            seq_num: SeqNum::from_raw(self.next().raw().saturating_sub(1)),
        }
    }

    /// When the first received packet of the present numbering was sent.
    #[must_use]
    pub fn begun(&self) -> Option<UnixNanos> {
        self.sent.map(|(first, _)| first)
    }

    /// Says what the packet is, without taking it.
    #[must_use]
    pub fn classify(&self, packet: &PacketRef<'_>) -> Continuity {
        let header = packet.header();
        if header.number_msgs == 0 {
            return Continuity::Heartbeat;
        }
        if let Some(named) = reset(packet) {
            // A repeated reset is a new beginning; one with a known name, or an earlier one, is a
            // copy. So is one sent before all that came of a numbering whose reset did not.
            let own = self.numbering == Numbering::UNNAMED
                && self.begun().is_some_and(|first| header.send_time < first);
            return if named > self.numbering && !own {
                Continuity::Reset
            } else {
                Continuity::Duplicate
            };
        }
        if self.numbering == Numbering::NONE {
            // What is sent again does not tell how far the channel is.
            return if header.delivery_flag.is_retransmission() {
                Continuity::Duplicate
            } else {
                Continuity::Joined
            };
        }
        let verdict = self
            .numbers
            .check(header.seq_num, u32::from(header.number_msgs));
        match verdict {
            Verdict::Next { skip: 1.. } | Verdict::Known if self.goes_back(packet) => {
                Continuity::Restart {
                    missing: header.seq_num.raw().saturating_sub(1),
                }
            }
            Verdict::Empty | Verdict::Known => Continuity::Duplicate,
            Verdict::Next { skip: 0 } => Continuity::InOrder,
            // Less than NumberMsgs, which is one byte.
            Verdict::Next { skip } => Continuity::Straddles {
                seen: skip.to_le_bytes()[0],
            },
            Verdict::Early { missing } => Continuity::Gap {
                expected: self.next(),
                missing,
            },
        }
    }

    /// Whether a packet with known numbers cannot be a copy of what had them. What is sent again on
    /// request is a copy however late.
    fn goes_back(&self, packet: &PacketRef<'_>) -> bool {
        let header = packet.header();
        !header.delivery_flag.is_retransmission()
            && self
                .sent
                .is_some_and(|(_, last)| header.send_time.since(last) > CLOCK_SKEW)
    }

    /// Takes the packet, so that all numbers up to its last count as seen, and says what it was.
    pub fn advance(&mut self, packet: &PacketRef<'_>) -> Continuity {
        let sequence = self.classify(packet);
        let header = packet.header();
        let numbering = match sequence {
            Continuity::Heartbeat | Continuity::Duplicate => return sequence,
            Continuity::InOrder | Continuity::Straddles { .. } | Continuity::Gap { .. } => {
                self.numbering
            }
            Continuity::Joined => Numbering::UNNAMED,
            Continuity::Reset => reset(packet).unwrap_or(self.numbering),
            Continuity::Restart { .. } => {
                Numbering::started(header.send_time).max(self.numbering.following())
            }
        };
        if numbering != self.numbering {
            self.numbering = numbering;
            self.sent = None;
        }
        // What is sent again says nothing of when its numbers were sent first.
        if !header.delivery_flag.is_retransmission() {
            let (first, last) = self.sent.unwrap_or((header.send_time, header.send_time));
            self.sent = Some((first, last.max(header.send_time)));
        }
        self.numbers
            .expect(header.seq_num.plus(u32::from(header.number_msgs)));
        sequence
    }
}

impl Default for GapDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the packet starts the numbering again: by its flag, or, in a failover and in captures
/// that lost the flag, by its first message.
pub(super) fn is_reset(packet: &PacketRef<'_>) -> bool {
    reset(packet).is_some()
}

/// The name of the numbering that the packet starts, if it starts one.
pub(super) fn reset(packet: &PacketRef<'_>) -> Option<Numbering> {
    let header = packet.header();
    let flagged = header.delivery_flag == DeliveryFlag::SEQUENCE_RESET;
    if header.number_msgs == 0 || !flagged && header.seq_num != SeqNum::from_raw(1) {
        return None;
    }
    let message = packet.messages().next().and_then(Result::ok);
    let message = message.filter(|m| m.msg_type() == SequenceNumberReset::MSG_TYPE);
    let told = message.and_then(|m| SequenceNumberReset::parse(m).ok());
    if message.is_none() && !flagged {
        return None;
    }
    let told = told.map(|m| UnixNanos::from_parts(m.source_time, m.source_time_ns));
    // Without a time of its own it is as old as its packet.
    let started = told.filter(|time| *time != UnixNanos::default());
    Some(Numbering::started(started.unwrap_or(header.send_time)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xdp::PacketBuilder;

    /// A packet of `count` stock summaries from `seq_num` on.
    fn packet(buffer: &mut [u8], flag: DeliveryFlag, seq_num: u32, count: u8, sent: u64) -> &[u8] {
        let mut packet = PacketBuilder::new(buffer).unwrap();
        for _ in 0..count {
            packet.push(&crate::xdp::StockSummary::default()).unwrap();
        }
        let seq_num = SeqNum::from_raw(seq_num);
        packet.finish(flag, seq_num, UnixNanos::from_raw(sent))
    }

    /// What such a packet is to the detector, sent at once.
    fn data(detector: &mut GapDetector, seq_num: u32, count: u8) -> Continuity {
        sent(detector, DeliveryFlag::ORIGINAL, seq_num, count, 0)
    }

    /// What such a packet is to the detector, sent at the time given.
    fn sent(
        detector: &mut GapDetector,
        flag: DeliveryFlag,
        seq_num: u32,
        count: u8,
        sent: u64,
    ) -> Continuity {
        let mut buffer = [0; 512];
        let packet = packet(&mut buffer, flag, seq_num, count, sent);
        detector.advance(&PacketRef::new(packet).unwrap())
    }

    /// What a reset that happened and was sent at the time given is to the detector.
    fn reset(detector: &mut GapDetector, flag: DeliveryFlag, sent: u64) -> Continuity {
        let mut buffer = [0; 64];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        let (source_time, source_time_ns) = UnixNanos::from_raw(sent).to_parts();
        let message = SequenceNumberReset {
            source_time,
            source_time_ns,
            ..Default::default()
        };
        packet.push(&message).unwrap();
        let packet = packet.finish(flag, SeqNum::from_raw(1), UnixNanos::from_raw(sent));
        detector.advance(&PacketRef::new(packet).unwrap())
    }

    #[test]
    fn packets_are_in_order_twice_straddling_or_after_a_gap() {
        let mut detector = GapDetector::new();
        assert_eq!(data(&mut detector, 1, 3), Continuity::Joined);
        assert_eq!(data(&mut detector, 4, 1), Continuity::InOrder);
        assert_eq!(data(&mut detector, 2, 3), Continuity::Duplicate);
        assert_eq!(data(&mut detector, 3, 5), Continuity::Straddles { seen: 2 });
        let gap = Continuity::Gap {
            expected: SeqNum::from_raw(8),
            missing: 2,
        };
        assert_eq!(data(&mut detector, 10, 2), gap);
        assert_eq!(detector.next(), SeqNum::from_raw(12));
    }

    #[test]
    fn heartbeats_consume_nothing_whatever_their_number() {
        let mut detector = GapDetector::new();
        assert_eq!(data(&mut detector, 77, 0), Continuity::Heartbeat);
        assert_eq!(data(&mut detector, 1, 1), Continuity::Joined);
        assert_eq!(data(&mut detector, 78, 0), Continuity::Heartbeat);
        assert_eq!(data(&mut detector, 2, 1), Continuity::InOrder);
    }

    #[test]
    fn what_was_before_the_first_packet_is_no_gap_unless_an_earlier_run_tells() {
        let mut detector = GapDetector::new();
        assert_eq!(data(&mut detector, 700, 2), Continuity::Joined);
        let position = detector.position();
        assert_eq!(
            (position.numbering, position.seq_num.raw()),
            (Numbering::UNNAMED, 701)
        );
        let mut detector = GapDetector::after(position);
        let gap = Continuity::Gap {
            expected: SeqNum::from_raw(702),
            missing: 1,
        };
        assert_eq!(data(&mut detector, 703, 1), gap);
    }

    #[test]
    fn a_reset_starts_again_and_its_copies_do_not() {
        let flag = DeliveryFlag::SEQUENCE_RESET;
        let mut detector = GapDetector::new();
        assert_eq!(reset(&mut detector, flag, 10), Continuity::Reset);
        assert_eq!(reset(&mut detector, flag, 10), Continuity::Duplicate);
        // The venue repeats it until its day begins: the last one gives the name.
        assert_eq!(reset(&mut detector, flag, 20), Continuity::Reset);
        assert_eq!(detector.position().numbering.raw(), 20);
        assert_eq!(data(&mut detector, 2, 9), Continuity::InOrder);
        for copy in [10, 20] {
            assert_eq!(reset(&mut detector, flag, copy), Continuity::Duplicate);
        }
        assert_eq!(detector.next().raw(), 11);
        assert_eq!(
            reset(&mut detector, DeliveryFlag::FAILOVER, 30),
            Continuity::Reset
        );
        assert_eq!(data(&mut detector, 2, 1), Continuity::InOrder);
        assert_eq!(detector.position().numbering.raw(), 30);
    }

    #[test]
    fn a_reset_that_comes_behind_what_was_sent_after_it_starts_nothing() {
        let flag = DeliveryFlag::ORIGINAL;
        let mut detector = GapDetector::new();
        assert_eq!(sent(&mut detector, flag, 2, 1, 100), Continuity::Joined);
        assert_eq!(
            reset(&mut detector, DeliveryFlag::SEQUENCE_RESET, 99),
            Continuity::Duplicate
        );
        assert_eq!(sent(&mut detector, flag, 3, 1, 101), Continuity::InOrder);
        assert_eq!(
            reset(&mut detector, DeliveryFlag::SEQUENCE_RESET, 200),
            Continuity::Reset
        );
    }

    #[test]
    fn known_numbers_sent_clearly_later_are_of_another_numbering() {
        let flag = DeliveryFlag::ORIGINAL;
        let later = u64::try_from(CLOCK_SKEW.as_nanos()).unwrap() + 1;
        let mut detector = GapDetector::new();
        assert_eq!(reset(&mut detector, flag, 10), Continuity::Reset);
        assert_eq!(sent(&mut detector, flag, 2, 9, 20), Continuity::InOrder);
        // A copy by a slower way is late, not later.
        assert_eq!(
            sent(&mut detector, flag, 3, 2, 20 + later - 1),
            Continuity::Duplicate
        );
        let again = DeliveryFlag::RETRANSMISSION_PART;
        assert_eq!(
            sent(&mut detector, again, 3, 2, 20 + later),
            Continuity::Duplicate
        );
        let restart = Continuity::Restart { missing: 2 };
        assert_eq!(sent(&mut detector, flag, 3, 2, 20 + later), restart);
        assert_eq!(detector.position().numbering.raw(), 20 + later);
        assert_eq!(detector.next().raw(), 5);
    }
}
