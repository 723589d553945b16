//! What the handler of a channel tells, packet by packet.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod one_channel;
mod packets;

use one_channel::{OneChannel, Told, events, group};
use oxberry_core::units::UnixNanos;
use oxberry_core::xdp::DeliveryFlag;
use oxberry_feed::handler::Dropped;
use packets::{START, orders, reset};

/// A channel that has begun by one group, up to number 5.
fn begun() -> OneChannel {
    let mut channel = OneChannel::new();
    assert_eq!(channel.comes(1, 0, &reset(0)), [Told::Begins(0)]);
    assert_eq!(channel.numbers(1, 1, 2, 4), events(2..6));
    channel
}

#[test]
fn packets_of_one_line_that_were_swapped_are_put_in_order() {
    let mut channel = begun();
    assert_eq!(channel.numbers(1, 10, 7, 1), []);
    assert_eq!(channel.numbers(1, 11, 6, 1), events(6..8));
    assert_eq!(channel.finish(), []);
    let totals = channel.handler.totals();
    assert_eq!((totals.missing, totals.early, totals.copies), (0, 1, 0));
}

#[test]
fn what_is_missing_on_one_line_is_awaited_as_long_as_on_two_and_then_lost() {
    for lines in [1, 2] {
        let mut channel = begun();
        if lines == 2 {
            channel.handler.expect(group(2));
        }
        assert_eq!(channel.numbers(1, 10, 8, 1), []);
        assert_eq!(channel.numbers(1, 109, 9, 1), []);
        let expected = [
            Told::Lost(6, 7),
            Told::Event(8),
            Told::Event(9),
            Told::Event(10),
        ];
        assert_eq!(channel.numbers(1, 110, 10, 1), expected, "{lines} lines");
        let late = channel.numbers(1, 111, 6, 2);
        assert_eq!(late, [Told::Dropped(Dropped::Late)]);
    }
}

#[test]
fn whoever_drives_it_by_time_hears_the_same_as_who_only_brings_packets() {
    let mut patient = begun();
    let mut driven = begun();
    assert_eq!(patient.numbers(1, 10, 8, 1), []);
    assert_eq!(driven.numbers(1, 10, 8, 1), []);
    let due = driven.handler.poll_timeout().unwrap();
    assert_eq!(due.raw(), START + 110 * packets::MILLISECOND);
    let mut log = one_channel::Log::default();
    driven.handler.handle_timeout(due, &mut log);
    let mut of_driven = log.0;
    of_driven.extend(driven.numbers(1, 400, 6, 3));
    assert_eq!(patient.numbers(1, 400, 6, 3), of_driven);
}

#[test]
fn a_retransmission_that_somebody_asked_for_fills_a_gap_that_is_open() {
    let again = DeliveryFlag::RETRANSMISSION_ONLY;
    let mut channel = begun();
    channel.numbers(1, 10, 7, 1);
    assert_eq!(channel.comes(9, 20, &orders(again, 6, 1, 20)), events(6..8));
    // One of known numbers says nothing, one of numbers ahead does not overtake.
    assert_eq!(channel.comes(9, 500, &orders(again, 3, 1, 500)), []);
    assert_eq!(channel.comes(9, 500, &orders(again, 12, 1, 500)), []);
    assert_eq!(channel.numbers(1, 501, 8, 1), events(8..9));
    let totals = channel.handler.totals();
    assert_eq!(
        (totals.retransmissions, totals.retransmissions_unused),
        (1, 1)
    );
}

#[test]
fn a_retransmission_that_was_recorded_in_its_place_is_read() {
    for again in [
        DeliveryFlag::RETRANSMISSION_ONLY,
        DeliveryFlag::RETRANSMISSION_PART,
    ] {
        let mut channel = begun();
        assert_eq!(channel.comes(1, 10, &orders(again, 6, 2, 10)), events(6..8));
        assert_eq!(channel.numbers(1, 11, 8, 1), events(8..9));
        // The line itself brings it after all.
        assert_eq!(channel.numbers(1, 12, 6, 2), []);
        let totals = channel.handler.totals();
        assert_eq!((totals.missing, totals.copies), (0, 1));
    }
}

