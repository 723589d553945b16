//! What a channel tells, packet by packet.

extern crate std;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::feed::{Action, FeedEvent};
use crate::units::{Numbering, SymbolSeqNum, UnixNanos};
use crate::xdp::{
    Body, LegacySymbolIndexMapping, PacketBuilder, PillarAddOrderRefresh, PillarDeleteOrder,
    RefreshHeader, SequenceNumberReset, SymbolClear,
};

const SYMBOL: SymbolIndex = SymbolIndex::from_raw(7);

/// One thing that a channel told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Event(u32),
    Begins {
        numbering: u64,
        after: u32,
        failover: bool,
    },
    Lost(u32, u32),
    Settled(u32),
}

#[derive(Default)]
struct Log(Vec<Told>);

impl Follower for Log {
    fn event(&mut self, event: FeedEvent) {
        self.0.push(Told::Event(event.seq_num.raw()));
    }

    fn begins(&mut self, beginning: Beginning) {
        self.0.push(Told::Begins {
            numbering: beginning.numbering.raw(),
            after: beginning.after.raw(),
            failover: beginning.failover,
        });
    }

    fn lost(&mut self, lost: Lost) {
        self.0.push(Told::Lost(lost.first.raw(), lost.last.raw()));
    }

    fn settled(&mut self, before: SeqNum) {
        self.0.push(Told::Settled(before.raw()));
    }
}

/// A channel that knows one symbol.
struct Fixture {
    channel: Channel<[FeedSymbol; 8]>,
}

impl Fixture {
    fn new() -> Self {
        let mut channel = Channel::new(Dialect::Pillar, [FeedSymbol::EMPTY; 8]);
        (channel.define(SYMBOL, SystemId::from_raw(1))).unwrap();
        Self { channel }
    }

    /// What the channel tells when a packet of this message comes, sent at that time.
    fn send(
        &mut self,
        flag: DeliveryFlag,
        seq_num: u32,
        sent: u64,
        message: &impl Body,
    ) -> Vec<Told> {
        let mut buffer = [0; 1_400];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push(message).unwrap();
        let (seq_num, sent) = (SeqNum::from_raw(seq_num), UnixNanos::from_raw(sent));
        let bytes = packet.finish(flag, seq_num, sent);
        let mut log = Log::default();
        let packet = PacketRef::new(bytes).unwrap();
        self.channel.packet(&packet, &mut log).unwrap();
        log.0
    }

    fn data(&mut self, seq_num: u32) -> Vec<Told> {
        self.send(DeliveryFlag::ORIGINAL, seq_num, 1_000, &delete())
    }

    fn reset(&mut self, flag: DeliveryFlag, time: u32) -> Vec<Told> {
        let reset = SequenceNumberReset {
            source_time_ns: time,
            ..Default::default()
        };
        self.send(flag, 1, u64::from(time), &reset)
    }
}

fn delete() -> PillarDeleteOrder {
    PillarDeleteOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: SymbolSeqNum::from_raw(1),
        ..Default::default()
    }
}

fn begins(numbering: u64, after: u32) -> Told {
    Told::Begins {
        numbering,
        after,
        failover: false,
    }
}

#[test]
fn a_numbering_begins_before_anything_of_it_and_repeated_resets_rename_it() {
    let flag = DeliveryFlag::SEQUENCE_RESET;
    let mut feed = Fixture::new();
    assert_eq!(feed.reset(flag, 100), [begins(100, 0)]);
    assert_eq!(feed.reset(flag, 100), []);
    assert_eq!(feed.reset(flag, 200), [begins(200, 0)]);
    assert_eq!(feed.data(2), [Told::Event(2)]);
    assert_eq!(feed.channel.detector().position().numbering.raw(), 200);
}

#[test]
fn what_was_before_the_first_packet_of_a_channel_is_no_loss() {
    let unnamed = Numbering::UNNAMED.raw();
    let mut feed = Fixture::new();
    assert_eq!(feed.data(1), [begins(unnamed, 0), Told::Event(1)]);
    let mut feed = Fixture::new();
    assert_eq!(feed.data(700), [begins(unnamed, 699), Told::Event(700)]);
    assert_eq!(feed.channel.counters().messages_missing, 0);
}

#[test]
fn what_was_since_an_earlier_run_is_a_loss() {
    let position = Position {
        numbering: Numbering::from_raw(100),
        seq_num: SeqNum::from_raw(40),
    };
    let mut feed = Fixture::new();
    feed.channel = Channel::after(position, Dialect::Pillar, [FeedSymbol::EMPTY; 8]);
    (feed.channel.define(SYMBOL, SystemId::from_raw(1))).unwrap();
    assert_eq!(feed.data(43), [Told::Lost(41, 42), Told::Event(43)]);
}

