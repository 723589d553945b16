//! What the normalizer promises, message by message.

mod refresh;

extern crate std;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::units::{
    OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum, SystemId, TradeId,
    UnixNanos,
};
use crate::xdp::{
    Body, CrossCorrection, DeleteReason, DeliveryFlag, Dialect, ExecutionReason, GtcIndicator,
    LegacyAddOrder, LegacyAddOrderRefresh, LegacyAttributedAddOrder, LegacyDeleteOrder,
    LegacyModifyOrder, LegacyOrderExecution, LegacySymbolIndexMapping, LegacyTrade, ModifyReason,
    PacketBuilder, PacketRef, PartitionTimeReference, PillarAddOrder, PillarAddOrderRefresh,
    PillarCrossTrade, PillarDeleteOrder, PillarModifyOrder, PillarNonDisplayedTrade,
    PillarOrderExecution, PillarReplaceOrder, PositionChange, PrintableFlag, RefreshHeader,
    RefreshHeaderShort, SecurityStatus, SecurityStatusCode, SequenceNumberReset, SideCode,
    StockSummary, SymbolClear, SymbolIndexMapping, SymbolTimeReference, TradeSession,
    TradingSession, TradingSessionChange,
};

const SYMBOL: SymbolIndex = SymbolIndex::from_raw(9280);
const SYSTEM: SystemId = SystemId::from_raw(15);
/// The last number that was read when a refresh comes.
const READ: SeqNum = SeqNum::from_raw(600);

/// A channel that knows one symbol.
struct Fixture {
    normalizer: Normalizer<[SymbolSlot; 2]>,
}

/// What came out of a packet.
#[derive(Default)]
struct Told {
    events: Vec<FeedEvent>,
    lost: Vec<Lost>,
}

impl Follower for Told {
    fn event(&mut self, event: FeedEvent) {
        self.events.push(event);
    }

    fn begins(&mut self, beginning: Beginning) {
        panic!("a normalizer knows no numbering: {beginning:?}");
    }

    fn lost(&mut self, lost: Lost) {
        self.lost.push(lost);
    }

    fn settled(&mut self, before: SeqNum) {
        panic!("a normalizer knows no failover: {before}");
    }
}

impl Fixture {
    fn new(dialect: Dialect) -> Self {
        let mut normalizer = Normalizer::new(dialect, [SymbolSlot::EMPTY; 2]);
        normalizer.define(SYMBOL, SYSTEM).unwrap();
        Self { normalizer }
    }

    /// The events of one message in a packet of its own.
    fn send<M: Body>(&mut self, message: M) -> Vec<FeedEvent> {
        self.send_as(DeliveryFlag::ORIGINAL, |packet| {
            packet.push(&message).unwrap()
        })
    }