#[test]
fn retransmissions_that_no_gap_waits_for_are_told() {
    let mut channel = begun();
    let again = DeliveryFlag::RETRANSMISSION_ONLY;
    // What the lines lost at the end, and what they brought.
    for (at, first) in [(10, 7), (11, 8), (12, 2)] {
        assert_eq!(channel.comes(9, at, &orders(again, first, 1, at)), []);
    }
    assert_eq!(channel.finish(), []);
    let told = channel.handler.totals().to_string();
    assert!(told.contains("retransmissions passed over"), "{told}");
    assert!(told.ends_with(": 2"), "{told}");
}

#[test]
fn numbers_of_long_ago_with_which_the_next_packet_goes_on_begin_a_numbering() {
    let mut channel = begun();
    assert_eq!(channel.numbers(1, 5_000, 2, 2), []);
    // What may be missing of the old numbers and before the new ones is awaited first.
    assert_eq!(channel.numbers(1, 5_001, 4, 1), []);
    let expected = [Told::Begins(0), Told::Lost(1, 1)];
    let told = channel.numbers(1, 5_200, 5, 1);
    assert_eq!(told[..2], expected);
    assert_eq!(told[2..], events(2..6));
    assert_eq!(channel.handler.totals().restarts, 1);
}

#[test]
fn what_one_line_showed_before_the_reset_of_the_other_is_not_lost() {
    let mut channel = begun();
    channel.handler.expect(group(2));
    channel.numbers(2, 1, 2, 4);
    // Line A loses the reset, and line B is a little behind.
    assert_eq!(channel.numbers(1, 5_001, 2, 1), []);
    assert_eq!(channel.comes(2, 5_002, &reset(5_000)), []);
    channel.numbers(1, 5_003, 3, 1);
    channel.numbers(2, 5_003, 3, 1);
    let told = channel.numbers(1, 5_200, 4, 1);
    assert_eq!(told[0], Told::Begins(0));
    assert_eq!(told[1..], events(2..5));
    let totals = channel.handler.totals();
    assert_eq!(
        (totals.unbelievable, totals.restarts, totals.resets),
        (0, 0, 2)
    );
}

#[test]
fn one_packet_with_numbers_of_long_ago_is_not_believed_and_told() {
    let mut channel = begun();
    assert_eq!(channel.numbers(1, 5_000, 2, 2), []);
    let told = channel.numbers(1, 5_001, 6, 1);
    assert_eq!(told, [Told::Event(6), Told::Dropped(Dropped::Unbelievable)]);
    assert_eq!(channel.handler.totals().unbelievable, 1);
}

#[test]
fn a_last_packet_with_numbers_of_long_ago_is_believed_since_nothing_contradicts_it() {
    let mut channel = begun();
    assert_eq!(channel.numbers(1, 5_000, 1, 2), []);
    assert_eq!(
        channel.finish(),
        [Told::Begins(0), Told::Event(1), Told::Event(2)]
    );
}

#[test]
fn in_the_middle_of_a_day_the_first_packet_may_have_been_overtaken() {
    let mut channel = OneChannel::new();
    assert_eq!(channel.numbers(1, 0, 702, 1), []);
    assert_eq!(channel.numbers(1, 1, 701, 1), []);
    assert_eq!(channel.numbers(1, 2, 703, 1), []);
    // Each one that makes the gap smaller is a reason to wait for more.
    let told = channel.numbers(1, 101, 704, 1);
    assert_eq!(told[0], Told::Begins(700));
    assert_eq!(told[1..], events(701..705));
    assert_eq!(channel.handler.totals().missing, 0);
}

