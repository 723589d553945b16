//! Packets that were read before their time.

use std::{collections::VecDeque, net::SocketAddr};

use oxberry_core::units::UnixNanos;

use super::{Packet, reader::Stop};

/// The most bytes of packets that are held: as many as define 16,000 symbols on one channel, with their
/// first statuses, and tell nothing of the dialect yet.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Packets in the order of the input, and how it stopped behind them, if it did.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    packets: VecDeque<Held>,
    pub(super) stop: Option<Stop>,
    bytes: usize,
}

/// A copy of a packet.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    offset: u64,
    group: Option<SocketAddr>,
    captured: Option<UnixNanos>,
}

impl Ahead {
    /// Whether one more packet may be held.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < MOST_BYTES && self.stop.is_none()
    }

    /// All packets held.
    pub(super) fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        self.packets.iter().map(Held::packet)
    }

    /// Gives out the first packet held.
    pub(super) fn release(&mut self) -> Option<Held> {
        let held = self.packets.pop_front()?;
        self.bytes -= held.bytes.len();
        Some(held)
    }

    pub(super) fn hold(&mut self, packet: Packet<'_>) {
        let Packet {
            bytes,
            offset,
            group,
            captured,
        } = packet;
        self.bytes += bytes.len();
        self.packets.push_back(Held {
            bytes: bytes.to_vec(),
            offset,
            group,
            captured,
        });
    }
}

impl Held {
    pub(super) fn packet(&self) -> Packet<'_> {
        let Self {
            bytes,
            offset,
            group,
            captured,
        } = self;
        Packet {
            bytes,
            offset: *offset,
            group: *group,
            captured: *captured,
        }
    }
}
