//! How a packet is read message by message, and what is lost where one cannot be read.

extern crate std;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::units::{SeqNum, UnixNanos};
use crate::xdp::{
    DeliveryFlag, Dialect, PacketBuilder, PacketRef, PillarAddOrder, SequenceNumberReset, SideCode,
    StockSummary,
};

#[test]
fn an_event_bears_the_number_of_its_message_in_the_channel() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let events = feed.send_as(DeliveryFlag::ORIGINAL, |packet| {
        packet.push(&other(7)).unwrap();
        packet.push(&StockSummary::default()).unwrap();
        packet.push(&other(8)).unwrap();
    });
    let numbers: Vec<u32> = events.iter().map(|event| event.seq_num.raw()).collect();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn messages_handled_before_are_passed_over() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let mut buffer = [0; 200];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    for number in 1..=3 {
        packet.push(&other(number)).unwrap();
    }
    let packet = packet.finish(
        DeliveryFlag::ORIGINAL,
        SeqNum::from_raw(1),
        UnixNanos::default(),
    );
    feed.send(other(1));
    let mut numbers = vec![];
    feed.normalizer
        .packet(
            &PacketRef::new(packet).unwrap(),
            1,
            &mut EventsOnly(|event: FeedEvent| {
                numbers.push((event.seq_num.raw(), event.symbol_seq_num.unwrap().raw()));
            }),
        )
        .unwrap();
    assert_eq!(numbers, [(2, 2), (3, 3)]);
}

#[test]
fn a_message_that_cannot_be_understood_tells_its_symbol_so() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let sideless = PillarAddOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(1),
        side: SideCode::from_raw(b'?'),
        ..Default::default()
    };
    assert_eq!(feed.actions(sideless), [Action::Unreadable]);
    assert_eq!(feed.normalizer.counters().bad_values, 1);

    let mut bytes = [0; 39];
    let next = PillarAddOrder {
        symbol_seq_num: seq(2),
        ..sideless
    };
    next.emit(&mut bytes).unwrap();
    // One byte less than an add has.
    bytes[0] = 38;
    let short = crate::xdp::MessageRef::new(&bytes[..38]).unwrap();
    let events = feed.send_as(DeliveryFlag::ORIGINAL, |packet| {
        packet.push_bytes(short).unwrap()
    });
    assert_eq!(events[0].action, Action::Unreadable);
    assert_eq!(events[0].symbol_seq_num, Some(seq(2)));
    assert_eq!(feed.normalizer.counters().malformed, 1);
}

/// What comes of a packet with these messages, numbered from 1 on.
fn told(feed: &mut Fixture, packet: &[u8]) -> (Result<(), crate::xdp::WireError>, Told) {
    let packet = PacketRef::new(packet).unwrap();
    let mut told = Told::default();
    let result = feed.normalizer.packet(&packet, 0, &mut told);
    (result, told)
}

/// Numbers from `first` to `last`.
fn lost(first: u32, last: u32) -> Lost {
    let [first, last] = [first, last].map(SeqNum::from_raw);
    Lost { first, last }
}

#[test]
fn a_message_too_short_to_say_whose_it_is_is_lost_for_all() {
    for (msg_type, expected) in [(100, vec![lost(1, 1)]), (223, vec![]), (2, vec![])] {
        let mut feed = Fixture::new(Dialect::Pillar);
        let bytes = [4, 0, msg_type, 0];
        let short = crate::xdp::MessageRef::new(&bytes).unwrap();
        let mut buffer = [0; 100];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        packet.push_bytes(short).unwrap();
        packet.push(&other(1)).unwrap();
        let (sent, number) = (UnixNanos::default(), SeqNum::from_raw(1));
        let packet = packet.finish(DeliveryFlag::ORIGINAL, number, sent);
        let (result, told) = told(&mut feed, packet);
        assert_eq!((result, told.lost), (Ok(()), expected), "type {msg_type}");
        assert_eq!(told.events.len(), 1, "the next message is read");
        assert_eq!(feed.normalizer.counters().malformed, 1);
    }
}

#[test]
fn a_wrong_length_costs_the_rest_of_its_packet() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let mut buffer = [0; 200];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    for number in 1..=3 {
        packet.push(&other(number)).unwrap();
    }
    let (sent, number) = (UnixNanos::default(), SeqNum::from_raw(1));
    let mut packet = Vec::from(packet.finish(DeliveryFlag::ORIGINAL, number, sent));
    packet[16 + 24] = 3;
    let (result, told) = told(&mut feed, &packet);
    assert_eq!(result.unwrap_err().offset, 40);
    assert_eq!(told.events.len(), 1);
    assert_eq!(told.lost, [lost(2, 3)]);
}

#[test]
fn a_reset_in_the_middle_of_the_numbers_is_lost_for_all() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let mut buffer = [0; 200];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    packet.push(&other(1)).unwrap();
    packet.push(&SequenceNumberReset::default()).unwrap();
    let (sent, number) = (UnixNanos::default(), SeqNum::from_raw(1));
    let packet = packet.finish(DeliveryFlag::ORIGINAL, number, sent);
    let (_, told) = told(&mut feed, packet);
    assert_eq!(told.lost, [lost(2, 2)]);
}

#[test]
fn what_has_no_meaning_for_books_is_counted_by_type_and_flag() {
    let mut feed = Fixture::new(Dialect::Legacy);
    let summary = StockSummary {
        symbol_index: SYMBOL,
        ..Default::default()
    };
    assert_eq!(feed.actions(summary), []);
    // The 2011 dialect has no cross correction.
    let events = feed.send_as(DeliveryFlag::from_raw(99), |packet| {
        packet.push(&other(1)).unwrap()
    });
    assert_eq!(events, []);
    let counters = feed.normalizer.counters();
    assert_eq!(counters.unknown_types, 1);
    assert_eq!(counters.unknown_flags, 1);
    assert_eq!(counters.types().collect::<Vec<_>>(), [(113, 1), (223, 1)]);
    assert_eq!((counters.messages(), counters.packets()), (2, 2));
}
