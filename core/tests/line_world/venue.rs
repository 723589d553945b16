//! The venue: messages, heartbeats, resets, and a request server.

use oxberry_core::line::{Gap, Line, Source};
use oxberry_core::units::{OrderId, SeqNum, UnixNanos};
use oxberry_core::xdp::{
    DeliveryFlag, MessageUnavailable, PacketBuilder, PillarDeleteOrder, RefreshHeader,
    RequestResponse, RequestStatus, SequenceNumberReset,
};

use super::network::{Event, Network};
use super::{Faults, MILLISECOND, Random, Server};

/// The time of day at which runs start, so that send times look like send times.
const MIDNIGHT: u64 = 1_700_000_000_000_000_000;
/// The second at which the reset of the first numbering says that it happened; of each later one a
/// second later.
pub(super) const EPOCH_NAMES: u32 = 1_700_000_000;

/// Packets of a failover before the venue is back to normal.
const FAILOVER_PACKETS: u32 = 20;

/// What another publisher needs to take over.
const TAKEOVER: u64 = 150 * MILLISECOND;

/// Heartbeats after all is healed, one a second: long enough for every deadline.
const LAST_HEARTBEATS: u64 = 200;

/// Messages of the present numbering, each known by numbering and number alone.
pub(crate) struct Venue {
    faults: Faults,
    random: Random,
    /// How often the numbering was started again.
    epoch: u32,
    next: u32,
    failover_left: u32,
    /// The publisher failed, another takes over.
    restarts_next: bool,
}

/// What identifies a message.
pub(crate) fn identity(epoch: u32, number: u32) -> OrderId {
    OrderId::from_raw(u64::from(epoch) << 32 | u64::from(number))
}

