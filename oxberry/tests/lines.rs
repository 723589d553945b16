//! `oxberry replay` of captures that hold both lines of channels: what one loses the other brings.
#![cfg(test)]

#[path = "support/capture.rs"]
mod capture;
#[expect(
    dead_code,
    reason = "no channel begins again here, and none is refreshed"
)]
#[path = "support/feed.rs"]
mod feed;
#[path = "support/lossy.rs"]
mod lossy;
mod support;

use std::{collections::BTreeMap, fs, path::PathBuf};

use capture::{Frame, packets, pcap};
use feed::{ChannelWriter, GOOG, MAPPING, MSFT};
use lossy::{lossy_lines, sent};
use oxberry_core::xdp::{DeliveryFlag, PacketRef};
use oxberry_sim::{
    market::{FileFormat, Market, MarketConfig, write_directory},
    random::Random,
};
use support::{Run, oxberry};
use tempfile::TempDir;

const MILLISECOND: u64 = 1_000_000;

/// The last bytes of the groups of the lines A and B of the channels 1 and 2.
const LINES: [[u8; 2]; 2] = [[64, 192], [65, 193]];

/// A made-up market on two channels, and a place for captures of it.
struct World {
    directory: TempDir,
    /// The packets of each channel.
    channels: Vec<Vec<Vec<u8>>>,
}

impl World {
    fn make(seed: u64) -> Self {
        println!("seed {seed}");
        let directory = tempfile::tempdir().unwrap();
        let market = Market::new(MarketConfig {
            symbols: 12,
            channels: 2,
            messages: Some(20_000),
            seed,
            ..MarketConfig::default()
        })
        .unwrap();
        write_directory(&market, directory.path(), FileFormat::Dat, &|_| ()).unwrap();
        let mut files: Vec<PathBuf> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "dat"))
            .collect();
        files.sort();
        let channels = files.iter().map(|file| packets(&fs::read(file).unwrap()));
        Self {
            channels: channels.collect(),
            directory,
        }
    }

    /// A line of each channel that brings everything at once.
    fn whole(&self) -> Vec<Frame> {
        let channels = LINES.iter().zip(&self.channels);
        let frames = channels.flat_map(|([group, _], packets)| {
            let frame = |packet: &Vec<u8>| (sent(packet), *group, packet.clone());
            packets.iter().map(frame)
        });
        frames.collect()
    }

    /// Both lines of each channel, the lines A and the lines B apart.
    fn lossy(&self, seed: u64) -> [Vec<Frame>; 2] {
        let mut random = Random::new(seed, 1);
        let [mut a, mut b] = [vec![], vec![]];
        for (groups, packets) in LINES.into_iter().zip(&self.channels) {
            let [of_a, of_b] = lossy_lines(&mut random, packets, groups);
            a.extend(of_a);
            b.extend(of_b);
        }
        [a, b]
    }

    fn replay(&self, name: &str, captures: &[Vec<Frame>]) -> Run {
        let mut arguments = ["replay", "--every-message", "--depth", "3", "--orders"]
            .map(str::to_owned)
            .to_vec();
        let mapping = self.directory.path().join("ARCASymbolMapping.txt");
        arguments.extend(["50000".into(), "--symbols".into()]);
        arguments.push(mapping.to_str().unwrap().into());
        for (number, capture) in captures.iter().enumerate() {
            let path = self.directory.path().join(format!("{name}-{number}.pcap"));
            fs::write(&path, pcap(capture)).unwrap();
            arguments.push(path.to_str().unwrap().into());
        }
        done(oxberry(arguments))
    }
}

/// A run that was done, and says by its code whether a book was stale.
fn done(run: Run) -> Run {
    let code = if run.stderr.contains("stale books") {
        3
    } else {
        0
    };
    assert_eq!(run.code, Some(code), "{}", run.stderr);
    run
}

/// The rows of each symbol, in order. Across channels the order is that in which packets' turns
/// come, which a gap delays.
fn rows(run: &Run) -> BTreeMap<&str, Vec<&str>> {
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in run.stdout.lines() {
        let (symbol, _) = row.split_once(',').unwrap();
        rows.entry(symbol).or_default().push(row);
    }
    rows
}

/// Compares the rows of each symbol, and shows the first that differ.
fn assert_same_rows(found: &Run, expected: &Run) {
    let (found_rows, expected_rows) = (rows(found), rows(expected));
    assert!(found_rows.keys().eq(expected_rows.keys()));
    for (symbol, of_found) in found_rows {
        for (found_row, expected_row) in of_found.iter().zip(&expected_rows[symbol]) {
            assert_eq!(found_row, expected_row, "{}", found.stderr);
        }
        assert_eq!(of_found.len(), expected_rows[symbol].len(), "{symbol}");
    }
}