#[test]
fn a_cut_packet_of_the_only_line_is_read_as_far_as_it_goes() {
    let mut channel = begun();
    let whole = orders(DeliveryFlag::ORIGINAL, 6, 3, 10);
    let cut = &whole[..whole.len() - 20];
    let told = channel.comes(1, 10, cut);
    assert_eq!(told, [Told::Event(6), Told::Event(7), Told::Lost(8, 8)]);
}

#[test]
fn a_cut_packet_is_left_to_the_other_line_and_lost_if_that_has_it_not() {
    let whole = orders(DeliveryFlag::ORIGINAL, 6, 3, 10);
    let cut = &whole[..whole.len() - 20];
    let mut channel = begun();
    channel.handler.expect(group(2));
    assert_eq!(channel.comes(1, 10, cut), [Told::Dropped(Dropped::Cut)]);
    assert_eq!(channel.comes(2, 11, &whole), events(6..9));
    assert_eq!(channel.finish(), []);

    let mut channel = begun();
    channel.handler.expect(group(2));
    channel.comes(1, 10, cut);
    // Nothing comes after it that would show the gap.
    assert_eq!(channel.finish(), [Told::Lost(6, 8)]);
}

#[test]
fn every_repeated_reset_renames_the_numbering_by_whichever_line_it_comes() {
    let mut channel = OneChannel::new();
    channel.handler.expect(group(2));
    assert_eq!(channel.comes(1, 0, &reset(0)), [Told::Begins(0)]);
    // Within the skew of clocks, and the first one lost on line B.
    channel.comes(1, 10, &reset(10));
    channel.comes(2, 11, &reset(10));
    channel.comes(2, 12, &orders(DeliveryFlag::ORIGINAL, 2, 1, 12));
    assert_eq!(channel.finish(), [Told::Begins(0), Told::Event(2)]);
    let numbering = channel.handler.channel().detector().position().numbering;
    assert_eq!(numbering.raw(), START + 10 * packets::MILLISECOND);
}

#[test]
fn a_failover_is_over_with_the_first_original_packet_and_no_retransmission() {
    let mut channel = begun();
    let mut failover = reset(5_000);
    failover[2] = DeliveryFlag::FAILOVER.raw();
    channel.comes(1, 5_000, &failover);
    let again = DeliveryFlag::RETRANSMISSION_ONLY;
    let of_failover = |first, sent| orders(DeliveryFlag::FAILOVER, first, 1, sent);
    channel.comes(1, 5_001, &of_failover(2, 5_001));
    channel.comes(1, 5_002, &of_failover(4, 5_002));
    // The tail of the old numbers is awaited before the reset. A retransmission of just now might be
    // of them.
    assert_eq!(channel.comes(9, 5_099, &orders(again, 3, 1, 5_099)), []);
    let told = channel.comes(9, 5_101, &orders(again, 3, 1, 5_101));
    assert_eq!(told[0], Told::Begins(0));
    assert_eq!(told[1..], events(2..5));
    assert_eq!(
        channel.numbers(1, 5_102, 5, 1),
        [Told::Settled(5), Told::Event(5)]
    );
}

#[test]
fn a_channel_file_has_the_clock_of_its_packets() {
    let mut channel = OneChannel::new();
    let mut log = one_channel::Log::default();
    for bytes in [
        reset(0),
        orders(DeliveryFlag::ORIGINAL, 3, 1, 10),
        orders(DeliveryFlag::ORIGINAL, 2, 1, 9),
        orders(DeliveryFlag::ORIGINAL, 5, 1, 20),
        orders(DeliveryFlag::ORIGINAL, 6, 1, 120),
    ] {
        let packet = oxberry_core::xdp::PacketRef::new(&bytes).unwrap();
        channel
            .handler
            .handle_packet(None, None::<UnixNanos>, &packet, (), &mut log);
    }
    let mut expected = vec![Told::Begins(0)];
    expected.extend(events(2..4));
    expected.push(Told::Lost(4, 4));
    expected.extend(events(5..7));
    assert_eq!(log.0, expected);
}
