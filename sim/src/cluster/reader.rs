//! The feed handler of a channel, driven as the controller drives it: packets of both lines and the
//! simulated time go in, events come out.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost};
use oxberry_core::line::Continuity;
use oxberry_core::units::{
    Numbering, Position, PriceScale, SeqNum, SymbolIndex, SystemId, UnixNanos,
};
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_feed::handler::{Dropped, Handler, Listener, Read};
use oxberry_feed::mapping::{MappedSymbol, MappingFile};

use super::venue::Packet;

/// Reads one channel.
#[derive(Debug)]
pub(super) struct Reader {
    /// The handler, with the venue's own count of a packet's numbering as its note.
    handler: Handler<u32>,
    /// The highest number that was seen.
    seen: SeqNum,
    names: Names,
}

/// The venue's own count of each numbering that the handler named.
#[derive(Debug, Default)]
struct Names {
    numbering: Numbering,
    /// The names that nobody has taken yet.
    new: VecDeque<(Numbering, u32)>,
    last: Option<(Numbering, u32)>,
}

/// Passes events on, and notes which numbering each new name stands for.
struct Passing<'o, F> {
    out: &'o mut F,
    names: &'o mut Names,
}

impl Reader {
    /// Creates a reader of one or two lines.
    pub(super) fn new(
        dialect: Dialect,
        symbols: impl Iterator<Item = (SymbolIndex, PriceScale)>,
        lines: u8,
    ) -> Self {
        let mut mapping = MappingFile::default();
        for (symbol_index, price_scale) in symbols {
            let symbol = MappedSymbol {
                symbol: String::new(),
                cqs_symbol: String::new(),
                price_scale,
                system_id: SystemId::from_raw(1),
            };
            mapping.symbols.insert(symbol_index, symbol);
        }
        let mut handler = Handler::new(dialect, &mapping).expect("a market has few symbols");
        for line in 0..lines {
            handler.expect(group(line));
        }
        Self {
            handler,
            seen: SeqNum::default(),
            names: Names::default(),
        }
    }

    /// Handles a packet from a line.
    pub(super) fn handle_packet(
        &mut self,
        now: u64,
        line: u8,
        packet: &Packet,
        out: &mut impl Follower,
    ) {
        let Ok(view) = PacketRef::new(&packet.bytes) else {
            return;
        };
        let captured = Some(UnixNanos::from_raw(now));
        let names = &mut self.names;
        let mut passing = Passing { out, names };
        self.handler.handle_packet(
            Some(group(line)),
            captured,
            &view,
            packet.segment,
            &mut passing,
        );
        let header = view.header();
        let last = header.seq_num.plus(u32::from(header.number_msgs));
        self.seen = SeqNum::from_raw(last.raw().saturating_sub(1));
    }

    /// Handles the passing of time.
    pub(super) fn handle_timeout(&mut self, now: u64, out: &mut impl Follower) {
        let names = &mut self.names;
        let mut passing = Passing { out, names };
        self.handler
            .handle_timeout(UnixNanos::from_raw(now), &mut passing);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub(super) fn poll_timeout(&self) -> Option<u64> {
        self.handler.poll_timeout().map(UnixNanos::raw)
    }

    /// Ends the feed.
    pub(super) fn finish(&mut self, out: &mut impl Follower) {
        let names = &mut self.names;
        let mut passing = Passing { out, names };
        self.handler.finish(&mut passing);
    }

    /// Returns the position up to which everything was passed on or given up.
    pub(super) const fn position(&self) -> Position {
        self.handler.channel().detector().position()
    }

    /// Returns the highest number seen in the present numbering.
    pub(super) fn seen(&self) -> SeqNum {
        let told = self.position().seq_num;
        self.poll_timeout().map_or(told, |_| self.seen.max(told))
    }

    /// Takes the next new name of a numbering, with the venue's own count of it.
    pub(super) fn next_name(&mut self) -> Option<(Numbering, u32)> {
        self.names.new.pop_front()
    }
}

/// Returns the multicast group of a line.
fn group(line: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 59, line)), 11_000)
}

impl<F: Follower> Follower for Passing<'_, F> {
    fn event(&mut self, event: FeedEvent) {
        self.out.event(event);
    }

    fn begins(&mut self, beginning: Beginning) {
        self.names.numbering = beginning.numbering;
        self.out.begins(beginning);
    }

    fn lost(&mut self, lost: Lost) {
        self.out.lost(lost);
    }

    fn settled(&mut self, before: SeqNum) {
        self.out.settled(before);
    }
}

impl<F: Follower> Listener<u32> for Passing<'_, F> {
    fn turn(&mut self, _: &PacketRef<'_>, _: u32) {}

    fn done(&mut self, packet: &PacketRef<'_>, segment: u32, read: &Read) {
        let is_apart = packet.header().delivery_flag.is_numbered_apart();
        if !is_apart
            && !matches!(
                read.sequence,
                Ok(Continuity::Duplicate | Continuity::Heartbeat)
            )
        {
            let name = (self.names.numbering, segment);
            if self.names.last.replace(name) != Some(name) {
                self.names.new.push_back(name);
            }
        }
    }

    fn dropped(&mut self, _: &PacketRef<'_>, _: u32, _: Dropped) {}
}