#[test]
fn missing_numbers_are_lost_before_what_comes_after_them() {
    let mut feed = Fixture::new();
    feed.data(1);
    assert_eq!(feed.data(5), [Told::Lost(2, 4), Told::Event(5)]);
    assert_eq!(feed.channel.counters().messages_missing, 3);
}

#[test]
fn numbers_that_start_again_without_a_reset_begin_a_numbering_named_by_their_packet() {
    let mut feed = Fixture::new();
    feed.data(1);
    feed.data(2);
    let later = 1_000_000_000;
    let flag = DeliveryFlag::ORIGINAL;
    assert_eq!(
        feed.send(flag, 1, later, &delete()),
        [begins(later, 0), Told::Event(1)]
    );
    assert_eq!(feed.send(flag, 2, later, &delete()), [Told::Event(2)]);
    // And with numbers before it that did not come.
    assert_eq!(
        feed.send(flag, 2, 2 * later, &delete()),
        [begins(2 * later, 0), Told::Lost(1, 1), Told::Event(2)]
    );
}

#[test]
fn a_failover_lasts_until_the_first_original_packet() {
    let mut feed = Fixture::new();
    feed.data(1);
    let failover = Told::Begins {
        numbering: 5_000,
        after: 0,
        failover: true,
    };
    assert_eq!(feed.reset(DeliveryFlag::FAILOVER, 5_000), [failover]);
    let clear = SymbolClear {
        symbol_index: SYMBOL,
        next_source_seq_num: SymbolSeqNum::from_raw(4),
        ..Default::default()
    };
    assert_eq!(
        feed.send(DeliveryFlag::FAILOVER, 2, 5_000, &clear),
        [Told::Event(2)]
    );
    // What was asked for again may be original or not.
    let again = DeliveryFlag::RETRANSMISSION_ONLY;
    assert_eq!(feed.send(again, 3, 6_000, &delete()), [Told::Event(3)]);
    assert_eq!(
        feed.data(5),
        [Told::Lost(4, 4), Told::Settled(5), Told::Event(5)]
    );
    assert_eq!(feed.data(6), [Told::Event(6)]);
}

#[test]
fn a_refresh_is_numbered_apart_and_says_how_far_the_channel_was_read() {
    let mut feed = Fixture::new();
    feed.data(40);
    let mut buffer = [0; 1_400];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    let header = RefreshHeader {
        current_refresh_pkt: 1,
        total_refresh_pkts: 1,
        last_seq_num: SeqNum::from_raw(39),
        ..Default::default()
    };
    packet.push(&header).unwrap();
    let order = PillarAddOrderRefresh {
        symbol_index: SYMBOL,
        ..Default::default()
    };
    packet.push(&order).unwrap();
    let (number, sent) = (SeqNum::from_raw(9_000), UnixNanos::from_raw(1_001));
    let bytes = packet.finish(DeliveryFlag::REFRESH_ONLY, number, sent);
    let mut events = vec![];
    let mut out = crate::feed::EventsOnly(|event: FeedEvent| events.push(event));
    let packet = PacketRef::new(bytes).unwrap();
    for _line in 0..2 {
        feed.channel.packet(&packet, &mut out).unwrap();
    }
    assert!(events.iter().all(|event| event.seq_num.raw() == 40));
    assert!(matches!(events[0].action, Action::Refresh { .. }));
    assert_eq!(events[2].action, Action::Refreshed);
    assert_eq!(events.len(), 3, "the copy by the other line tells nothing");
    assert_eq!(feed.data(41), [Told::Event(41)]);
}

#[test]
fn a_refresh_from_before_the_numbering_is_not_read() {
    let mut feed = Fixture::new();
    feed.data(1);
    feed.reset(DeliveryFlag::SEQUENCE_RESET, 5_000);
    let header = RefreshHeader {
        current_refresh_pkt: 1,
        total_refresh_pkts: 1,
        ..Default::default()
    };
    assert_eq!(feed.send(DeliveryFlag::REFRESH_ONLY, 1, 4_999, &header), []);
    assert_eq!(feed.channel.counters().old_refreshes, 1);
}

#[test]
fn a_channel_carries_what_it_defined_and_what_it_had_messages_of() {
    let [defined, elsewhere] = [8, 9].map(SymbolIndex::from_raw);
    let mut feed = Fixture::new();
    for symbol_index in [defined, elsewhere] {
        (feed.channel.define(symbol_index, SystemId::from_raw(1))).unwrap();
    }
    let mapping = LegacySymbolIndexMapping {
        symbol_index: defined,
        price_scale_code: 4,
        ..Default::default()
    };
    feed.send(DeliveryFlag::ORIGINAL, 1, 0, &mapping);
    feed.data(2);
    let carried = [defined, SYMBOL, elsewhere].map(|s| feed.channel.normalizer().carries(s));
    assert_eq!(carried, [true, true, false]);
}