    /// The events of a packet with the flag, numbered from 1 on, or apart as a refresh is.
    fn send_as(
        &mut self,
        flag: DeliveryFlag,
        fill: impl FnOnce(&mut PacketBuilder<'_>),
    ) -> Vec<FeedEvent> {
        self.send_from(1, flag, fill)
    }

    /// The events of a packet with the flag, numbered from `first` on.
    fn send_from(
        &mut self,
        first: u32,
        flag: DeliveryFlag,
        fill: impl FnOnce(&mut PacketBuilder<'_>),
    ) -> Vec<FeedEvent> {
        let mut buffer = [0; 1400];
        let mut packet = PacketBuilder::new(&mut buffer).unwrap();
        fill(&mut packet);
        let packet = packet.finish(flag, SeqNum::from_raw(first), UnixNanos::default());
        let packet = PacketRef::new(packet).unwrap();
        let mut told = Told::default();
        if flag.is_refresh() {
            self.normalizer.refresh_packet(&packet, READ, &mut told)
        } else {
            self.normalizer.packet(&packet, 0, &mut told)
        }
        .unwrap();
        assert_eq!(told.lost, []);
        told.events
    }

    /// The one action of one message.
    fn action<M: Body>(&mut self, message: M) -> Action {
        let events = self.send(message);
        let [event] = events[..] else {
            panic!("not one event: {events:?}")
        };
        assert_eq!(event.symbol_index, SYMBOL);
        event.action
    }

    /// The actions of one message.
    fn actions<M: Body>(&mut self, message: M) -> Vec<Action> {
        self.send(message)
            .iter()
            .map(|event| event.action)
            .collect()
    }
}

fn seq(number: u32) -> SymbolSeqNum {
    SymbolSeqNum::from_raw(number)
}

/// A numbered message that changes nothing.
fn other(number: u32) -> CrossCorrection {
    CrossCorrection {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        ..Default::default()
    }
}

#[test]
fn legacy_orders_are_told_apart_by_their_gtc_flag_and_keep_their_sessions() {
    let mut feed = Fixture::new(Dialect::Legacy);
    let add = LegacyAddOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(1),
        order_id: 7,
        price: RawPrice::from_raw(100),
        volume: Qty::from_raw(300),
        side: SideCode::SELL,
        order_id_gtc_indicator: GtcIndicator::GTC,
        trade_session: TradeSession::MORNING_CORE,
        ..Default::default()
    };
    let expected = Action::Add {
        order_id: OrderId::legacy(7, true),
        side: Side::Ask,
        price: RawPrice::from_raw(100),
        qty: Qty::from_raw(300),
        sessions: TradeSessions::from_wire(3),
    };
    assert_eq!(feed.action(add), expected);
    let base = LegacyAddOrder {
        symbol_seq_num: seq(2),
        ..add
    };
    assert_eq!(
        feed.action(LegacyAttributedAddOrder {
            base,
            ..Default::default()
        }),
        expected
    );
    assert_ne!(OrderId::legacy(7, true), OrderId::legacy(7, false));
}

#[test]
fn a_legacy_modify_loses_its_place_for_reason_5_alone() {
    for (reason, loses_place, unlisted) in [
        (0, false, 0),
        (5, true, 0),
        (6, false, 0),
        (7, false, 0),
        (8, false, 1),
    ] {
        let mut feed = Fixture::new(Dialect::Legacy);
        let action = feed.action(LegacyModifyOrder {
            symbol_index: SYMBOL,
            symbol_seq_num: seq(1),
            reason_code: ModifyReason::from_raw(reason),
            ..Default::default()
        });
        assert!(matches!(action, Action::Modify { loses_place: l, .. } if l == loses_place));
        assert_eq!(feed.normalizer.counters().unlisted_codes, unlisted);
    }
}

#[test]
fn a_legacy_execution_does_what_its_reason_says() {
    for (reason, expected) in [
        (0, ExecutionEffect::None),
        (3, ExecutionEffect::Fill),
        (7, ExecutionEffect::Reduce),
        (9, ExecutionEffect::Reduce),
    ] {
        let action = Fixture::new(Dialect::Legacy).action(LegacyOrderExecution {
            symbol_index: SYMBOL,
            symbol_seq_num: seq(1),
            reason_code: ExecutionReason::from_raw(reason),
            ..Default::default()
        });
        let Action::Execute {
            effect, printable, ..
        } = action
        else {
            panic!("{action:?}")
        };
        assert_eq!((effect, printable), (expected, false), "reason {reason}");
    }
}

#[test]
fn a_legacy_delete_deletes_whatever_its_reason() {
    for reason in 0..=4 {
        let action = Fixture::new(Dialect::Legacy).action(LegacyDeleteOrder {
            symbol_index: SYMBOL,
            symbol_seq_num: seq(1),
            order_id: 3,
            reason_code: DeleteReason::from_raw(reason),
            ..Default::default()
        });
        assert_eq!(
            action,
            Action::Delete {
                order_id: OrderId::legacy(3, false)
            }
        );
    }
}

#[test]
fn the_tape_of_each_dialect_is_what_counts_towards_volume() {
    let action = Fixture::new(Dialect::Legacy).action(LegacyTrade {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(1),
        ..Default::default()
    });
    assert!(matches!(
        action,
        Action::Trade {
            printable: true,
            ..
        }
    ));
    for dialect in [Dialect::Xdp, Dialect::Pillar] {
        let mut feed = Fixture::new(dialect);
        for (number, flag, expected) in [(1, 0, false), (3, 1, true)] {
            let printable_flag = PrintableFlag::from_raw(flag);
            let execution = feed.action(PillarOrderExecution {
                symbol_index: SYMBOL,
                symbol_seq_num: seq(number),
                printable_flag,
                ..Default::default()
            });
            let Action::Execute {
                effect, printable, ..
            } = execution
            else {
                panic!("{execution:?}")
            };
            assert_eq!((effect, printable), (ExecutionEffect::Reduce, expected));
            let trade = feed.action(PillarNonDisplayedTrade {
                symbol_index: SYMBOL,
                symbol_seq_num: seq(number + 1),
                printable_flag,
                ..Default::default()
            });
            assert!(matches!(trade, Action::Trade { printable, .. } if printable == expected));
        }
        let cross = feed.action(PillarCrossTrade {
            symbol_index: SYMBOL,
            symbol_seq_num: seq(5),
            cross_id: 5,
            ..Default::default()
        });
        let Action::Trade {
            trade_id,
            printable,
            ..
        } = cross
        else {
            panic!("{cross:?}")
        };
        assert_eq!((trade_id, printable), (TradeId::from_raw(5), true));
    }
}

#[test]
fn later_dialects_modify_and_replace_as_they_say() {
    let mut feed = Fixture::new(Dialect::Pillar);
    for (number, change, expected) in [(1, 0, false), (2, 1, true), (3, b'1', false)] {
        let action = feed.action(PillarModifyOrder {
            symbol_index: SYMBOL,
            symbol_seq_num: seq(number),
            position_change: PositionChange::from_raw(change),
            ..Default::default()
        });
        assert!(matches!(action, Action::Modify { loses_place, .. } if loses_place == expected));
    }
    let action = feed.action(PillarReplaceOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(4),
        order_id: OrderId::from_raw(1 << 40),
        new_order_id: OrderId::from_raw(2 << 40),
        price: RawPrice::from_raw(5).into(),
        volume: Qty::from_raw(6),
        ..Default::default()
    });
    let expected = Action::Replace {
        order_id: OrderId::from_raw(1 << 40),
        new_order_id: OrderId::from_raw(2 << 40),
        price: RawPrice::from_raw(5),
        qty: Qty::from_raw(6),
    };
    assert_eq!(action, expected);
}

