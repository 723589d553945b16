//! Faulty channels: what is told of them, and what goes on.

use oxberry_core::units::{OrderId, Qty, SymbolIndex, SymbolSeqNum};
use oxberry_core::xdp::{PillarReplaceOrder, SideCode, SignedPrice};

use crate::feed::{ChannelWriter, GOOG, MSFT};
use crate::support::oxberry;
use crate::{bid_row, channel, directory, replay, rows};

#[test]
fn a_cut_file_is_replayed_up_to_the_cut() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    let good = writer.bytes.len();
    writer.bid(GOOG, 2, 8, 60_000);
    let directory = channel(&writer.bytes[..good + 20]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert_eq!(rows(&run), [bid_row("GOOG", 1, 50_000, 100)]);
    let place = format!("_1.dat: at byte {good}: the file ends inside a packet");
    assert!(run.stderr.contains(&place), "{}", run.stderr);
    assert!(run.stderr.contains("digest: "), "{}", run.stderr);
}

#[test]
fn an_impossible_packet_size_ends_one_channel_and_no_other() {
    let mut first = ChannelWriter::start(&[GOOG]);
    first.bid(GOOG, 1, 7, 50_000);
    let good = first.bytes.len();
    first.bytes.extend([15, 0, 11, 1]);
    let mut second = ChannelWriter::start(&[MSFT]);
    second.bid(MSFT, 1, 7, 30_000).delete(MSFT, 2, 7);
    let directory = directory(&[
        ("20120621-ARCA_XDP_IBF_1.dat", &first.bytes),
        ("20120621-ARCA_XDP_IBF_2.dat", &second.bytes),
    ]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert_eq!(rows(&run).len(), 3);
    let place = format!("_1.dat: at byte {good}: PktSize is 15");
    assert!(run.stderr.contains(&place), "{}", run.stderr);
}

#[test]
fn a_wrong_message_size_makes_the_channel_stale_and_the_rest_goes_on() {
    for size in [0u16, 3, 500] {
        let mut writer = ChannelWriter::start(&[GOOG]);
        writer.bid(GOOG, 1, 7, 50_000);
        let faulty = writer.bytes.len();
        writer.bid(GOOG, 2, 8, 60_000);
        writer.bytes[faulty + 16..faulty + 18].copy_from_slice(&size.to_le_bytes());
        writer.bid(GOOG, 3, 9, 70_000);
        let directory = channel(&writer.bytes);
        let run = replay(directory.path(), &[]);
        assert_eq!(run.code, Some(1));
        assert_eq!(rows(&run).len(), 2);
        let place = format!("packet at byte {faulty}: at byte 16 of the packet");
        assert!(run.stderr.contains(&place), "{}", run.stderr);
        // Nothing shows that the lost message was not of the other symbol.
        assert!(
            run.stderr
                .contains("stale books, not to be trusted: 2 (GOOG, MSFT.Q)"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn unknown_symbols_are_told_with_their_numbers_and_passed_over() {
    let stranger = SymbolIndex::from_raw(99);
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(stranger, 1, 7, 50_000).bid(GOOG, 1, 7, 50_000);
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run), [bid_row("GOOG", 1, 50_000, 100)]);
    assert!(run.stderr.contains("symbol index 99"), "{}", run.stderr);
    let summary = "messages of unknown symbols: 1";
    assert!(run.stderr.contains(summary), "{}", run.stderr);
}

#[test]
fn unknown_and_duplicate_orders_make_their_symbol_stale_and_no_other() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(MSFT, 1, 7, 30_000)
        .delete(GOOG, 2, 99)
        .bid(GOOG, 3, 7, 60_000)
        .bid(GOOG, 4, 8, 70_000);
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    // What does not contradict the book is still applied.
    assert_eq!(
        rows(&run),
        [
            bid_row("GOOG", 1, 50_000, 100),
            bid_row("MSFT.Q", 1, 30_000, 100),
            bid_row("GOOG", 4, 70_000, 100),
        ]
    );
    let messages = [
        "GOOG: symbol sequence number 2: unknown order (order 99); the book is stale",
        "GOOG: symbol sequence number 3: an order with this id rests already (order 7)",
        "unknown orders: 1",
        "duplicate orders: 1",
        "stale books, not to be trusted: 1 (GOOG)",
    ];
    for message in messages {
        assert!(run.stderr.contains(message), "{message}: {}", run.stderr);
    }
}

/// An order of GOOG leaves and a new one joins.
fn replacement(number: u32, order: u64, new_order: u64, volume: u32) -> PillarReplaceOrder {
    PillarReplaceOrder {
        source_time_ns: number,
        symbol_index: GOOG,
        symbol_seq_num: SymbolSeqNum::from_raw(number),
        order_id: OrderId::from_raw(order),
        new_order_id: OrderId::from_raw(new_order),
        price: SignedPrice::from_raw(52_000),
        volume: Qty::from_raw(volume),
        side: SideCode::BUY,
        ..Default::default()
    }
}

#[test]
fn a_replacement_that_is_refused_names_the_order_in_question() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 10, 50_000)
        .bid(GOOG, 2, 11, 51_000)
        .message(&replacement(3, 10, 11, 100))
        .message(&replacement(4, 98, 99, 100))
        .message(&replacement(5, 10, 12, 0));
    let run = replay(channel(&writer.bytes).path(), &[]);
    for message in [
        "GOOG: symbol sequence number 3: an order with this id rests already (order 11)",
        "GOOG: symbol sequence number 4: unknown order (order 98)",
        "GOOG: symbol sequence number 5: no shares (order 12)",
    ] {
        assert!(run.stderr.contains(message), "{message}: {}", run.stderr);
    }
}

