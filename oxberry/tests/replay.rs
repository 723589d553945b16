//! `oxberry replay` on real order flow, on every kind of input, and on faulty ones.
//!
//! It is one file since each test is a few lines about the same few helpers and market.
#![cfg(test)]

#[path = "support/capture.rs"]
mod capture;
#[path = "support/data.rs"]
mod data;
#[path = "support/feed.rs"]
mod feed;
mod support;

use std::{collections::BTreeMap, fs, io::Write as _, path::Path, process::Command, thread};

use data::data;
use feed::{ChannelWriter, GOOG, MAPPING, MSFT, SECOND};
use oxberry_core::{
    units::{OrderId, Qty, SymbolIndex, SymbolSeqNum},
    xdp::{PillarReplaceOrder, SideCode, SignedPrice},
};
use support::{Run, oxberry, oxberry_with_input};
use tempfile::TempDir;

/// A directory with a mapping file and these files.
fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ARCASymbolMapping.txt"), MAPPING).unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    directory
}

/// A directory with one channel.
fn channel(bytes: &[u8]) -> TempDir {
    directory(&[("20120621-ARCA_XDP_IBF_1.dat", bytes)])
}

/// Replays a directory in little memory.
fn replay(path: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["replay", path.to_str().unwrap(), "--orders", "1000"];
    arguments.extend(more);
    oxberry(arguments)
}

/// The rows without the header.
fn rows(run: &Run) -> Vec<&str> {
    run.stdout.lines().skip(1).collect()
}

/// The row of one bid level and nothing else.
fn bid_row(symbol: &str, number: u32, price: u32, size: u32) -> String {
    let time = u64::from(SECOND) * 1_000_000_000 + u64::from(number);
    format!("{symbol},{number},{time},{price},{size},0,0")
}