#[test]
fn a_status_halts_resumes_closes_or_starts_a_session() {
    let session = |session| Action::Session { session };
    for (status, legacy, modern) in [
        (SecurityStatusCode::HALT, Action::Halt, Action::Halt),
        (
            SecurityStatusCode::OPENING_DELAY,
            Action::Halt,
            Action::Halt,
        ),
        (SecurityStatusCode::NO_OPEN, Action::Halt, Action::Halt),
        (SecurityStatusCode::RESUME, Action::Resume, Action::Resume),
        (SecurityStatusCode::CLOSED, Action::Close, Action::Close),
        (SecurityStatusCode::PREOPENING, Action::Other, Action::Other),
        (
            SecurityStatusCode::EARLY_SESSION,
            Action::Other,
            session(TradeSessions::MORNING),
        ),
        (
            SecurityStatusCode::CORE_SESSION,
            Action::Other,
            session(TradeSessions::CORE),
        ),
        (
            SecurityStatusCode::LATE_SESSION,
            Action::Other,
            session(TradeSessions::LATE),
        ),
        (
            SecurityStatusCode::SSR_ACTIVATED,
            Action::Other,
            Action::Other,
        ),
        (
            SecurityStatusCode::from_raw(b'?'),
            Action::Other,
            Action::Other,
        ),
    ] {
        for (dialect, expected) in [
            (Dialect::Legacy, legacy),
            (Dialect::Xdp, modern),
            (Dialect::Pillar, modern),
        ] {
            let action = Fixture::new(dialect).action(SecurityStatus {
                symbol_index: SYMBOL,
                symbol_seq_num: seq(1),
                security_status: status,
                ..Default::default()
            });
            assert_eq!(action, expected, "{dialect} {status:?}");
        }
    }
}

