//! The reading of packets whose turn has come, and of refreshes when they fit to what was read.
//!
//! A refresh is numbered apart from its channel, on a way of its own, so nothing says when its turn is
//! but what it holds and when it was sent. Read too early, it would show books as of numbers that were
//! not read, or of a numbering whose beginning was not. So it waits until something of the channel
//! comes that was sent no earlier, and is read right before that.

use std::collections::VecDeque;

use oxberry_core::feed::{Channel, FeedCounters, FeedSymbol};
use oxberry_core::line::Continuity;
use oxberry_core::units::{SeqNum, UnixNanos};
use oxberry_core::xdp::{
    Body as _, DeliveryFlag, PacketRef, RefreshHeader, SymbolIndexMapping, WireError,
};

use super::listener::{Dropped, Listener, Read};

/// Packets of refreshes that wait: 6 MB, and all that one request brings of a deep book.
const MOST: usize = 4_096;

/// A packet kept by copy.
#[derive(Debug)]
pub(super) struct Kept<P> {
    pub(super) bytes: Box<[u8]>,
    pub(super) place: P,
}

/// Reads packets.
#[derive(Debug)]
pub(super) struct Reading<P> {
    pub(super) channel: Channel<Box<[FeedSymbol]>>,
    /// Packets of refreshes that wait, as they came.
    refreshes: VecDeque<Kept<P>>,
    /// When the latest packet was sent that was read, or that said that nothing was missing.
    sent: UnixNanos,
    /// Packets of refreshes that were not read.
    given_up: u64,
}

impl<P: Copy> Reading<P> {
    pub(super) const fn new(channel: Channel<Box<[FeedSymbol]>>) -> Self {
        Self {
            channel,
            refreshes: VecDeque::new(),
            sent: UnixNanos::from_raw(0),
            given_up: 0,
        }
    }

    /// Packets of refreshes that were not read.
    pub(super) const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Reads a packet of the channel's own numbers whose turn has come.
    pub(super) fn read(&mut self, packet: &PacketRef<'_>, place: P, out: &mut impl Listener<P>) {
        let header = packet.header();
        if header.seq_num > self.channel.detector().position().seq_num {
            let is_reset = header.delivery_flag == DeliveryFlag::SEQUENCE_RESET;
            let by =
                UnixNanos::from_raw(header.send_time.raw().saturating_sub(u64::from(is_reset)));
            self.read_refreshes(by, out);
        }
        self.sent = self.sent.max(header.send_time);
        let sequence = read(&mut self.channel, packet, place, out);
        if let Ok(Continuity::Joined | Continuity::Reset | Continuity::Restart { .. }) = sequence {
            // What was sent before may be of other numbers.
            self.drop_refreshes(header.send_time, out);
        }
    }

    /// A heartbeat came, which says how far the channel is.
    pub(super) fn heartbeat(&mut self, packet: &PacketRef<'_>, out: &mut impl Listener<P>) {
        let header = packet.header();
        if header.seq_num == self.channel.detector().next() {
            self.sent = self.sent.max(header.send_time);
            self.read_refreshes(header.send_time, out);
        }
    }

    /// A packet that is numbered apart came.
    pub(super) fn numbered_apart(
        &mut self,
        packet: &PacketRef<'_>,
        place: P,
        out: &mut impl Listener<P>,
    ) {
        if !packet.header().delivery_flag.is_refresh() {
            let _ = read(&mut self.channel, packet, place, out);
            return;
        }
        if self.refreshes.len() >= MOST {
            self.drop_oldest(out);
        }
        self.refreshes.push_back(Kept {
            bytes: packet.bytes().into(),
            place,
        });
        self.read_refreshes(self.sent, out);
    }

    /// Nothing of the channel comes any more.
    pub(super) fn finish(&mut self, out: &mut impl Listener<P>) {
        self.read_refreshes(UnixNanos::from_raw(u64::MAX), out);
        while !self.refreshes.is_empty() {
            self.drop_oldest(out);
        }
    }

    /// Gives up the refreshes that were sent before then.
    fn drop_refreshes(&mut self, before: UnixNanos, out: &mut impl Listener<P>) {
        let is_before = |kept: &Kept<P>| {
            let packet = PacketRef::new(&kept.bytes);
            packet.is_ok_and(|packet| packet.header().send_time < before)
        };
        while self.refreshes.front().is_some_and(is_before) {
            self.drop_oldest(out);
        }
    }

    fn drop_oldest(&mut self, out: &mut impl Listener<P>) {
        if let Some(kept) = self.refreshes.pop_front()
            && let Ok(packet) = PacketRef::new(&kept.bytes)
        {
            self.given_up += 1;
            out.dropped(&packet, kept.place, Dropped::Ahead);
        }
    }

    /// Reads the refreshes that were sent by then, in their order, as far as all that they hold was
    /// read.
    fn read_refreshes(&mut self, by: UnixNanos, out: &mut impl Listener<P>) {
        while let Some(kept) = self.refreshes.front() {
            let Ok(packet) = PacketRef::new(&kept.bytes) else {
                self.refreshes.pop_front();
                continue;
            };
            let read_up_to = self.channel.detector().position().seq_num;
            if packet.header().send_time > by || reach(&packet) > read_up_to {
                return;
            }
            let _ = read(&mut self.channel, &packet, kept.place, out);
            self.refreshes.pop_front();
        }
    }
}

/// The last number of the channel that the refreshes in a packet hold.
fn reach(packet: &PacketRef<'_>) -> SeqNum {
    let headers = packet.messages().flatten();
    let headers = headers.filter(|message| message.msg_type() == RefreshHeader::MSG_TYPE);
    // Further packets of a refresh have a header without it.
    let numbers =
        headers.filter_map(|message| Some(RefreshHeader::parse(message).ok()?.last_seq_num));
    numbers.max().unwrap_or_default()
}

/// Reads the next packet in order; returns what its number showed.
fn read<P: Copy>(
    channel: &mut Channel<Box<[FeedSymbol]>>,
    packet: &PacketRef<'_>,
    place: P,
    out: &mut impl Listener<P>,
) -> Result<Continuity, WireError> {
    out.turn(packet, place);
    let before = Seen::of(channel.normalizer().counters());
    let sequence = channel.packet(packet, out);
    let after = Seen::of(channel.normalizer().counters());
    let read = Read {
        sequence,
        has_odd_messages: before.odd != after.odd,
        has_definitions: before.definitions != after.definitions,
    };
    out.done(packet, place, &read);
    sequence
}

/// The counts whose change means that a packet deserves a second look.
struct Seen {
    odd: [u64; 3],
    definitions: u64,
}

impl Seen {
    fn of(counters: &FeedCounters) -> Self {
        let kind = usize::from(SymbolIndexMapping::MSG_TYPE);
        Self {
            odd: [
                counters.unknown_symbols,
                counters.malformed,
                counters.bad_values,
            ],
            definitions: counters.by_type.get(kind).copied().unwrap_or_default(),
        }
    }
}
