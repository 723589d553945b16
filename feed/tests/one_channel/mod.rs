//! One channel of one symbol, packet by packet, and what its handler tells.

use std::net::{Ipv4Addr, SocketAddr};

use oxberry_core::feed::{Beginning, FeedEvent, Follower, Lost};
use oxberry_core::units::{SeqNum, UnixNanos};
use oxberry_core::xdp::{DeliveryFlag, Dialect, PacketRef};
use oxberry_feed::handler::{Dropped, Handler, Listener, Read};

use super::packets::{MILLISECOND, START, mapping, orders};

/// One thing that a handler told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The event of this number.
    Event(u32),
    /// A numbering begins after this number.
    Begins(u32),
    Lost(u32, u32),
    Settled(u32),
    Dropped(Dropped),
}

/// What was told since it was asked last.
#[derive(Debug, Default)]
pub(crate) struct Log(pub(crate) Vec<Told>);

impl Follower for Log {
    fn event(&mut self, event: FeedEvent) {
        self.0.push(Told::Event(event.seq_num.raw()));
    }

    fn begins(&mut self, beginning: Beginning) {
        self.0.push(Told::Begins(beginning.after.raw()));
    }

    fn lost(&mut self, lost: Lost) {
        self.0.push(Told::Lost(lost.first.raw(), lost.last.raw()));
    }

    fn settled(&mut self, before: SeqNum) {
        self.0.push(Told::Settled(before.raw()));
    }
}

impl Listener<()> for Log {
    fn turn(&mut self, _: &PacketRef<'_>, (): ()) {}

    fn done(&mut self, _: &PacketRef<'_>, (): (), read: &Read) {
        assert!(read.sequence.is_err() || !read.has_odd_messages);
    }

    fn dropped(&mut self, _: &PacketRef<'_>, (): (), why: Dropped) {
        self.0.push(Told::Dropped(why));
    }
}

/// A group, by its last byte.
pub(crate) fn group(last: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(224, 0, 59, last), 11_064))
}

/// The handler of one channel, in the hands of a test.
pub(crate) struct OneChannel {
    pub(crate) handler: Handler<()>,
    log: Log,
}

impl OneChannel {
    pub(crate) fn new() -> Self {
        Self {
            handler: Handler::new(Dialect::Pillar, &mapping()).unwrap(),
            log: Log::default(),
        }
    }

    /// What was told since the last call.
    pub(crate) fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.log.0)
    }

    /// A packet comes by a group, so many milliseconds after the start. What it tells.
    pub(crate) fn comes(&mut self, by: u8, at: u64, bytes: &[u8]) -> Vec<Told> {
        let captured = UnixNanos::from_raw(START + at * MILLISECOND);
        let packet = PacketRef::new(bytes).unwrap();
        let Self { handler, log } = self;
        handler.handle_packet(Some(group(by)), Some(captured), &packet, (), log);
        self.told()
    }

    /// Original orders with these numbers come by a group when they are sent.
    pub(crate) fn numbers(&mut self, by: u8, at: u64, first: u32, count: u32) -> Vec<Told> {
        self.comes(by, at, &orders(DeliveryFlag::ORIGINAL, first, count, at))
    }

    /// Nothing comes any more.
    pub(crate) fn finish(&mut self) -> Vec<Told> {
        let Self { handler, log } = self;
        handler.finish(log);
        self.told()
    }
}

/// The events of these numbers.
pub(crate) fn events(numbers: impl IntoIterator<Item = u32>) -> Vec<Told> {
    numbers.into_iter().map(Told::Event).collect()
}
