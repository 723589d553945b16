//! Any bytes at all, read as a packet in every way that core knows.

use oxberry_core::feed::{Beginning, Channel, FeedEvent, FeedSymbol, Follower, Lost};
use oxberry_core::units::{SeqNum, SymbolIndex, SystemId};
use oxberry_core::xdp::{Detector, Dialect, HEADER_SIZE, MESSAGE_HEADER_SIZE, Message, PacketRef};

/// Reads the bytes; panics when a promise is broken.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(packet) = PacketRef::new(bytes) else {
        return;
    };
    assert_eq!(
        packet.bytes().len() + packet.missing(),
        usize::from(packet.header().pkt_size)
    );
    let mut detector = Detector::new();
    detector.packet(&packet);
    let verdict = detector.verdict();
    for dialect in [Dialect::Legacy, Dialect::Xdp, Dialect::Pillar] {
        walk(&packet, dialect);
        follow(&packet, dialect);
    }
    // What was told must be printable.
    assert!(!format!("{verdict:?}").is_empty());
}

/// The walk goes forward by what messages declare, stays inside, and ends with an error at most.
fn walk(packet: &PacketRef<'_>, dialect: Dialect) {
    let mut at = HEADER_SIZE;
    let mut messages = packet.messages();
    let mut count = 0;
    while let Some(message) = messages.next() {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                assert_eq!(usize::from(error.offset), at, "{error}");
                assert!(messages.next().is_none(), "the walk goes on after {error}");
                return;
            }
        };
        count += 1;
        assert_eq!(usize::from(message.offset()), at);
        assert!(message.size() >= MESSAGE_HEADER_SIZE);
        at += message.size();
        let symbol_index = message.symbol_index(dialect);
        match Message::parse(dialect, message) {
            Ok(Some(parsed)) => {
                assert!(parsed.size() <= message.size());
                assert_eq!(parsed.msg_type(), message.msg_type());
                parsed.fields(&mut |name, _| assert!(!name.is_empty()));
            }
            Ok(None) => assert_eq!(symbol_index, None, "a symbol in an unknown message"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    assert!(at <= packet.bytes().len());
    assert_eq!(count, packet.header().number_msgs);
}

/// The packet as the first, and again as a copy of the first, of a channel.
fn follow(packet: &PacketRef<'_>, dialect: Dialect) {
    let mut channel = Channel::new(dialect, [FeedSymbol::EMPTY; 4]);
    for raw in 0..3 {
        let symbol_index = SymbolIndex::from_raw(raw);
        let defined = channel.define(symbol_index, SystemId::from_raw(1));
        defined.expect("there is room for three");
    }
    for _ in 0..2 {
        let mut told = Told::default();
        let _ = channel.packet(packet, &mut told);
        let messages = u32::from(packet.header().number_msgs);
        // Of a refresh each message may be the first or the last of a symbol's as well.
        let most = if packet.header().delivery_flag.is_refresh() {
            3 * messages + 1
        } else {
            messages
        };
        assert!(told.events <= most, "a message makes one event");
        assert!(told.occurrences <= messages + 3);
    }
}

/// How much was told.
#[derive(Default)]
struct Told {
    events: u32,
    occurrences: u32,
}

impl Follower for Told {
    fn event(&mut self, _: FeedEvent) {
        self.events += 1;
    }

    fn begins(&mut self, _: Beginning) {
        self.occurrences += 1;
    }

    fn lost(&mut self, lost: Lost) {
        assert!(lost.first <= lost.last);
        self.occurrences += 1;
    }

    fn settled(&mut self, _: SeqNum) {
        self.occurrences += 1;
    }
}
