//! What the messages of each dialect say to a book.

use super::*;
use crate::units::{OrderId, Qty, RawPrice, Side, TradeId, UnixNanos};
use crate::xdp::{
    DeleteReason, DeliveryFlag, Dialect, ExecutionReason, GtcIndicator, LegacyAddOrder,
    LegacyAddOrderRefresh, LegacyAttributedAddOrder, LegacyDeleteOrder, LegacyModifyOrder,
    LegacyOrderExecution, LegacyTrade, ModifyReason, PillarCrossTrade, PillarModifyOrder,
    PillarNonDisplayedTrade, PillarOrderExecution, PillarReplaceOrder, PositionChange,
    PrintableFlag, SecurityStatus, SecurityStatusCode, SideCode, SymbolClear, TradeSession,
    TradingSession, TradingSessionChange,
};

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
fn what_a_message_means_does_not_depend_on_numbers_within_its_symbol() {
    let mut feed = Fixture::new(Dialect::Pillar);
    for number in [1, 4, 4, 2, 0] {
        let events = feed.send(other(number));
        assert_eq!(events[0].symbol_seq_num, Some(seq(number)));
        assert_eq!((events.len(), events[0].action), (1, Action::Other));
    }
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