#[test]
fn lost_messages_are_told_with_their_channel_and_numbers() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .lose(2)
        .bid(GOOG, 2, 8, 60_000);
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let messages = [
        "channel 1 (",
        "sequence numbers 6 to 7 are missing",
        "channel gaps: 1",
        "stale books, not to be trusted: 2 (GOOG, MSFT.Q)",
    ];
    for message in messages {
        assert!(run.stderr.contains(message), "{message}: {}", run.stderr);
    }
    // The second is unknown until it is told again.
    assert_eq!(rows(&run)[1], "GOOG,2,,60000,100,0,0");

    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer.bid(GOOG, 1, 7, 50_000).bid(GOOG, 4, 8, 60_000);
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &[]);
    let messages = [
        "GOOG: after symbol sequence number 1: messages are missing",
        "symbol gaps: 1",
        "stale books, not to be trusted: 1 (GOOG)",
    ];
    for message in messages {
        assert!(run.stderr.contains(message), "{message}: {}", run.stderr);
    }
}

#[test]
fn a_full_book_is_told_and_other_symbols_go_on() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    for number in 1..200 {
        writer.bid(GOOG, number, u64::from(number), 50_000);
    }
    let directory = channel(&writer.bytes);
    let arguments = [
        "replay",
        directory.path().to_str().unwrap(),
        "--orders",
        "8",
    ];
    let run = oxberry(arguments);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(rows(&run).len() >= 8);
    let messages = [
        "no room for another order",
        "raise --orders",
        "orders without room: ",
    ];
    for message in messages {
        assert!(run.stderr.contains(message), "{message}: {}", run.stderr);
    }
    assert!(
        run.stderr.contains("not to be trusted: 1 (GOOG)"),
        "{}",
        run.stderr
    );
}

#[test]
fn packets_that_come_twice_are_dropped_and_counted() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    let before = writer.bid(GOOG, 1, 7, 50_000).bytes.len();
    writer.bid(GOOG, 2, 8, 60_000);
    let copy = writer.bytes[before..].to_vec();
    writer.bytes.extend(copy);
    let directory = channel(&writer.bytes);
    let run = replay(directory.path(), &["--every-message"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 2);
    assert!(
        run.stderr.contains("packets that came twice: 1"),
        "{}",
        run.stderr
    );
}
