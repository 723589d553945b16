//! Builds the books of one channel from nothing but its packets.

use oxberry_core::book::{Applied, Books, Capacity, ChannelPast};
use oxberry_core::feed::{Channel, EventsOnly, FeedEvent, FeedSymbol};
use oxberry_core::line::Continuity;
use oxberry_core::units::ChannelId;
use oxberry_core::xdp::{Dialect, PacketRef};

/// Room for the markets of these tests.
pub(crate) const CAPACITY: Capacity = Capacity {
    symbols: 256,
    orders: 65_536,
    levels: 32_768,
};

/// The channel of all packets.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// Reads the packets of one channel into books.
#[derive(Debug)]
pub(crate) struct Replay<'s> {
    pub(crate) channel: Channel<Box<[FeedSymbol]>>,
    pub(crate) books: Books<'s>,
}

impl<'s> Replay<'s> {
    pub(crate) fn new(dialect: Dialect, memory: &'s mut Vec<u32>) -> Self {
        memory.resize(CAPACITY.words(), 0);
        Self {
            channel: Channel::new(dialect, vec![FeedSymbol::EMPTY; 512].into_boxed_slice()),
            books: Books::new(CAPACITY, memory).unwrap(),
        }
    }

    /// Reads a packet; panics at anything that a good feed does not have. `before` sees the books
    /// before each event, `after` what the event did.
    pub(crate) fn packet(
        &mut self,
        bytes: &[u8],
        before: &mut impl FnMut(&FeedEvent, &Books<'_>),
        after: &mut impl FnMut(&FeedEvent, &Books<'_>, Applied),
    ) {
        let packet = PacketRef::new(bytes).unwrap();
        let books = &mut self.books;
        let mut events = EventsOnly(|event: FeedEvent| {
            books
                .define_by(CHANNEL, &ChannelPast::default(), &event)
                .unwrap();
            before(&event, books);
            let applied = books.apply(CHANNEL, &event).unwrap();
            assert_eq!((applied.rejection, applied.missing), (None, 0), "{event:?}");
            after(&event, books, applied);
        });
        let sequence = self.channel.packet(&packet, &mut events);
        assert!(matches!(
            sequence.unwrap(),
            Continuity::InOrder | Continuity::Reset
        ));
    }
}
