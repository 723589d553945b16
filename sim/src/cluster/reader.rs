//! From the packets of a channel to what they say: where a feed handler plugs in.
//!
//! A [`Reader`] takes packets in the order in which they come, waits for what is missing as long as
//! its patience lasts, and tells a [`Follower`] what the venue said, in the venue's order.

use std::collections::VecDeque;

use oxberry_core::feed::{Channel, Follower, SymbolSlot};
use oxberry_core::line::Sequence;
use oxberry_core::units::{Position, PriceScale, SeqNum, SymbolIndex, SystemId};
use oxberry_core::xdp::{Dialect, PacketRef};

use super::venue::Packet;

/// Reads one channel.
#[derive(Debug)]
pub(super) struct Reader {
    channel: Channel<Vec<SymbolSlot>>,
    patience_ns: u64,
    /// Packets behind something that is missing.
    held: VecDeque<Packet>,
    until: u64,
    /// The highest number that was seen.
    seen: SeqNum,
    /// The numbering that was told last, and of which of the venue's numberings it is.
    named: Option<(Position, u32)>,
}

impl Reader {
    pub(super) fn new(
        dialect: Dialect,
        symbols: impl Iterator<Item = (SymbolIndex, PriceScale)>,
        patience_ns: u64,
    ) -> Self {
        let mut channel = Channel::new(dialect, vec![SymbolSlot::EMPTY; 64]);
        for (symbol_index, scale) in symbols {
            channel
                .define(symbol_index, SystemId::from_raw(1), scale)
                .expect("a market has few symbols");
        }
        Self {
            channel,
            patience_ns,
            held: VecDeque::new(),
            until: 0,
            seen: SeqNum::default(),
            named: None,
        }
    }

    /// A packet came.
    pub(super) fn handle_packet(&mut self, now: u64, packet: Packet, out: &mut impl Follower) {
        if self.begins(&packet) {
            // What waits is of the numbering before.
            self.release(u64::MAX, out);
        }
        if self.held.is_empty() && !self.is_early(&packet) {
            return self.read(&packet, out);
        }
        if !self.is_early(&packet) {
            self.read(&packet, out);
            return self.release(now, out);
        }
        if self.held.is_empty() {
            self.until = now + self.patience_ns;
        }
        self.held.push_back(packet);
        self.release(now, out);
    }

    /// Time has passed.
    pub(super) fn handle_timeout(&mut self, now: u64, out: &mut impl Follower) {
        self.release(now, out);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub(super) fn poll_timeout(&self) -> Option<u64> {
        (!self.held.is_empty()).then_some(self.until)
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self, out: &mut impl Follower) {
        self.release(u64::MAX, out);
    }

    /// All up to here was told, or given up.
    pub(super) const fn position(&self) -> Position {
        self.channel.tracker().position()
    }

    /// The highest number that was seen of the present numbering.
    pub(super) fn seen(&self) -> SeqNum {
        if self.held.is_empty() {
            self.position().seq_num
        } else {
            self.seen.max(self.position().seq_num)
        }
    }

    /// Of which of the venue's numberings the present one is.
    pub(super) fn named(&self) -> Option<(Position, u32)> {
        self.named
    }

    /// Whether the packet is of another numbering.
    fn begins(&self, packet: &Packet) -> bool {
        PacketRef::new(&packet.bytes).is_ok_and(|packet| {
            matches!(
                self.channel.tracker().classify(&packet),
                Sequence::Reset | Sequence::Restart { .. } | Sequence::Joined
            )
        })
    }

    /// Whether something before the packet may still come.
    fn is_early(&mut self, packet: &Packet) -> bool {
        if self.patience_ns == 0 {
            return false;
        }
        let Ok(packet) = PacketRef::new(&packet.bytes) else {
            return false;
        };
        let is_early = matches!(
            self.channel.tracker().classify(&packet),
            Sequence::Gap { .. }
        );
        if is_early {
            let header = packet.header();
            let last = header.seq_num.plus(u32::from(header.number_msgs));
            self.seen = SeqNum::from_raw(last.raw() - 1);
        }
        is_early
    }

    /// Reads what waited, as far as nothing is missing any more or patience is over.
    fn release(&mut self, now: u64, out: &mut impl Follower) {
        loop {
            let ready = (0..self.held.len()).find(|&at| {
                let packet = self.held.get(at).cloned();
                packet.is_some_and(|packet| !self.is_early(&packet))
            });
            let at = match ready {
                Some(at) => at,
                None if self.until <= now => 0,
                None => return,
            };
            let Some(packet) = self.held.remove(at) else {
                return;
            };
            self.read(&packet, out);
            self.until = now.saturating_add(self.patience_ns);
        }
    }

    fn read(&mut self, packet: &Packet, out: &mut impl Follower) {
        let Ok(view) = PacketRef::new(&packet.bytes) else {
            return;
        };
        // A packet with a wrong length tells its loss itself.
        let sequence = self.channel.packet(&view, out);
        if !matches!(sequence, Ok(Sequence::Duplicate | Sequence::Heartbeat)) {
            self.named = Some((self.position(), packet.segment));
        }
    }
}