/// The line of the summary that contains the words.
fn told<'r>(run: &'r Run, words: &str) -> Option<&'r str> {
    run.stderr.lines().find(|line| line.contains(words))
}

#[test]
fn what_either_line_brings_gives_the_books_of_a_whole_line() {
    for seed in 1..=4 {
        let world = World::make(seed);
        let whole = world.replay("whole", &[world.whole()]);
        assert_eq!(whole.stderr.lines().count(), 3, "{}", whole.stderr);
        // The lines of a channel may come in one capture, or each from a machine of its own.
        let apart = world.lossy(seed);
        let both = apart.concat();
        for captures in [&[both][..], &apart] {
            let run = world.replay("lines", captures);
            assert_same_rows(&run, &whole);
            assert_eq!(told(&run, "digest: "), told(&whole, "digest: "));
            assert!(told(&run, "stale").is_none(), "{}", run.stderr);
            for [a, b] in LINES {
                let lines = told(&run, &format!("by 224.0.59.{a}:11076")).unwrap();
                assert!(lines.contains(&format!("by 224.0.59.{b}:11076")), "{lines}");
                assert!(!lines.contains(" 0 brought what was missing"), "{lines}");
                assert!(!lines.contains(" 0 came twice"), "{lines}");
                assert!(
                    lines.ends_with("no line brought: 0 messages in 0 gaps"),
                    "{lines}"
                );
            }
        }
    }
}

#[test]
fn what_no_line_brings_makes_the_books_of_its_channel_stale_and_no_others() {
    for seed in 11..=13 {
        let world = World::make(seed);
        let of_channel = &world.channels[0];
        let mut random = Random::new(seed, 2);
        let first = usize::try_from(random.between(1_000, 1_500)).unwrap();
        let last = of_channel.len() - 2;
        let lost = [first, first + 1, first + 3, last].map(|number| &of_channel[number]);
        let without = |mut frames: Vec<Frame>| {
            frames.retain(|(.., packet)| !lost.contains(&packet));
            frames
        };
        let whole = world.replay("whole", &[world.whole()]);
        let one = world.replay("one", &[without(world.whole())]);
        let both = world.replay("both", &[without(world.lossy(seed).concat())]);

        assert_same_rows(&both, &one);
        for words in ["digest: ", "channel gaps: ", "stale books"] {
            assert!(told(&one, words).is_some(), "{words}: {}", one.stderr);
            assert_eq!(told(&both, words), told(&one, words));
        }
        let messages = |packet: &Vec<u8>| PacketRef::new(packet).unwrap().header().number_msgs;
        let missing: u32 = lost.map(messages).into_iter().map(u32::from).sum();
        let summary = format!("no line brought: {missing} messages in 3 gaps");
        assert!(told(&both, &summary).is_some(), "{}", both.stderr);

        let stale = told(&both, "stale books").unwrap();
        let (exact, others): (Vec<_>, Vec<_>) = rows(&whole)
            .into_iter()
            .partition(|(symbol, rows_of_whole)| rows(&both)[symbol] == *rows_of_whole);
        assert!(!exact.is_empty() && !others.is_empty());
        for (symbol, _) in others {
            assert!(stale.contains(symbol), "{symbol}: {stale}");
        }
    }
}

/// Replays one channel of two lines, given as when and to which group which of the packets came.
fn replay_channel(packets: &[Vec<u8>], came: &[(u64, u8, usize)]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let frame = |(at, group, number): &(u64, u8, usize)| {
        (at * MILLISECOND, *group, packets[*number].clone())
    };
    let frames: Vec<Frame> = came.iter().map(frame).collect();
    let [file, mapping] = ["lines.pcap", "symbols.txt"].map(|name| directory.path().join(name));
    fs::write(&file, pcap(&frames)).unwrap();
    fs::write(&mapping, MAPPING).unwrap();
    let [file, mapping] = [&file, &mapping].map(|path| path.to_str().unwrap());
    done(oxberry([
        "replay",
        file,
        "--symbols",
        mapping,
        "--orders",
        "1000",
    ]))
}

/// A reset, two symbols, the second, two orders, of which one leaves: seven packets.
fn seven_packets() -> Vec<Vec<u8>> {
    let mut writer = ChannelWriter::start(&[GOOG, MSFT]);
    writer
        .bid(GOOG, 1, 7, 50_000)
        .bid(GOOG, 2, 8, 51_000)
        .delete(GOOG, 3, 8);
    packets(&writer.bytes)
}