/// Compares every row of the published depth with the replay of the flow.
fn compare_flow(dialect: &str, expected_rows: usize) {
    let Some(data) = data() else { return };
    let flow = data.join("flow").join(dialect);
    let run = oxberry([
        "replay".as_ref(),
        flow.as_os_str(),
        "--depth".as_ref(),
        "10".as_ref(),
        "--every-message".as_ref(),
        "--orders".as_ref(),
        "100000".as_ref(),
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    // Channels 3 and 4 hold nothing that tells a dialect, but 1 and 2 do.
    assert!(!run.stderr.contains("--dialect"), "{}", run.stderr);
    let mut compared = 0;
    for symbol in ["GOOG", "MSFT"] {
        let found: BTreeMap<&str, &str> = rows(&run)
            .into_iter()
            .filter_map(|row| row.strip_prefix(symbol)?.strip_prefix(','))
            .map(|row| {
                let (number, rest) = row.split_once(',').unwrap();
                let (time, depth) = rest.split_once(',').unwrap();
                assert!(!time.is_empty(), "{symbol} {number} has no time");
                (number, depth)
            })
            .collect();
        let truth = fs::read(flow.join("expected").join(format!("{symbol}.csv.zst"))).unwrap();
        let truth = String::from_utf8(zstd::decode_all(&truth[..]).unwrap()).unwrap();
        let mut lines = truth.lines();
        let header = lines
            .next()
            .unwrap()
            .strip_prefix("symbol_seq_num")
            .unwrap();
        let own_header = run.stdout.lines().next().unwrap();
        assert_eq!(
            own_header.strip_prefix("symbol,symbol_seq_num,ts_event_ns"),
            Some(header)
        );
        for line in lines {
            let (number, depth) = line.split_once(',').unwrap();
            assert_eq!(found.get(number), Some(&depth), "{symbol} {number}");
            compared += 1;
        }
    }
    assert_eq!(compared, expected_rows);
}

#[test]
fn a_day_of_pillar_flow_gives_the_published_depth_in_every_row() {
    compare_flow("pillar", 144_525);
}

#[test]
fn a_day_of_legacy_flow_gives_the_published_depth_in_every_row() {
    compare_flow("legacy", 148_916);
}

#[test]
fn the_digest_is_the_same_from_every_kind_of_input() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(MSFT, 1, 8, 40_000)
        .bid(GOOG, 2, 9, 50_100);
    let plain = writer.bytes;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    let inputs = [
        ("channel.dat", plain.clone()),
        ("channel.dat.gz", gzip.finish().unwrap()),
        ("channel.dat.zst", zstd.clone()),
        ("misnamed.gz", zstd),
        ("capture.pcap", pcap(&[(76, &plain)])),
        ("both-lines.pcap", pcap(&[(76, &plain), (204, &plain)])),
    ];
    let directory = directory(&[]);
    let symbols = directory.path().join("ARCASymbolMapping.txt");
    let arguments = |input: &Path| {
        [
            "replay",
            input.to_str().unwrap(),
            "--digest",
            "--orders",
            "1000",
            "--symbols",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([symbols.to_str().unwrap().to_owned()])
        .collect::<Vec<_>>()
    };
    let mut digests = Vec::new();
    for (name, bytes) in inputs {
        let path = directory.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let from_file = oxberry(arguments(&path));
        let from_pipe = oxberry_with_input(arguments("-".as_ref()), &bytes);
        for run in [from_file, from_pipe] {
            assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
            assert!(
                run.stderr
                    .contains(&format!("digest: {}", run.stdout.trim()))
            );
            digests.push(run.stdout);
        }
    }
    assert_eq!(digests[0].trim().len(), 16);
    assert!(
        digests.iter().all(|digest| *digest == digests[0]),
        "{digests:?}"
    );
}

/// The packets of channel files as a capture, in turn; each file is sent to a group, of which the last
/// byte is given.
fn pcap(files: &[(u8, &[u8])]) -> Vec<u8> {
    let mut frames = Vec::new();
    for (group, file) in files {
        let packets = capture::packets(file).into_iter();
        frames.extend(
            (0..)
                .zip(packets)
                .map(|(turn, packet)| (turn, *group, packet)),
        );
    }
    capture::pcap(&frames)
}

#[test]
fn groups_of_a_capture_are_channels_and_can_be_picked() {
    let mut first = ChannelWriter::start(&[GOOG]);
    first.bid(GOOG, 1, 7, 50_000);
    let mut second = ChannelWriter::on_channel(2, &[MSFT]);
    second
        .bid(MSFT, 1, 7, 30_000)
        .lose(1)
        .bid(MSFT, 2, 8, 31_000);
    let directory = directory(&[(
        "capture.pcap",
        &pcap(&[(76, &first.bytes), (77, &second.bytes), (78, &second.bytes)]),
    )]);
    let capture = directory.path().join("capture.pcap");
    let symbols = directory.path().join("ARCASymbolMapping.txt");
    let symbols = ["--symbols", symbols.to_str().unwrap()];
    let run = replay(&capture, &symbols);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 3);
    // Groups 77 and 78 are the lines of one channel.
    let named = "capture.pcap, group 224.0.59.77:11076, group 224.0.59.78:11076: sequence numbers";
    assert!(run.stderr.contains(named), "{}", run.stderr);
    assert!(run.stderr.contains("channel gaps: 1"), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("stale books, not to be trusted: 1 (MSFT.Q)"),
        "{}",
        run.stderr
    );

    let picked = [&symbols[..], &["--group", "224.0.59.76"]].concat();
    let run = replay(&capture, &picked);
    assert_eq!(rows(&run), [bid_row("GOOG", 1, 50_000, 100)]);
    assert!(!run.stderr.contains("gaps"), "{}", run.stderr);
}

#[test]
fn channels_are_read_from_named_pipes() {
    let mut first = ChannelWriter::start(&[GOOG]);
    first.bid(GOOG, 1, 7, 50_000);
    let mut second = ChannelWriter::start(&[MSFT]);
    second.bid(MSFT, 1, 7, 30_000);
    let directory = directory(&[]);
    let pipes = ["20120621-ARCA_XDP_IBF_1.dat", "20120621-ARCA_XDP_IBF_2.dat"]
        .map(|name| directory.path().join(name));
    for pipe in &pipes {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let run = thread::scope(|scope| {
        scope.spawn(|| {
            // Opens both before it writes to either, and ends one long before the other.
            let [mut one, mut two] = pipes
                .each_ref()
                .map(|pipe| fs::File::options().write(true).open(pipe).unwrap());
            two.write_all(&second.bytes).unwrap();
            drop(two);
            for part in first.bytes.chunks(10) {
                one.write_all(part).unwrap();
            }
        });
        replay(directory.path(), &["--dialect", "pillar"])
    });
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 2);
}

#[test]
fn rows_come_when_the_depth_changed_or_after_every_message() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(GOOG, 2, 8, 40_000)
        .delete(GOOG, 3, 7);
    let directory = channel(&writer.bytes);
    let changes = replay(directory.path(), &[]);
    assert_eq!(
        changes.stdout.lines().next(),
        Some("symbol,symbol_seq_num,ts_event_ns,bid_px_1,bid_sz_1,ask_px_1,ask_sz_1")
    );
    // The second order is below the best.
    assert_eq!(
        rows(&changes),
        [
            bid_row("GOOG", 1, 50_000, 100),
            bid_row("GOOG", 3, 40_000, 100)
        ]
    );
    let every = replay(directory.path(), &["--every-message"]);
    assert_eq!(
        rows(&every),
        [
            bid_row("GOOG", 1, 50_000, 100),
            bid_row("GOOG", 2, 50_000, 100),
            bid_row("GOOG", 3, 40_000, 100),
        ]
    );
    let deep = replay(directory.path(), &["--depth", "2"]);
    assert_eq!(rows(&deep).len(), 3);
    assert!(
        rows(&deep)[1].ends_with(",50000,100,0,0,40000,100,0,0"),
        "{}",
        deep.stdout
    );
}

