//! What captures hold beside the feed: `decode` and `replay` pass over it and say so in the same words.
#![cfg(test)]

#[path = "support/capture.rs"]
mod capture;
#[expect(dead_code, reason = "here an order comes and nothing else")]
#[path = "support/feed.rs"]
mod feed;
mod support;

use std::{fs, path::PathBuf};

use capture::{packets, pcap};
use feed::{ChannelWriter, GOOG, MAPPING};
use support::{Run, oxberry};
use tempfile::TempDir;

/// A capture of an order of GOOG, and a mapping file beside it.
struct World {
    directory: TempDir,
    /// The file header, then records.
    header: Vec<u8>,
    records: Vec<Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ARCASymbolMapping.txt"), MAPPING).unwrap();
        let mut writer = ChannelWriter::start(&[GOOG]);
        writer.bid(GOOG, 1, 7, 100);
        let frames: Vec<_> = (1..)
            .zip(packets(&writer.bytes))
            .map(|(at, packet)| (at, 76, packet))
            .collect();
        let bytes = pcap(&frames);
        let (header, mut rest) = bytes.split_at(24);
        let mut records = Vec::new();
        while let Some(length) = rest.get(8..12) {
            let length = u32::from_le_bytes(length.try_into().unwrap());
            let (record, others) = rest.split_at(16 + length as usize);
            records.push(record.to_vec());
            rest = others;
        }
        Self {
            header: header.to_vec(),
            records,
            directory,
        }
    }

    /// Another frame, before the last one of the feed.
    fn with(mut self, frame: &[u8]) -> Self {
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        let record = [&[0; 8][..], &length, &length, frame].concat();
        self.records.insert(self.records.len() - 1, record);
        self
    }

    fn write(&self) -> PathBuf {
        let path = self.directory.path().join("capture.pcap");
        let bytes = [self.header.clone(), self.records.concat()].concat();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn run(&self, command: &str, more: &[&str]) -> Run {
        let path = self.write();
        let mut arguments = vec![command, path.to_str().unwrap(), "--dialect", "pillar"];
        if command == "replay" {
            arguments.extend(["--orders", "1000"]);
        }
        arguments.extend(more);
        oxberry(arguments)
    }
}

/// An Ethernet frame of UDP to a group and port.
fn udp(group: [u8; 4], port: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1]);
    frame.extend(group);
    frame.extend([0, 1]);
    frame.extend(port.to_be_bytes());
    frame.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(payload);
    frame
}

/// A message of the precision time protocol.
fn clock() -> Vec<u8> {
    udp(
        [224, 0, 1, 129],
        319,
        &[&[0, 2, 0, 44][..], &[0; 40]].concat(),
    )
}

/// A question for a name.
fn question() -> Vec<u8> {
    udp(
        [10, 0, 0, 2],
        53,
        &[&[0x12, 0x34, 1, 0][..], &[0; 25]].concat(),
    )
}

fn arp() -> Vec<u8> {
    [&[0; 12][..], &[8, 6], &[0; 46]].concat()
}

#[test]
fn replay_tells_what_it_passed_over_in_the_words_of_decode() {
    let world = World::new().with(&clock()).with(&arp()).with(&question());
    let [decoded, replayed] = ["decode", "replay"].map(|command| world.run(command, &[]));
    let told = format!(
        "{}: 7 frames, 4 of them read; passed over: not IP (ARP): 1; other traffic, which cannot be \
         packets of the feed: 2 (to 10.0.0.2:53 1, to 224.0.1.129:319 1); --group and --port say \
         what to read\n",
        world.write().display()
    );
    for run in [&decoded, &replayed] {
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stderr.contains(&told), "{}", run.stderr);
    }
    assert!(!decoded.stdout.contains("null"), "{}", decoded.stdout);
}

