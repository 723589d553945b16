//! What is measured: a feed in memory read, walked, routed, decoded and normalised.
//!
//! Every function returns a checksum that depends on all that it is meant to look at, so that the
//! compiler can leave nothing out. The first two are baselines and use none of our code.

use std::hash::Hasher;

use oxberry_core::feed::{EventsOnly, FeedEvent, FeedSymbol, Normalizer};
use oxberry_core::xdp::{Body, Message, MessageRef, PacketRef, Visitor, visit};

use crate::feed::RecordedChannel;
use crate::record::OrderRecord;

/// Something to do with a feed.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// What it is called in reports.
    pub name: &'static str,
    /// Does it, and returns a checksum.
    pub run: fn(&RecordedChannel) -> u64,
}

/// Everything that is measured, the baselines first.
pub const KERNELS: [Kernel; 8] = [
    Kernel {
        name: "read",
        run: read,
    },
    Kernel {
        name: "hop",
        run: hop,
    },
    Kernel {
        name: "walk",
        run: walk,
    },
    Kernel {
        name: "route",
        run: route,
    },
    Kernel {
        name: "decode",
        run: decode,
    },
    Kernel {
        name: "decode-match",
        run: decode_match,
    },
    Kernel {
        name: "decode-enum",
        run: decode_enum,
    },
    Kernel {
        name: "normalize",
        run: normalize,
    },
];

/// Baseline: every byte, as numbers of eight.
#[inline(never)]
#[must_use]
pub fn read(channel: &RecordedChannel) -> u64 {
    let (words, rest) = channel.bytes.as_chunks();
    let words = words
        .iter()
        .map(|&word| u64::from_le_bytes(word))
        .fold(0, u64::wrapping_add);
    words.wrapping_add(rest.iter().map(|&byte| u64::from(byte)).sum())
}

/// Baseline: the headers of packets and messages, hopping from one to the next.
#[inline(never)]
#[must_use]
pub fn hop(channel: &RecordedChannel) -> u64 {
    let mut packets = &*channel.bytes;
    let mut sum = 0;
    while let Some(&[a, b, flag, messages]) = packets.first_chunk() {
        let size = usize::from(u16::from_le_bytes([a, b]));
        let Some((packet, rest)) = packets.split_at_checked(size) else {
            break;
        };
        packets = rest;
        sum += u64::from(flag);
        let mut body = packet.get(16..).unwrap_or_default();
        for _ in 0..messages {
            let Some(&[a, b, c, d]) = body.first_chunk() else {
                break;
            };
            let size = usize::from(u16::from_le_bytes([a, b]));
            let Some(rest) = body.get(size..) else { break };
            if size < 4 {
                break;
            }
            body = rest;
            sum += u64::from(u16::from_le_bytes([c, d]));
        }
    }
    sum
}

/// Our walk over the messages: type and size.
#[inline(never)]
#[must_use]
pub fn walk(channel: &RecordedChannel) -> u64 {
    let mut sum = 0;
    for_each_message(channel, |message| {
        sum += u64::from(message.msg_type()) + message.size() as u64;
    });
    sum
}

/// What routing needs: type and SymbolIndex of every message.
#[inline(never)]
#[must_use]
pub fn route(channel: &RecordedChannel) -> u64 {
    let mut sum = 0;
    for_each_message(channel, |message| {
        let symbol = message
            .symbol_index(channel.dialect)
            .map_or(0, |index| index.raw());
        sum += u64::from(message.msg_type()) + u64::from(symbol);
    });
    sum
}

/// Every field of every message: orders as flat records, the others by their type.
#[inline(never)]
#[must_use]
pub fn decode(channel: &RecordedChannel) -> u64 {
    let mut sum = Sum(0);
    for_each_message(channel, |message| {
        match OrderRecord::read(channel.dialect, message) {
            Some(record) => sum.add_record(&record),
            // The feed is whole, so there are no errors to see.
            None => {
                let _ = visit(channel.dialect, message, &mut sum);
            }
        }
    });
    sum.0
}

/// Every field of every message: all of them by their type.
#[inline(never)]
#[must_use]
pub fn decode_match(channel: &RecordedChannel) -> u64 {
    let mut sum = Sum(0);
    for_each_message(channel, |message| {
        let _ = visit(channel.dialect, message, &mut sum);
    });
    sum.0
}

