//! Fills packets with messages, and sends them.

use oxberry_core::units::{SeqNum, UnixNanos};
use oxberry_core::xdp::{DeliveryFlag, MAX_PACKET, Message, PacketBuilder};

use super::channel::Channel;
use super::day::Packet;

/// When the day begins, in nanoseconds since 1970.
const DAY: u64 = 1_715_779_800_000_000_000;

impl Channel<'_> {
    /// Adds a message to the packet, which is sent once it holds as many as it is to get.
    pub(super) fn put(&mut self, message: Message) {
        self.filling.push(message);
        self.next += 1;
        self.messages += 1;
        if self.filling.len() >= self.wanted {
            self.send();
        }
    }

    /// Sends the packet, unless it is empty.
    pub(super) fn send(&mut self) {
        if self.filling.is_empty() {
            return;
        }
        let mut buffer = [0; MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        for message in self.filling.drain(..) {
            packet
                .push_message(&message)
                .expect("a packet is asked for few messages");
        }
        let count = u32::from(packet.messages());
        let first = SeqNum::from_raw(self.next - count);
        self.now += self.random.below(self.market.pause_ns.max(1)) + 1;
        let bytes = packet.finish(self.flag, first, self.time()).to_vec();
        self.packets.push(Packet {
            at: self.now,
            segment: self.segment,
            messages: count,
            bytes,
        });
        let most = self.market.packet_messages;
        self.wanted = usize::try_from(self.random.between(1, most)).unwrap_or(1);
    }

    /// Sends a packet of a refresh, which is numbered apart.
    pub(super) fn send_apart(&mut self, flag: DeliveryFlag, messages: &[Message]) {
        let mut buffer = [0; MAX_PACKET];
        let mut packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        for message in messages {
            packet
                .push_message(message)
                .expect("a part of a refresh has few messages");
        }
        self.now += 1;
        let first = SeqNum::from_raw(1);
        let bytes = packet.finish(flag, first, self.time()).to_vec();
        self.packets.push(Packet {
            at: self.now,
            segment: self.segment,
            messages: 0,
            bytes,
        });
    }

    /// Sends a packet without messages.
    pub(super) fn heartbeat(&mut self) {
        self.send();
        let mut buffer = [0; 64];
        let packet = PacketBuilder::new(&mut buffer).expect("a header fits");
        let next = SeqNum::from_raw(self.next);
        let packet = packet.finish(DeliveryFlag::HEARTBEAT, next, self.time());
        let bytes = packet.to_vec();
        self.packets.push(Packet {
            at: self.now,
            segment: self.segment,
            messages: 0,
            bytes,
        });
    }

    /// Returns the time of day.
    pub(super) fn time(&self) -> UnixNanos {
        UnixNanos::from_raw(DAY + self.now)
    }
}