#[test]
fn swapped_packets_of_one_line_are_put_in_order() {
    let packets = seven_packets();
    let came = |order: [usize; 7]| -> Vec<_> {
        let frame = |(at, number)| (at, 64, number);
        (10..).zip(order).map(frame).collect()
    };
    let in_order = replay_channel(&packets, &came([0, 1, 2, 3, 4, 5, 6]));
    for order in [
        [0, 1, 2, 3, 5, 4, 6],
        [0, 1, 2, 3, 4, 6, 5],
        [0, 2, 1, 6, 5, 4, 3],
    ] {
        let run = replay_channel(&packets, &came(order));
        assert_eq!(run.stdout, in_order.stdout, "{order:?}");
        assert!(told(&run, "missing").is_none(), "{}", run.stderr);
        assert!(told(&run, "came twice: 0").is_some(), "{}", run.stderr);
        assert!(told(&run, "packets early").is_some(), "{}", run.stderr);
    }
}

#[test]
fn retransmissions_in_a_capture_are_read_where_somebody_asked_for_them_or_put_them() {
    let mut packets = seven_packets();
    let one_line = (0..7).map(|number| (10, 64, number)).collect::<Vec<_>>();
    let whole = replay_channel(&packets, &one_line);
    let again = packets.len();
    let mut retransmission = packets[4].clone();
    retransmission[2] = DeliveryFlag::RETRANSMISSION_ONLY.raw();
    packets.push(retransmission);
    for group in [64, 200] {
        for order in [[0, 1, 2, 3, 5, again, 6], [0, 1, 2, 3, again, 5, 6]] {
            let frame = |(at, number)| (at, if number == again { group } else { 64 }, number);
            let came: Vec<_> = (10..).zip(order).map(frame).collect();
            let run = replay_channel(&packets, &came);
            assert_eq!(run.stdout, whole.stdout, "{group} {order:?} {}", run.stderr);
            assert!(told(&run, "stale").is_none(), "{}", run.stderr);
        }
    }
}

#[test]
fn a_line_that_comes_too_late_repairs_nothing_and_says_so() {
    let packets = seven_packets();
    let mut came: Vec<_> = (0..7).filter(|n| *n != 5).map(|n| (10, 64, n)).collect();
    // Line A has nothing before the books of line B are old news.
    came.extend((0..7).map(|number| (500, 192, number)));
    let run = replay_channel(&packets, &came);
    assert!(
        told(&run, "sequence numbers 6 to 6 are missing").is_some(),
        "{}",
        run.stderr
    );
    assert!(
        told(
            &run,
            "7 packets, of which 0 brought what was missing, 6 came twice, 1 too late"
        )
        .is_some(),
        "{}",
        run.stderr
    );
    assert!(
        told(&run, "no line brought: 1 messages in 1 gaps").is_some(),
        "{}",
        run.stderr
    );
}

#[test]
fn a_line_that_starts_late_repairs_from_then_on() {
    let packets = seven_packets();
    let mut came: Vec<_> = (0..4).map(|number| (10, 64, number)).collect();
    came.extend((0..4).map(|number| (5_000, 192, number)));
    came.extend([
        (5_001, 64, 4),
        (5_002, 192, 4),
        (5_003, 64, 6),
        (5_004, 192, 5),
        (5_005, 192, 6),
    ]);
    let run = replay_channel(&packets, &came);
    assert_eq!(run.stdout.lines().count(), 1 + 3, "{}", run.stdout);
    assert!(told(&run, "stale").is_none(), "{}", run.stderr);
}

#[test]
fn a_channel_waits_by_the_clock_of_its_own_packets_whatever_others_say() {
    let mut first = ChannelWriter::start(&[GOOG]);
    first
        .bid(GOOG, 1, 7, 50_000)
        .lose(1)
        .bid(GOOG, 2, 8, 51_000);
    let mut second = ChannelWriter::on_channel(2, &[MSFT]);
    second.bid(MSFT, 1, 7, 30_000);
    let all = [packets(&first.bytes), packets(&second.bytes)].concat();
    let (of_first, of_all) = (packets(&first.bytes).len(), all.len());
    let mut came = Vec::new();
    for number in 0..of_first {
        came.extend([64, 192].map(|group| (10, group, number)));
    }
    came.extend((of_first..of_all).map(|number| (300, 65, number)));
    let run = replay_channel(&all, &came);
    let symbols: Vec<&str> = run
        .stdout
        .lines()
        .skip(1)
        .map(|row| row.split_once(',').unwrap().0)
        .collect();
    // Its own next packet may have been captured before its time is up, so that of others is no sign.
    assert_eq!(symbols, ["GOOG", "MSFT.Q", "GOOG"]);
}