/// Every field of every message, by way of the enum of all messages.
#[inline(never)]
#[must_use]
pub fn decode_enum(channel: &RecordedChannel) -> u64 {
    use std::hash::Hash as _;

    let mut sum = Sum(0);
    for_each_message(channel, |message| {
        if let Ok(Some(message)) = Message::parse(channel.dialect, message) {
            message.hash(&mut sum);
        }
    });
    sum.0
}

/// Every message as the event that it means, with symbols, numbers and times looked after.
#[inline(never)]
#[must_use]
pub fn normalize(channel: &RecordedChannel) -> u64 {
    // The feed defines its symbols itself.
    let slots = vec![FeedSymbol::EMPTY; channel.symbols.len() * 4];
    let mut normalizer = Normalizer::new(channel.dialect, slots);
    let mut sum = 0;
    for_each_packet(channel, |packet| {
        // As if it were handed on: the whole event must be there.
        let mut events = EventsOnly(|event: FeedEvent| {
            sum += u64::from(std::hint::black_box(&event).symbol_index.raw());
        });
        let _ = normalizer.packet(packet, 0, &mut events);
    });
    sum
}

/// Shows every packet of a feed.
#[inline(always)]
fn for_each_packet<'a>(channel: &'a RecordedChannel, mut handle: impl FnMut(&PacketRef<'a>)) {
    let mut packets = &*channel.bytes;
    while let Ok(packet) = PacketRef::new(packets) {
        packets = packets.get(packet.bytes().len()..).unwrap_or_default();
        handle(&packet);
    }
}

/// Shows every message of a feed.
#[inline(always)]
fn for_each_message<'a>(channel: &'a RecordedChannel, mut handle: impl FnMut(MessageRef<'a>)) {
    for_each_packet(channel, |packet| {
        for message in packet.messages() {
            let Ok(message) = message else { break };
            handle(message);
        }
    });
}

/// Adds up whatever it is shown.
struct Sum(u64);

impl Sum {
    #[inline(always)]
    fn add_record(&mut self, record: &OrderRecord) {
        self.write_u16(record.msg_type);
        self.write_u32(record.source_time_ns);
        self.write_u32(record.symbol_index.raw());
        self.write_u32(record.symbol_seq_num.raw());
        self.write_u64(record.order_id);
        self.write_u64(record.new_order_id);
        self.write_u32(record.price.raw());
        self.write_u32(record.volume.raw());
        self.write_u32(record.trade_id.raw());
        self.write_u64(record.codes);
    }
}

impl Visitor for Sum {
    type Output = ();

    #[inline(always)]
    fn visit<B: Body + Into<Message>>(&mut self, body: B) {
        self.write_u16(B::MSG_TYPE);
        body.hash(self);
    }
}

impl Hasher for Sum {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u8(byte);
        }
    }

    #[inline(always)]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    #[inline(always)]
    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    #[inline(always)]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    #[inline(always)]
    fn write_i32(&mut self, number: i32) {
        self.write_u32(number.cast_unsigned());
    }

    #[inline(always)]
    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.wrapping_add(number);
    }

    #[inline(always)]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::xdp::Dialect;

    use super::*;

    #[test]
    fn the_kernels_look_at_every_message() {
        for dialect in Dialect::ALL {
            let channel = RecordedChannel::record(dialect, 20, 5_000).unwrap();
            let mut messages = 0;
            let mut types = 0;
            for_each_message(&channel, |message| {
                messages += 1;
                types += u64::from(message.msg_type());
            });
            assert_eq!(messages, channel.messages);
            let headers: usize = {
                let mut packets = 0;
                for_each_packet(&channel, |_| packets += 1);
                packets * 16
            };
            let sizes = (channel.bytes.len() - headers) as u64;
            assert_eq!(walk(&channel), types + sizes);
            let mut normalizer = Normalizer::new(dialect, [FeedSymbol::EMPTY; 80]);
            let mut events = 0_u64;
            for_each_packet(&channel, |packet| {
                let mut count = EventsOnly(|_| events += 1);
                normalizer.packet(packet, 0, &mut count).unwrap();
            });
            let counters = normalizer.counters();
            assert_eq!(
                (counters.messages(), counters.unknown_symbols),
                (messages, 0)
            );
            assert!(events > messages * 9 / 10, "{events} of {messages}");
        }
    }
}