impl Venue {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self {
            faults,
            random: Random::new(seed),
            epoch: 0,
            next: 1,
            failover_left: 0,
            restarts_next: false,
        }
    }

    pub(crate) const fn next_number(&self) -> SeqNum {
        SeqNum::from_raw(self.next)
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn start(&mut self, network: &mut Network) {
        // The first reset is repeated while the venue gets ready; each starts the numbering.
        for epoch in 0..3 {
            self.epoch = epoch;
            let at = u64::from(epoch) * 1_000 * MILLISECOND;
            let packet = self.reset(at, DeliveryFlag::SEQUENCE_RESET);
            network.multicast(at, &packet, false);
        }
        self.next = 2;
        network.schedule(3_000 * MILLISECOND, Event::Publish);
    }

    /// Sends the next packet, and plans the one after it.
    pub(crate) fn publish(&mut self, at: u64, network: &mut Network) {
        if self.restarts_next {
            self.restart(at, network);
        } else {
            let count = self.random.between(1, 6);
            let packet = self.packet(at, self.flag(), self.next, count);
            network.multicast(at, &packet, true);
            self.next += u32::try_from(count).expect("few");
            self.failover_left = self.failover_left.saturating_sub(1);
            if self.faults.rubbish && self.random.chance(10) {
                self.rubbish(at, &packet, network);
            }
        }
        self.restarts_next = self.faults.resets && self.next > 200 && self.random.chance(3);
        if self.restarts_next {
            // A restart while nothing comes, overtaking the numbers that were, looks like a gap.
            network.end_outages(at + 1_000 * MILLISECOND);
        }
        let pause = match self.random.between(0, 300) {
            _ if self.restarts_next => TAKEOVER,
            0 => {
                for second in 1..=4 {
                    network.schedule(at + second * 1_000 * MILLISECOND, Event::Heartbeat);
                }
                4_500 * MILLISECOND
            }
            1..10 => self.random.between(10, 60) * MILLISECOND,
            _ => self.random.between(20_000, 2 * MILLISECOND),
        };
        network.schedule(at + pause, Event::Publish);
    }

    pub(crate) fn heartbeat(&mut self, at: u64, network: &mut Network) {
        let packet = self.packet(at, DeliveryFlag::HEARTBEAT, 1, 0);
        network.multicast(at, &packet, true);
    }

    /// Ends all faults, and sends a little more so that everything missing is noticed.
    pub(crate) fn heal(&mut self, at: u64, network: &mut Network) {
        network.heal();
        self.faults = Faults {
            server: self.faults.server,
            ..Faults::NONE
        };
        self.failover_left = 0;
        // A restart that nobody was told of shows only after a while.
        for step in 0..5 {
            let later = at + (1_500 + step * 20) * MILLISECOND;
            let packet = self.packet(later, DeliveryFlag::ORIGINAL, self.next, 3);
            network.multicast(later, &packet, false);
            self.next += 3;
        }
        for second in 2..LAST_HEARTBEATS {
            network.schedule(at + second * 1_000 * MILLISECOND, Event::Heartbeat);
        }
    }

    pub(crate) fn handle_request(&mut self, at: u64, gap: Gap, network: &mut Network) {
        assert!(
            (1..=1_000).contains(&gap.messages()),
            "not a valid range: {gap}"
        );
        let (first, end) = (gap.first.raw(), gap.end.raw());
        let bad = self.faults.server == Server::Bad;
        let answer_at = at + 2 * MILLISECOND;
        let (status, answered) = match self.random.between(0, 12) {
            0 if bad => (RequestStatus::RANGE_TOO_LARGE, false),
            1 if bad && self.random.chance(100) => (RequestStatus::RETRANSMISSION_QUOTA, false),
            2 if bad => return,
            _ => (RequestStatus::ACCEPTED, true),
        };
        let response = RequestResponse {
            begin_seq_num: gap.first,
            end_seq_num: SeqNum::from_raw(end - 1),
            status,
            ..Default::default()
        };
        network.schedule(answer_at, Event::Response(response));
        if !answered {
            return;
        }
        // Packed differently, from a little earlier on, and only as far as the venue is.
        let mut number = first.saturating_sub(2).max(2);
        let mut sent_at = answer_at;
        if number > first {
            number = first;
        }
        while number < end.min(self.next) {
            sent_at += MILLISECOND;
            let count = self.random.between(1, 9).min(u64::from(self.next - number));
            let packet = if bad && self.random.chance(50) {
                self.unavailable(sent_at, number, number + u32::try_from(count).expect("few"))
            } else {
                self.packet(sent_at, DeliveryFlag::RETRANSMISSION_PART, number, count)
            };
            network.answer(sent_at, Source::Retransmission, &packet, !bad);
            number += u32::try_from(count).expect("few");
        }
        if end > self.next {
            let packet = self.unavailable(sent_at, self.next, end);
            network.answer(sent_at, Source::Retransmission, &packet, !bad);
        }
    }

    pub(crate) fn handle_refresh_request(&mut self, at: u64, network: &mut Network) {
        let bad = self.faults.server == Server::Bad;
        if bad && self.random.chance(200) {
            let response = RequestResponse {
                status: RequestStatus::BAD_MESSAGE,
                ..Default::default()
            };
            if self.random.chance(100) {
                network.schedule(at + MILLISECOND, Event::Response(response));
            }
            return;
        }
        let first_number = u32::try_from(at / MILLISECOND).expect("a short run");
        let packets = [
            (DeliveryFlag::REFRESH_START, 1, 2),
            (DeliveryFlag::REFRESH_START, 2, 2),
            (DeliveryFlag::REFRESH_PART, 1, 1),
            (DeliveryFlag::REFRESH_END, 1, 2),
            (DeliveryFlag::REFRESH_END, 2, 2),
        ];
        let mut sent_at = at + 3 * MILLISECOND;
        for (number, (flag, index, total)) in (first_number..).zip(packets) {
            sent_at += MILLISECOND;
            let mut buffer = [0; 100];
            let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
            let header = RefreshHeader {
                current_refresh_pkt: index,
                total_refresh_pkts: total,
                ..Default::default()
            };
            packet.push(&header).expect("it fits");
            let number = SeqNum::from_raw(number);
            let packet = packet.finish(flag, number, UnixNanos::from_raw(MIDNIGHT + sent_at));
            network.answer(sent_at, Source::Refresh, packet, !bad);
        }
    }

    const fn flag(&self) -> DeliveryFlag {
        if self.failover_left > 0 {
            DeliveryFlag::FAILOVER
        } else {
            DeliveryFlag::ORIGINAL
        }
    }

    /// Starts the numbering again, as a publisher does that takes over.
    fn restart(&mut self, at: u64, network: &mut Network) {
        self.epoch += 1;
        self.next = 1;
        self.failover_left = FAILOVER_PACKETS;
        let packet = self.reset(at, DeliveryFlag::FAILOVER);
        network.multicast(at, &packet, self.faults.lost_resets);
        self.next = 2;
    }

    /// A packet cut off in the middle, and one that jumps far ahead.
    fn rubbish(&mut self, at: u64, packet: &[u8], network: &mut Network) {
        let line = Source::Line(if self.random.chance(500) {
            Line::A
        } else {
            Line::B
        });
        let cut = packet[..packet.len() - 5].to_vec();
        network.schedule(at, Event::Packet(line, cut));
        // Of no numbering that there is, so that it is noticed wherever it is delivered.
        let number = u32::try_from(self.random.between(10_000_000, 4_000_000_000)).expect("u32");
        let far = packet_of(u32::MAX, at, DeliveryFlag::ORIGINAL, number, 1);
        network.schedule(at, Event::Packet(line, far));
    }

    fn reset(&self, at: u64, flag: DeliveryFlag) -> Vec<u8> {
        let mut buffer = [0; 100];
        let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        let reset = SequenceNumberReset {
            source_time: EPOCH_NAMES + self.epoch,
            ..Default::default()
        };
        packet.push(&reset).expect("it fits");
        let number = SeqNum::from_raw(1);
        packet
            .finish(flag, number, UnixNanos::from_raw(MIDNIGHT + at))
            .to_vec()
    }

    fn packet(&self, at: u64, flag: DeliveryFlag, first: u32, count: u64) -> Vec<u8> {
        packet_of(self.epoch, at, flag, first, count)
    }

    fn unavailable(&self, at: u64, first: u32, end: u32) -> Vec<u8> {
        let mut buffer = [0; 100];
        let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        let message = MessageUnavailable {
            begin_seq_num: SeqNum::from_raw(first),
            end_seq_num: SeqNum::from_raw(end - 1),
            ..Default::default()
        };
        packet.push(&message).expect("it fits");
        let flag = DeliveryFlag::MESSAGE_UNAVAILABLE;
        let number = SeqNum::from_raw(1);
        packet
            .finish(flag, number, UnixNanos::from_raw(MIDNIGHT + at))
            .to_vec()
    }
}

/// A packet of `count` messages of a numbering, from the number `first` on.
fn packet_of(epoch: u32, at: u64, flag: DeliveryFlag, first: u32, count: u64) -> Vec<u8> {
    let mut buffer = [0; 1400];
    let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
    for (number, _) in (first..).zip(0..count) {
        let message = PillarDeleteOrder {
            order_id: identity(epoch, number),
            ..Default::default()
        };
        packet.push(&message).expect("it fits");
    }
    let first = SeqNum::from_raw(first);
    packet
        .finish(flag, first, UnixNanos::from_raw(MIDNIGHT + at))
        .to_vec()
}
