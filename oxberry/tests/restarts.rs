//! `oxberry replay` of numbers that start again although no reset was seen.
#![cfg(test)]

#[path = "support/capture.rs"]
mod capture;
#[expect(dead_code, reason = "one channel and one symbol suffice here")]
#[path = "support/feed.rs"]
mod feed;
mod support;

use std::fs;

use capture::{Frame, packets, pcap};
use feed::{ChannelWriter, GOOG, MAPPING, SECOND};
use oxberry_core::{units::SymbolSeqNum, xdp::SymbolClear};
use support::{Run, oxberry};

/// The packets of a day on which one order comes with this number of its symbol; the book is cleared
/// first if wished.
fn day(order: u64, price: i32, number: u32, clears: bool) -> Vec<Vec<u8>> {
    let mut writer = ChannelWriter::start(&[GOOG]);
    if clears {
        writer.message(&SymbolClear {
            symbol_index: GOOG,
            next_source_seq_num: SymbolSeqNum::from_raw(1),
            ..Default::default()
        });
    }
    writer.bid(GOOG, number, order, price);
    packets(&writer.bytes)
}

/// The same packets, sent so many hours later.
fn later(mut packets: Vec<Vec<u8>>, hours: u32) -> Vec<Vec<u8>> {
    for packet in &mut packets {
        packet[8..12].copy_from_slice(&(SECOND + hours * 3_600).to_le_bytes());
    }
    packets
}

fn replay(name: &str, bytes: &[u8]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let [file, mapping] = [name, "symbols.txt"].map(|name| directory.path().join(name));
    fs::write(&file, bytes).unwrap();
    fs::write(&mapping, MAPPING).unwrap();
    let [file, mapping] = [&file, &mapping].map(|path| path.to_str().unwrap());
    let options = ["--dialect", "pillar", "--every-message", "--trust"];
    let inputs = ["replay", file, "--symbols", mapping, "--orders", "1000"];
    oxberry(inputs.into_iter().chain(options))
}

/// As a capture, in which each packet comes when it was sent.
fn captured(packets: &[Vec<u8>]) -> Vec<u8> {
    let frame = |packet: &Vec<u8>| -> Frame {
        let seconds = u32::from_le_bytes(packet[8..12].try_into().unwrap());
        let nanoseconds = u32::from_le_bytes(packet[12..16].try_into().unwrap());
        let at = u64::from(seconds) * 1_000_000_000 + u64::from(nanoseconds);
        (at, 64, packet.clone())
    };
    pcap(&packets.iter().map(frame).collect::<Vec<_>>())
}

#[test]
fn numbers_that_start_again_clearly_later_are_told_and_no_copies() {
    // The reset was lost, or the second day begins behind it and behind some more.
    for (hours, lost, number, clears) in [
        (12, 1, 1, true),
        (12, 1, 1, false),
        (12, 1, 2, false),
        (24, 2, 3, false),
    ] {
        let first = day(7, 50_000, 1, false);
        let second = later(day(8, 40_000, number, clears), hours).split_off(lost);
        let all = [first, second].concat();
        for (name, bytes) in [("a.dat", all.concat()), ("a.pcap", captured(&all))] {
            let run = replay(name, &bytes);
            assert_eq!(run.code, Some(3), "{name}: {}", run.stderr);
            for told in [
                "was known, but was sent clearly later: the channel started again",
                "numberings begun without a reset: 1",
                "packets that came twice: 0",
            ] {
                assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
            }
            // Only what came since is in the book, and it is live only where it was cleared.
            let rows: Vec<&str> = run.stdout.lines().skip(1).collect();
            assert_eq!(rows.len(), 2, "{}", run.stdout);
            let trust = if clears { "live" } else { "stale" };
            let end = format!(",40000,100,0,0,{trust}");
            assert!(rows[1].ends_with(&end), "{hours}: {}", run.stdout);
        }
    }
}

#[test]
fn copies_of_known_numbers_start_nothing_again() {
    let first = day(7, 50_000, 1, false);
    let all = [first.clone(), first].concat();
    for (name, bytes) in [("a.dat", all.concat()), ("a.pcap", captured(&all))] {
        let run = replay(name, &bytes);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("started again"), "{}", run.stderr);
    }
}