#[test]
fn a_session_change_of_2011_names_its_session() {
    let mut feed = Fixture::new(Dialect::Legacy);
    let change = |number, session| TradingSessionChange {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        trading_session: TradingSession::from_raw(session),
        ..Default::default()
    };
    assert_eq!(
        feed.action(change(1, 4)),
        Action::Session {
            session: TradeSessions::LATE
        }
    );
    assert_eq!(feed.action(change(2, 9)), Action::Other);
    assert_eq!(feed.normalizer.counters().unlisted_codes, 1);
}

#[test]
fn seconds_come_from_the_symbol_in_2011_and_from_the_partition_later() {
    let mut feed = Fixture::new(Dialect::Legacy);
    let delete = |number, source_time_ns| LegacyDeleteOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        source_time_ns,
        ..Default::default()
    };
    assert_eq!(feed.send(delete(1, 5))[0].ts_event, None);
    // The reference has a number within the symbol.
    let reference = SymbolTimeReference {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(2),
        source_time: 1_324_300_000,
    };
    assert_eq!(feed.action(reference), Action::Other);
    let time = Some(UnixNanos::from_parts(1_324_300_000, 5));
    assert_eq!(feed.send(delete(3, 5))[0].ts_event, time);
    assert_eq!(feed.normalizer.counters().times_unknown, 1);

    let mut feed = Fixture::new(Dialect::Pillar);
    let delete = |number, source_time_ns| PillarDeleteOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        source_time_ns,
        ..Default::default()
    };
    assert_eq!(feed.send(delete(1, 5))[0].ts_event, None);
    let reference = |id, source_time| PartitionTimeReference {
        id,
        symbol_seq_num: 0,
        source_time,
    };
    assert_eq!(feed.actions(reference(7, 1)), []);
    assert_eq!(feed.send(delete(2, 5))[0].ts_event, None);
    assert_eq!(feed.actions(reference(15, 1_645_642_895)), []);
    let time = Some(UnixNanos::from_parts(1_645_642_895, 5));
    assert_eq!(feed.send(delete(3, 5))[0].ts_event, time);
    assert_eq!(feed.actions(reference(256, 1)), []);
    assert_eq!(feed.normalizer.counters().bad_values, 1);
}

#[test]
fn what_a_message_means_does_not_depend_on_numbers_within_its_symbol() {
    let mut feed = Fixture::new(Dialect::Pillar);
    for number in [1, 4, 4, 2, 0] {
        let events = feed.send(other(number));
        assert_eq!(events[0].symbol_seq_num, Some(seq(number)));
        assert_eq!((events.len(), events[0].action), (1, Action::Other));
    }
}

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
fn lost_messages_make_the_second_unknown_until_it_is_told_again() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let reference = PartitionTimeReference {
        id: 15,
        symbol_seq_num: 0,
        source_time: 100,
    };
    feed.send(reference);
    assert!(feed.send(other(1))[0].ts_event.is_some());
    feed.normalizer.forget_seconds();
    assert_eq!(feed.send(other(2))[0].ts_event, None);
    feed.send(reference);
    assert!(feed.send(other(3))[0].ts_event.is_some());
}

#[test]
fn a_clear_says_the_number_that_comes_next() {
    let mut feed = Fixture::new(Dialect::Pillar);
    feed.send(other(1));
    let clear = SymbolClear {
        symbol_index: SYMBOL,
        next_source_seq_num: seq(40),
        source_time: 9,
        source_time_ns: 8,
    };
    let events = feed.send(clear);
    assert_eq!(events[0].action, Action::Clear { next: seq(40) });
    assert_eq!(events[0].symbol_seq_num, None);
    assert_eq!(events[0].ts_event, Some(UnixNanos::from_parts(9, 8)));
}