#[test]
fn channels_are_merged_by_send_time_and_symbols_have_their_cqs_names() {
    let mut first = ChannelWriter::start(&[GOOG]);
    first.bid(GOOG, 1, 7, 50_000);
    let mut second = ChannelWriter::start(&[MSFT]);
    second.bid(MSFT, 1, 7, 30_000).delete(MSFT, 2, 7);
    let directory = directory(&[
        ("20120621-ARCA_XDP_IBF_1.dat", &first.bytes),
        ("20120621-ARCA_XDP_IBF_2.dat", &second.bytes),
    ]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut expected = vec![
        bid_row("GOOG", 1, 50_000, 100),
        bid_row("MSFT.Q", 1, 30_000, 100),
    ];
    expected.push(bid_row("MSFT.Q", 2, 0, 0));
    assert_eq!(rows(&run), expected);
}

#[test]
fn a_directory_that_is_missing_or_empty_is_named() {
    let run = replay("/nowhere".as_ref(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("/nowhere: cannot be opened"),
        "{}",
        run.stderr
    );

    let empty = directory(&[]);
    let run = replay(empty.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("holds no channel file"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(empty.path().to_str().unwrap()),
        "{}",
        run.stderr
    );
}

#[test]
fn files_of_two_days_in_a_directory_are_refused() {
    let writer = ChannelWriter::start(&[GOOG]);
    let directory = directory(&[
        ("20120621-ARCA_XDP_IBF_1.dat", &writer.bytes),
        ("20120622-ARCA_XDP_IBF_2.dat", &writer.bytes),
    ]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let told = "20120622-ARCA_XDP_IBF_2.dat: are of different days";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn files_that_are_not_named_as_those_of_a_directory_are_told_and_not_read() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    for name in ["20120621-ARCA_XDP_IBF_2.dat.xz", "second.pcap"] {
        let directory = directory(&[
            ("20120621-ARCA_XDP_IBF_1.dat", &writer.bytes),
            (name, &writer.bytes),
        ]);
        let run = replay(directory.path(), &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let told = format!("{name}: is not read, since it is not named as");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
        assert!(run.stderr.contains("files not read: 1"), "{}", run.stderr);
    }
}

#[test]
fn a_missing_channel_is_named_and_the_others_are_replayed() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    let directory = directory(&[
        ("20120621-ARCA_XDP_IBF_1.dat", &writer.bytes),
        ("20120621-ARCA_XDP_IBF_2.dat", &[]),
        ("20120621-ARCA_XDP_IBF_4.dat", &[]),
    ]);
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 1);
    assert!(
        run.stderr.contains("there is no file of channel 3"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("missing channels: 1"), "{}", run.stderr);
}

#[test]
fn a_bad_mapping_line_is_named_and_the_others_are_used() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 50_000);
    let directory = channel(&writer.bytes);
    let mapping = directory.path().join("ARCASymbolMapping.txt");
    fs::write(
        &mapping,
        format!("nonsense\n{MAPPING}X|X|x|P|Q|C|100|4|13|||\n"),
    )
    .unwrap();
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run).len(), 1);
    let place = format!("{}:1: column 1", mapping.display());
    assert!(run.stderr.contains(&place), "{}", run.stderr);
    let place = format!("{}:4: column 2 (SymbolIndex)", mapping.display());
    assert!(run.stderr.contains(&place), "{}", run.stderr);
    assert!(
        run.stderr.contains("bad mapping lines: 2"),
        "{}",
        run.stderr
    );

    fs::write(&mapping, "nonsense\n").unwrap();
    let run = replay(directory.path(), &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("holds no symbol"), "{}", run.stderr);
}

