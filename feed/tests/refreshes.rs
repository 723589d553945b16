//! When the handler of a channel reads refreshes, which are numbered apart.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod one_channel;
mod packets;

use one_channel::{OneChannel, Told, events};
use oxberry_core::units::{OrderId, Qty, RawPrice, SeqNum, SymbolSeqNum, UnixNanos};
use oxberry_core::xdp::{
    DeliveryFlag, PacketBuilder, PillarAddOrderRefresh, RefreshHeader, SideCode,
};
use oxberry_feed::handler::Dropped;
use packets::{MILLISECOND, START, SYMBOL, reset};

/// A refresh of one order in one packet that holds the channel up to this number.
fn refresh(through: u32, sent: u64) -> Vec<u8> {
    let mut buffer = [0; 1_400];
    let mut packet = PacketBuilder::new(&mut buffer).unwrap();
    let header = RefreshHeader {
        current_refresh_pkt: 1,
        total_refresh_pkts: 1,
        last_seq_num: SeqNum::from_raw(through),
        last_symbol_seq_num: SymbolSeqNum::from_raw(through - 1),
    };
    packet.push(&header).unwrap();
    let order = PillarAddOrderRefresh {
        symbol_index: SYMBOL,
        order_id: OrderId::from_raw(9),
        price: RawPrice::from_raw(10_000).into(),
        volume: Qty::from_raw(100),
        side: SideCode::BUY,
        ..Default::default()
    };
    packet.push(&order).unwrap();
    let sent = UnixNanos::from_raw(START + sent * MILLISECOND);
    let flag = DeliveryFlag::REFRESH_ONLY;
    packet.finish(flag, SeqNum::from_raw(1), sent).to_vec()
}

/// What a refresh tells that is read behind this number: its beginning, its order, its end.
fn told_behind(number: u32) -> Vec<Told> {
    events([number; 3])
}

/// A channel that has begun, up to number 5, sent after 1 ms.
fn begun() -> OneChannel {
    let mut channel = OneChannel::new();
    channel.comes(1, 0, &reset(0));
    assert_eq!(channel.numbers(1, 1, 2, 4), events(2..6));
    channel
}

#[test]
fn a_refresh_of_what_was_read_is_read_right_before_what_was_sent_after_it() {
    let mut channel = begun();
    assert_eq!(channel.comes(9, 2, &refresh(5, 2)), []);
    let mut told = told_behind(5);
    told.push(Told::Event(6));
    assert_eq!(channel.numbers(1, 3, 6, 1), told);
    // One that comes behind what was sent after it has waited already.
    assert_eq!(channel.comes(9, 4, &refresh(6, 3)), told_behind(6));
}

#[test]
fn a_heartbeat_or_the_end_shows_as_well_that_nothing_comes_before_a_refresh() {
    let mut channel = begun();
    channel.comes(9, 2, &refresh(5, 2));
    let mut buffer = [0; 64];
    let packet = PacketBuilder::new(&mut buffer).unwrap();
    let sent = UnixNanos::from_raw(START + 3 * MILLISECOND);
    let beat = packet.finish(DeliveryFlag::HEARTBEAT, SeqNum::from_raw(6), sent);
    assert_eq!(channel.comes(1, 3, beat), told_behind(5));

    let mut channel = begun();
    channel.comes(9, 2, &refresh(5, 2));
    assert_eq!(channel.finish(), told_behind(5));
}

#[test]
fn a_refresh_of_what_is_still_missing_waits_for_it() {
    let mut channel = begun();
    // Number 6 is late, 7 and 8 are there.
    assert_eq!(channel.numbers(1, 3, 7, 2), []);
    assert_eq!(channel.comes(9, 4, &refresh(8, 4)), []);
    assert_eq!(channel.numbers(1, 5, 6, 1), events(6..9));
    let mut told = told_behind(8);
    told.push(Told::Event(9));
    assert_eq!(channel.numbers(1, 6, 9, 1), told);
}

#[test]
fn a_refresh_that_was_sent_after_a_reset_is_not_read_before_it() {
    let mut channel = begun();
    // The way of the refresh is the faster one.
    let mut told = channel.comes(9, 1_001, &refresh(3, 1_001));
    told.extend(channel.comes(1, 1_002, &reset(1_000)));
    for (at, number) in [(1_003, 2), (1_004, 3), (1_200, 4)] {
        told.extend(channel.numbers(1, at, number, 1));
    }
    let mut expected = vec![Told::Begins(0)];
    expected.extend(events(2..4));
    expected.extend(told_behind(3));
    expected.push(Told::Event(4));
    assert_eq!(told, expected);
}

#[test]
fn a_refresh_of_other_numbers_than_those_that_begin_is_dropped_and_told() {
    // Before the first packet of all nobody knows whose it is.
    let mut channel = OneChannel::new();
    assert_eq!(channel.comes(9, 1, &refresh(14, 1)), []);
    channel.numbers(1, 2, 12, 3);
    let told = channel.numbers(1, 200, 15, 1);
    let dropped = Told::Dropped(Dropped::Ahead);
    assert!(told.contains(&dropped), "{told:?}");
    assert_eq!(
        told.iter().filter(|&one| *one == Told::Event(14)).count(),
        1
    );

    // And at the end it holds what was never read.
    let mut channel = begun();
    channel.comes(9, 2, &refresh(6, 2));
    assert_eq!(channel.finish(), [dropped]);
    assert_eq!(channel.handler.totals().refreshes_abandoned, 1);
}
