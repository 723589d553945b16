//! `oxberry replay`: which books it calls live, and how it says so.
#![cfg(test)]

#[path = "support/capture.rs"]
mod capture;
#[expect(dead_code, reason = "no channel begins again here")]
#[path = "support/feed.rs"]
mod feed;
mod support;

use std::fs;

use capture::{Frame, packets, pcap};
use feed::{ChannelWriter, GOOG, MAPPING, MSFT};
use oxberry_core::{
    units::{SymbolIndex, SymbolSeqNum},
    xdp::SymbolClear,
};
use support::{Run, oxberry};
use tempfile::TempDir;

/// A directory with the mapping file and these channel files.
fn directory(channels: &[&ChannelWriter]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ARCASymbolMapping.txt"), MAPPING).unwrap();
    for (number, channel) in (1..).zip(channels) {
        let name = format!("20120621-ARCA_XDP_IBF_{number}.dat");
        fs::write(directory.path().join(name), &channel.bytes).unwrap();
    }
    directory
}

fn replay(directory: &TempDir, options: &[&str]) -> Run {
    let path = directory.path().to_str().unwrap();
    oxberry(
        ["replay", path, "--dialect", "pillar", "--orders", "1000"]
            .iter()
            .chain(options),
    )
}

/// The rows without the header: symbol, number, and the column of trust.
fn trusts(run: &Run) -> Vec<[&str; 3]> {
    run.stdout
        .lines()
        .skip(1)
        .map(|line| {
            let values: Vec<&str> = line.split(',').collect();
            [values[0], values[1], values[values.len() - 1]]
        })
        .collect()
}

fn has(run: &Run, words: &str) -> bool {
    run.stderr.contains(words)
}

#[test]
fn a_feed_in_order_is_live_in_every_row_and_exits_0() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(GOOG, 2, 8, 51_000)
        .bid(MSFT, 1, 9, 30_000);
    let run = replay(&directory(&[&writer]), &["--every-message", "--trust"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stdout
            .lines()
            .next()
            .unwrap()
            .ends_with(",ask_sz_1,trust")
    );
    assert_eq!(
        trusts(&run),
        [
            ["GOOG", "1", "live"],
            ["GOOG", "2", "live"],
            ["MSFT.Q", "1", "live"]
        ]
    );
}

#[test]
fn a_symbol_number_that_goes_back_is_told_and_refused_and_exits_3_whatever_the_options() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(GOOG, 2, 8, 51_000)
        .bid(GOOG, 1, 9, 52_000);
    let directory = directory(&[&writer]);
    for options in [
        &["--every-message", "--trust"][..],
        &[],
        &["--digest"],
        &["--every-message"],
    ] {
        let run = replay(&directory, options);
        assert_eq!(run.code, Some(3), "{options:?}: {}", run.stderr);
    }
    let run = replay(&directory, &["--every-message", "--trust"]);
    assert_eq!(
        trusts(&run),
        [
            ["GOOG", "1", "live"],
            ["GOOG", "2", "live"],
            ["GOOG", "1", "stale"]
        ]
    );
    let told = "GOOG: symbol sequence number 1: a new message with a number that the symbol is past \
                (order 9); the book is stale";
    assert!(has(&run, told), "{}", run.stderr);
    assert!(
        has(&run, "new messages with old numbers: 1"),
        "{}",
        run.stderr
    );
}

#[test]
fn symbol_numbers_that_stand_still_are_told_and_refused() {
    for number in [0, 5] {
        let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
        for before in 1..=number {
            writer.bid(GOOG, before, before.into(), 50_000);
        }
        // Not above the last one, and 0 before there was any.
        writer
            .bid(GOOG, number, 100, 51_000)
            .bid(MSFT, 1, 7, 30_000);
        let run = replay(&directory(&[&writer]), &["--every-message", "--trust"]);
        assert_eq!(run.code, Some(3), "{number}: {}", run.stderr);
        let told = format!("GOOG: symbol sequence number {number}: a new message with a number");
        assert!(has(&run, &told), "{}", run.stderr);
        let counted = "new messages with old numbers: 1";
        assert!(has(&run, counted), "{}", run.stderr);
        let rows = trusts(&run);
        let number = number.to_string();
        let last = [["GOOG", &*number, "stale"], ["MSFT.Q", "1", "live"]];
        assert_eq!(rows[rows.len() - 2..], last, "{}", run.stdout);
    }
}

