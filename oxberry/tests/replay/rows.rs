//! The rows and the digest are those of the flow, whatever kind of input it comes from.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use crate::data::data;
use crate::feed::{ChannelWriter, GOOG, MSFT};
use crate::support::{oxberry, oxberry_with_input};
use crate::{bid_row, capture, channel, directory, replay, rows};

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
