//! What a refresh tells, and when it tells that it is whole.

extern crate std;
use std::vec::Vec;

use super::*;
use crate::units::{OrderId, PriceScale, SeqNum};
use crate::xdp::{
    DeliveryFlag, Dialect, PacketBuilder, PillarAddOrderRefresh, RefreshHeader, RefreshHeaderShort,
    SecurityStatus, SecurityStatusCode, SideCode,
};

/// A packet of the refresh of the symbol: its header, its definition if it is the first, orders.
fn refresh_packet(packet: &mut PacketBuilder<'_>, number: u16, total: u16, orders: &[u64]) {
    if number == 1 {
        let header = RefreshHeader {
            current_refresh_pkt: 1,
            total_refresh_pkts: total,
            last_seq_num: SeqNum::from_raw(500),
            last_symbol_seq_num: seq(7),
        };
        packet.push(&header).unwrap();
        packet.push(&definition(SYMBOL, 4, 15)).unwrap();
    } else {
        let header = RefreshHeaderShort {
            current_refresh_pkt: number,
            total_refresh_pkts: total,
        };
        packet.push(&header).unwrap();
    }
    for &order in orders {
        let order = PillarAddOrderRefresh {
            symbol_index: SYMBOL,
            symbol_seq_num: seq(3),
            order_id: OrderId::from_raw(order),
            ..Default::default()
        };
        packet.push(&order).unwrap();
    }
}

/// What a refresh of so many packets tells when these of them come, as far as orders go.
fn refreshed(packets: &[u16], total: u16) -> Vec<&'static str> {
    let mut feed = Fixture::new(Dialect::Pillar);
    let mut told = Vec::new();
    for &number in packets {
        for event in feed.send_as(DeliveryFlag::REFRESH_PART, |packet| {
            refresh_packet(packet, number, total, &[u64::from(number)]);
        }) {
            assert_eq!((event.seq_num, event.symbol_seq_num), (READ, None));
            if let Action::Refresh {
                last,
                through,
                scale,
            } = event.action
            {
                assert_eq!((last, through), (seq(7), SeqNum::from_raw(500)));
                assert_eq!(scale, PriceScale::new(4));
                told.push("begin");
            } else if let Action::RefreshAdd { .. } = event.action {
                told.push("order");
            } else {
                assert_eq!(event.action, Action::Refreshed);
                told.push("end");
            }
        }
    }
    told
}

#[test]
fn a_refresh_tells_its_beginning_its_orders_and_its_end() {
    assert_eq!(refreshed(&[1], 1), ["begin", "order", "end"]);
    assert_eq!(
        refreshed(&[1, 2, 3], 3),
        ["begin", "order", "order", "order", "end"]
    );
}

#[test]
fn a_refresh_that_lacks_a_packet_has_no_end() {
    assert_eq!(refreshed(&[1, 3], 3), ["begin", "order"]);
    assert_eq!(refreshed(&[2, 3], 3), [""; 0]);
    assert_eq!(refreshed(&[1, 2, 2, 3], 3), ["begin", "order", "order"]);
    // It may come again.
    assert_eq!(
        refreshed(&[1, 1, 2], 2),
        ["begin", "order", "begin", "order", "order", "end"]
    );
}

#[test]
fn a_refresh_with_an_order_that_cannot_be_understood_has_no_end() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let events = feed.send_as(DeliveryFlag::REFRESH_ONLY, |packet| {
        refresh_packet(packet, 1, 1, &[]);
        let order = PillarAddOrderRefresh {
            symbol_index: SYMBOL,
            side: SideCode::from_raw(b'?'),
            ..Default::default()
        };
        packet.push(&order).unwrap();
    });
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(feed.normalizer.counters().refreshes_abandoned, 1);
}

#[test]
fn a_refresh_tells_the_status_but_no_session_that_would_end_orders() {
    for (status, expected) in [
        (SecurityStatusCode::HALT, Action::Halt),
        (SecurityStatusCode::EARLY_SESSION, Action::Resume),
        (SecurityStatusCode::CLOSED, Action::Close),
    ] {
        let mut feed = Fixture::new(Dialect::Pillar);
        let events = feed.send_as(DeliveryFlag::REFRESH_ONLY, |packet| {
            refresh_packet(packet, 1, 1, &[]);
            let status = SecurityStatus {
                symbol_index: SYMBOL,
                symbol_seq_num: seq(5),
                security_status: status,
                ..Default::default()
            };
            packet.push(&status).unwrap();
        });
        assert_eq!(
            (events[1].action, events[1].symbol_seq_num),
            (expected, None)
        );
    }
}

#[test]
fn the_scale_that_a_refresh_defines_is_told_with_it_whatever_the_channel_said() {
    let mut feed = Fixture::new(Dialect::Pillar);
    feed.send(definition(SYMBOL, 6, 15));
    let events = feed.send_as(DeliveryFlag::REFRESH_ONLY, |packet| {
        refresh_packet(packet, 1, 1, &[1]);
    });
    let begins = Action::Refresh {
        last: seq(7),
        through: SeqNum::from_raw(500),
        scale: PriceScale::new(4),
    };
    assert_eq!((events.len(), events[0].action), (3, begins));
}

#[test]
fn a_refresh_of_an_unknown_symbol_is_read_unless_it_may_lack_messages_that_were_passed_over() {
    for (passed_over, expected) in [(500, 3), (501, 0)] {
        let mut feed = Fixture {
            normalizer: Normalizer::new(Dialect::Pillar, [FeedSymbol::EMPTY; 2]),
        };
        let unknown = feed.send_from(passed_over, DeliveryFlag::ORIGINAL, |packet| {
            packet.push(&other(1)).unwrap();
        });
        assert_eq!(unknown, []);
        let events = feed.send_as(DeliveryFlag::REFRESH_ONLY, |packet| {
            refresh_packet(packet, 1, 1, &[1]);
        });
        assert_eq!(events.len(), expected, "{events:?}");
    }
}