#[test]
fn a_book_that_was_stale_at_a_row_and_is_cleared_later_exits_3_too() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000).bid(GOOG, 3, 8, 51_000);
    writer.message(&SymbolClear {
        symbol_index: GOOG,
        next_source_seq_num: SymbolSeqNum::from_raw(1),
        ..Default::default()
    });
    writer.bid(GOOG, 1, 9, 52_000);
    let run = replay(&directory(&[&writer]), &["--every-message", "--trust"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(
        trusts(&run),
        [
            ["GOOG", "1", "live"],
            ["GOOG", "3", "stale"],
            ["GOOG", "1", "live"]
        ]
    );
    assert!(!has(&run, "stale books"), "{}", run.stderr);
}

/// A feed of GOOG that lost a message, and was told its book again.
fn refreshed() -> ChannelWriter {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    // The reset, two symbols and the second come before.
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(MSFT, 1, 8, 30_000)
        .lose(1)
        .bid(GOOG, 3, 9, 52_000);
    writer
        .refresh(8, 3, &[(7, 50_000), (8, 51_000), (9, 52_000)])
        .delete(GOOG, 4, 9);
    writer
}

#[test]
fn a_refresh_makes_a_stale_book_live_again_with_what_was_lost_in_it() {
    let run = replay(&directory(&[&refreshed()]), &["--every-message", "--trust"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let expected = [
        ["GOOG", "1", "live"],
        ["MSFT.Q", "1", "live"],
        ["GOOG", "3", "stale"],
        ["GOOG", "4", "live"],
    ];
    assert_eq!(trusts(&run), expected);
    let last = run.stdout.lines().last().unwrap();
    assert!(last.contains(",51000,100,"), "{last}");
    // The other symbol may have been meant by what is lost.
    let stale = "stale books, not to be trusted: 1 (MSFT.Q)";
    assert!(has(&run, stale), "{}", run.stderr);
}

#[test]
fn begun_in_the_middle_of_a_day_the_books_are_partial_and_counted_at_the_end() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    let before = writer.bytes.len();
    writer
        .bid(GOOG, 40, 7, 50_000)
        .delete(GOOG, 41, 3)
        .bid(GOOG, 42, 8, 51_000);
    writer.bytes.drain(..before);
    let run = replay(&directory(&[&writer]), &["--every-message", "--trust"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(
        trusts(&run),
        [
            ["GOOG", "40", "partial"],
            ["GOOG", "41", "partial"],
            ["GOOG", "42", "partial"]
        ]
    );
    assert!(
        has(&run, "right but for orders from before: 2"),
        "{}",
        run.stderr
    );
    assert!(!has(&run, "stale"), "{}", run.stderr);
    assert!(!has(&run, "missing"), "{}", run.stderr);
}

#[test]
fn a_faulty_input_exits_1_even_if_a_book_is_not_live() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000).bid(GOOG, 3, 8, 51_000);
    writer.bytes.extend([1, 2, 3]);
    assert_eq!(replay(&directory(&[&writer]), &[]).code, Some(1));
}

#[test]
fn a_symbol_that_only_the_feed_defines_has_a_book_and_rows_by_its_name() {
    let stranger = SymbolIndex::from_raw(99);
    let mut writer = ChannelWriter::start(&[GOOG, stranger]);
    writer.bid(stranger, 1, 7, 50_000).bid(GOOG, 1, 8, 51_000);
    let run = replay(&directory(&[&writer]), &["--every-message", "--trust"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(
        trusts(&run),
        [["OTHER", "1", "live"], ["GOOG", "1", "live"]]
    );
    assert!(has(&run, "3 symbols, 2 orders resting"), "{}", run.stderr);
}

#[test]
fn a_symbol_of_two_channels_is_told_and_never_live_and_the_lower_channel_has_it() {
    let mut first = ChannelWriter::start(&[GOOG, MSFT]);
    first.bid(GOOG, 1, 7, 50_000).bid(GOOG, 2, 8, 51_000);
    let mut second = ChannelWriter::on_channel(2, &[GOOG]);
    second.bid(GOOG, 1, 9, 60_000).bid(GOOG, 2, 10, 61_000);
    let run = replay(&directory(&[&first, &second]), &["--trust"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let told = "GOOG: channel 1 and another one have it; the book is that of channel 1, and stale";
    assert!(has(&run, told), "{}", run.stderr);
    assert!(
        has(&run, "symbols that two channels claim: 1"),
        "{}",
        run.stderr
    );
    assert!(
        has(&run, "stale books, not to be trusted: 1 (GOOG)"),
        "{}",
        run.stderr
    );
}

/// Compares a cluster of two Pis with one process.
fn check(directory: &TempDir) -> Run {
    let path = directory.path().to_str().unwrap();
    oxberry(["demo", path, "--check", "--pis", "2"])
}

#[test]
fn a_check_compares_symbols_that_only_the_feed_defines() {
    let stranger = SymbolIndex::from_raw(99);
    let mut writer = ChannelWriter::start(&[GOOG, stranger]);
    writer
        .bid(stranger, 1, 7, 50_000)
        .bid(GOOG, 1, 8, 51_000)
        .bid(stranger, 2, 9, 52_000);
    let run = check(&directory(&[&writer]));
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("events: 3 equal\n"), "{}", run.stdout);
}

#[test]
fn a_check_compares_books_that_a_refresh_made_live_again() {
    let run = check(&directory(&[&refreshed()]));
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("events: 4 equal\n"), "{}", run.stdout);
}

#[test]
fn a_check_leaves_out_symbols_of_two_channels_and_names_them() {
    let mut first = ChannelWriter::start(&[GOOG, MSFT]);
    first.bid(GOOG, 1, 7, 50_000).bid(MSFT, 1, 8, 51_000);
    let mut second = ChannelWriter::on_channel(2, &[GOOG]);
    second.bid(GOOG, 1, 9, 60_000).bid(GOOG, 2, 10, 61_000);
    let run = check(&directory(&[&first, &second]));
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let told = "events: 1 equal; left out, since two channels claim them: GOOG\n";
    assert!(run.stdout.contains(told), "{}", run.stdout);
}

#[test]
fn a_check_agrees_on_what_the_other_line_brings_before_and_after_it_was_given_up() {
    let millisecond = 1_000_000;
    for (late, is_lost) in [(90, false), (300, true)] {
        let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
        for number in 1..=3 {
            writer.bid(GOOG, number, number.into(), 50_000);
        }
        writer.bid(MSFT, 1, 7, 30_000);
        let packets = packets(&writer.bytes);
        let last = packets.len() - 1;
        let mut capture: Vec<Frame> = Vec::new();
        for (number, packet) in packets.into_iter().enumerate() {
            let pause = if number == last { 500 } else { 0 };
            let at = (number as u64 + pause) * millisecond;
            let delay = match last - number {
                // Line A loses this one, the next shows it, and then nothing comes for long.
                2 => late,
                _ => 0,
            };
            capture.push((at + delay * millisecond, 192, packet.clone()));
            if delay == 0 {
                capture.push((at, 64, packet));
            }
        }
        let directory = directory(&[]);
        let file = directory.path().join("20120621-ARCA_XDP_IBF_1.pcap");
        fs::write(file, pcap(&capture)).unwrap();
        let run = check(&directory);
        assert_eq!(run.code, Some(0), "{late}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("partitions equal"), "{}", run.stdout);
        let told = "comes when its messages were given up";
        assert_eq!(has(&run, told), is_lost, "{late}: {}", run.stderr);
    }
}

/// The packets of a channel as frames to a group.
fn frames(writer: &ChannelWriter, group: u8, skip: usize) -> Vec<Frame> {
    let packets = packets(&writer.bytes);
    let all = (0..).zip(packets);
    let frame = |(at, packet): (u64, Vec<u8>)| (at * 1_000_000, group, packet);
    all.skip(skip).map(frame).collect()
}

#[test]
fn groups_whose_numbers_do_not_fit_are_not_lines_of_one_channel() {
    // In the middle of a day no reset tells what they are: far apart, or the same numbers with
    // something else under them.
    for far in [700_000, 0] {
        let mut first = ChannelWriter::start(&[GOOG, MSFT]);
        let mut second = ChannelWriter::start(&[GOOG, MSFT]);
        second.lose(far);
        for number in 1..=5 {
            let id = u64::from(number);
            first.bid(GOOG, number, id, 50_000);
            second.bid(GOOG, number, 100 + id, 60_000);
        }
        let capture = [frames(&first, 64, 4), frames(&second, 65, 4)].concat();
        let directory = directory(&[]);
        let file = directory.path().join("both.pcap");
        fs::write(&file, pcap(&capture)).unwrap();
        let mapping = directory.path().join("ARCASymbolMapping.txt");
        let [file, mapping] = [&file, &mapping].map(|path| path.to_str().unwrap());
        let run = oxberry([
            "replay",
            file,
            "--symbols",
            mapping,
            "--dialect",
            "pillar",
            "--orders",
            "1000",
        ]);
        assert_eq!(run.code, Some(3), "{far}: {}", run.stderr);
        assert!(
            has(&run, "symbols that two channels claim: 1"),
            "{}",
            run.stderr
        );
        assert!(!has(&run, "brought what was missing"), "{}", run.stderr);
        assert!(!has(&run, "are missing"), "{}", run.stderr);
    }
}

#[test]
fn the_event_stream_has_a_row_for_each_message_that_changed_what_is_best() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        // Not the best one.
        .bid(GOOG, 2, 8, 40_000)
        .bid(GOOG, 3, 9, 50_000)
        .bid(MSFT, 1, 10, 30_000)
        // The one before is missing, which shows before the order leaves.
        .delete(GOOG, 5, 7);
    let directory = directory(&[&writer]);
    let file = directory.path().join("events.csv");
    let run = replay(
        &directory,
        &["--digest", "--events", file.to_str().unwrap()],
    );
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let events = fs::read_to_string(file).unwrap();
    let mut rows = events.lines();
    assert_eq!(
        rows.next(),
        Some(
            "symbol,channel,numbering,seq,ts_event_ns,trust,bid_px,bid_sz,ask_px,ask_sz,trade_px,\
             trade_sz"
        )
    );
    // The resets of these files say no time, so that the numbering is named by its packet.
    let numbering = 1_340_285_400_000_000_001_u64;
    let expected = [
        format!("GOOG,1,{numbering},5,1340285400000000001,live,50000,100,,,,"),
        format!("GOOG,1,{numbering},7,1340285400000000003,live,50000,200,,,,"),
        format!("MSFT.Q,1,{numbering},8,1340285400000000001,live,30000,100,,,,"),
        format!("GOOG,1,{numbering},9,1340285400000000005,stale,50000,100,,,,"),
    ];
    assert!(rows.eq(expected), "{events}");
}