#[test]
fn the_mapping_file_is_found_beside_the_channel_files() {
    let mut writer = ChannelWriter::start(&[GOOG]);
    writer.bid(GOOG, 1, 7, 100);
    let directory = channel(&writer.bytes);
    let file = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    let copy = directory.path().join("copy");
    fs::copy(&file, &copy).unwrap();
    let whole = replay(directory.path(), &[]);
    for path in [&file, &copy] {
        let run = replay(path, &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.stdout, whole.stdout);
    }
    // Named as one types it in the directory itself.
    let run = Command::new(env!("CARGO_BIN_EXE_oxberry"))
        .args(["replay", "copy", "--orders", "1000"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), whole.stdout);
}

#[test]
fn a_symbol_that_the_feed_names_otherwise_is_told_once_with_both_names() {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer.bid(GOOG, 1, 7, 100);
    let directory = channel(&[writer.bytes.clone(), writer.bytes.clone()].concat());
    let run = replay(directory.path(), &["--dialect", "pillar"]);
    assert!(!run.stderr.contains("mapping file"), "{}", run.stderr);

    let renamed = MAPPING
        .replace("GOOG|GOOG", "GOOGL|GOOGL")
        .replace("|100|4|13|||\nMSFT", "|100|6|13|||\nMSFT");
    fs::write(directory.path().join("ARCASymbolMapping.txt"), renamed).unwrap();
    let run = replay(directory.path(), &["--dialect", "pillar"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let told = "symbol index 1753: the mapping file names it GOOGL with 6 decimal places, the feed \
                GOOG with 4";
    assert_eq!(run.stderr.matches(told).count(), 1, "{}", run.stderr);
    let counted = "symbols unlike the mapping file's: 1";
    assert!(run.stderr.contains(counted), "{}", run.stderr);
}

#[test]
fn the_real_feed_contradicts_a_mapping_file_of_another_year() {
    let Some(data) = data() else { return };
    let path = data.join("nyse-imbalances-xdp-v2.1f-2017.pcap.gz");
    let run = replay(&path, &["--digest"]);
    // Nine names and nine scales of the symbols that both have, and no word of the others.
    let counted = "symbols unlike the mapping file's: 18";
    assert!(run.stderr.contains(counted), "{}", run.stderr);
    let flow = data.join("flow/pillar");
    let run = replay(&flow, &["--digest"]);
    assert!(!run.stderr.contains("mapping file"), "{}", run.stderr);
}

#[test]
fn symbols_are_asked_for_where_none_lie_with_the_files() {
    let directory = channel(&ChannelWriter::start(&[GOOG]).bytes);
    fs::remove_file(directory.path().join("ARCASymbolMapping.txt")).unwrap();
    let file = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    let run = replay(&file, &[]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("--symbols FILE is needed"),
        "{}",
        run.stderr
    );
    let run = replay(&file, &["--symbols", "/nowhere.txt"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .contains("/nowhere.txt: the symbols cannot be read"),
        "{}",
        run.stderr
    );
}

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

#[test]
fn every_symbol_of_the_real_mapping_file_has_a_book() {
    let Some(data) = data() else { return };
    let channel = data.join("flow/pillar/20120621-ARCA_XDP_IBF_2.dat");
    let mapping = data.join("ARCASymbolMapping.txt");
    let run = replay(
        &channel,
        &["--symbols", mapping.to_str().unwrap(), "--digest"],
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("7788 symbols"), "{}", run.stderr);
    assert!(!run.stderr.contains("bad mapping lines"), "{}", run.stderr);
}