#[test]
fn other_traffic_makes_no_book_stale() {
    let plain = World::new().run("replay", &[]);
    for other in [clock(), question()] {
        let run = World::new().with(&other).run("replay", &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(!run.stderr.contains("stale"), "{}", run.stderr);
        assert_eq!(run.stdout, plain.stdout);
    }
}

#[test]
fn a_capture_that_is_read_whole_needs_no_words() {
    for command in ["decode", "replay"] {
        let run = World::new().run(command, &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(!run.stderr.contains("frames"), "{}", run.stderr);
    }
}

#[test]
fn a_replay_without_a_packet_of_the_feed_fails_and_says_what_was_there() {
    let filtered = World::new().run("replay", &["--port", "9"]);
    let mut others = World::new().with(&arp());
    others.records.retain(|record| record.len() == 16 + 60);
    let others = others.run("replay", &[]);
    let cases = [
        (
            filtered,
            "4 frames, 0 of them read; passed over: other groups or ports: 4",
        ),
        (
            others,
            "1 frames, 0 of them read; passed over: not IP (ARP): 1",
        ),
    ];
    for (run, there) in cases {
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let nothing = "not one packet of the feed was read";
        assert!(run.stderr.contains(nothing), "{}", run.stderr);
        assert!(run.stderr.contains(there), "{}", run.stderr);
    }
}

#[test]
fn a_replay_of_empty_inputs_fails_and_says_that_they_are() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ARCASymbolMapping.txt"), MAPPING).unwrap();
    for name in ["empty.dat", "empty.pcap"] {
        let path = directory.path().join(name);
        fs::write(&path, []).unwrap();
        let run = oxberry(["replay".as_ref(), path.as_os_str()]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let told = format!("{}: is empty", path.display());
        assert!(run.stderr.contains(&told), "{}", run.stderr);
        let nothing = "not one packet of the feed was read";
        assert!(run.stderr.contains(nothing), "{}", run.stderr);
    }
}

#[test]
fn a_replay_of_another_kind_of_content_fails_and_names_it() {
    let world = World::new();
    for (bytes, told) in [(&b"\xfd7zXZ\0"[..], "unxz"), (b"snoop\0\0\0", "editcap")] {
        let path = world.directory.path().join("other");
        fs::write(&path, bytes).unwrap();
        let run = oxberry(["replay".as_ref(), path.as_os_str()]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let place = format!("{}: at byte 0: ", path.display());
        assert!(run.stderr.contains(&place), "{}", run.stderr);
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}

#[test]
fn a_packet_of_which_a_part_was_captured_is_told_as_cut() {
    for missing in [1, 20] {
        let mut world = World::new();
        let last = world.records.last_mut().unwrap();
        let there = last.len() - missing;
        last.truncate(there);
        let length = u32::try_from(there - 16).unwrap();
        last[8..12].copy_from_slice(&length.to_le_bytes());
        for command in ["decode", "replay"] {
            let run = world.run(command, &[]);
            assert_eq!(run.code, Some(1), "{}", run.stderr);
            let told = "4 frames, 4 of them read; of these cut off by the capture: 1";
            assert!(run.stderr.contains(told), "{}", run.stderr);
            assert!(!run.stderr.contains("other traffic"), "{}", run.stderr);
        }
    }
}

#[test]
fn bytes_behind_a_packet_in_its_datagram_are_told() {
    let mut world = World::new();
    let last = world.records.last_mut().unwrap();
    last.extend([0; 3]);
    let length = u32::try_from(last.len() - 16).unwrap().to_le_bytes();
    last[8..12].copy_from_slice(&length);
    last[12..16].copy_from_slice(&length);
    let udp_length = u16::try_from(last.len() - 16 - 34).unwrap();
    last[16 + 38..16 + 40].copy_from_slice(&udp_length.to_be_bytes());
    for command in ["decode", "replay"] {
        let run = world.run(command, &[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let told = "of these shorter than their datagrams: 1 (3 bytes behind them)";
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}