#[test]
fn a_failover_tells_orders_as_ordinary_adds_under_their_old_numbers() {
    let mut feed = Fixture::new(Dialect::Legacy);
    let events = feed.send_as(DeliveryFlag::FAILOVER, |packet| {
        let clear = SymbolClear {
            symbol_index: SYMBOL,
            next_source_seq_num: seq(4),
            ..Default::default()
        };
        packet.push(&clear).unwrap();
        for number in [2, 1] {
            let order = LegacyAddOrderRefresh {
                symbol_index: SYMBOL,
                symbol_seq_num: seq(number),
                ..Default::default()
            };
            packet.push(&order).unwrap();
        }
    });
    assert_eq!(events[0].action, Action::Clear { next: seq(4) });
    assert!(
        events[1..]
            .iter()
            .all(|event| matches!(event.action, Action::Add { .. }))
    );
    assert_eq!(events.len(), 3);
}

/// The definition of a symbol, with this scale and partition.
fn definition(symbol_index: SymbolIndex, price_scale_code: u8, system: u8) -> SymbolIndexMapping {
    SymbolIndexMapping {
        base: LegacySymbolIndexMapping {
            symbol_index,
            price_scale_code,
            system_id: SystemId::from_raw(system),
            ..Default::default()
        },
        ..Default::default()
    }
}

#[test]
fn a_definition_sets_the_scale_and_its_partition_and_is_told_each_time() {
    let mut feed = Fixture::new(Dialect::Xdp);
    let defined = |code| Action::Define {
        scale: PriceScale::new(code).unwrap(),
        is_whole: true,
    };
    for code in [4, 6, 6] {
        assert_eq!(feed.actions(definition(SYMBOL, code, 3)), [defined(code)]);
    }
    feed.send(PartitionTimeReference {
        id: 3,
        symbol_seq_num: 0,
        source_time: 100,
    });
    assert!(feed.send(other(1))[0].ts_event.is_some());
    // Its prices cannot be told any more.
    assert_eq!(
        feed.actions(definition(SYMBOL, 10, 3)),
        [Action::Unreadable]
    );
    assert_eq!(feed.normalizer.counters().bad_scales, 1);

    let [new, one_too_many] = [5, 6].map(SymbolIndex::from_raw);
    let events = feed.send(definition(new, 6, 3));
    assert_eq!(
        (events[0].symbol_index, events[0].action),
        (new, defined(6))
    );
    assert_eq!(feed.actions(definition(one_too_many, 6, 3)), []);
    assert_eq!(feed.normalizer.counters().symbols_without_room, 1);
}

#[test]
fn an_unknown_symbol_harms_nobody_and_the_first_one_is_told() {
    let mut feed = Fixture::new(Dialect::Pillar);
    for index in [77, 78] {
        let message = CrossCorrection {
            symbol_index: SymbolIndex::from_raw(index),
            symbol_seq_num: seq(1),
            ..Default::default()
        };
        assert_eq!(feed.actions(message), []);
    }
    let counters = feed.normalizer.counters();
    assert_eq!(counters.unknown_symbols, 2);
    assert_eq!(
        counters.first_unknown_symbol,
        Some(SymbolIndex::from_raw(77))
    );
    assert_eq!(feed.actions(other(1)), [Action::Other]);
}

#[test]
fn a_symbol_that_is_defined_after_messages_of_unknown_ones_may_not_be_whole() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let unknown = SymbolIndex::from_raw(77);
    let message = CrossCorrection {
        symbol_index: unknown,
        symbol_seq_num: seq(1),
        ..Default::default()
    };
    assert_eq!(feed.actions(message), []);
    let defined = |is_whole| Action::Define {
        scale: PriceScale::new(4).unwrap(),
        is_whole,
    };
    // One that was known had all its messages told.
    assert_eq!(feed.actions(definition(SYMBOL, 4, 15)), [defined(true)]);
    assert_eq!(feed.actions(definition(unknown, 4, 15)), [defined(false)]);
    assert_eq!(feed.actions(definition(unknown, 4, 15)), [defined(true)]);

    let mut feed = Fixture::new(Dialect::Pillar);
    feed.actions(message);
    // The numbers of all symbols begin anew.
    feed.normalizer.begin();
    assert_eq!(feed.actions(definition(unknown, 4, 15)), [defined(true)]);
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
