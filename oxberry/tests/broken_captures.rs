//! Captures that are cut, damaged or spliced anywhere are read without a panic and to an end, and every
//! frame of them is accounted for.
#![cfg(test)]

#[expect(dead_code, reason = "no channel file is taken apart here")]
#[path = "support/capture.rs"]
mod capture;
#[path = "support/data.rs"]
mod data;

use std::{
    fs,
    io::{Cursor, Read as _},
};

use data::data;
use oxberry_feed::source::{Filter, Source};
use oxberry_sim::random::Random;

/// Damaged copies of each capture.
const COPIES: u64 = 1_000;

/// What lengths and marks are made of, where a random byte would hardly ever hit.
const EXTREMES: [u8; 6] = [0, 1, 0x0a, 0x7f, 0x80, 0xff];

/// Reads an input to its end; how it ends is its own affair.
fn read(bytes: Vec<u8>) {
    let longest = bytes.len() as u64;
    let mut source = Source::from_reader("broken", Cursor::new(bytes), Filter::default());
    let (mut packets, mut last) = (0, 0);
    while let Ok(true) = source.advance() {
        let packet = source.packet();
        assert!(
            packets == 0 || packet.offset > last,
            "packets come in order"
        );
        last = packet.offset;
        packets += 1;
        assert!(packets <= longest, "there are more packets than bytes");
    }
    let counters = source.capture_counters();
    let passed_over: u64 = counters.reasons().map(|(_, count)| count).sum();
    if counters.frames > 0 {
        assert_eq!(packets, counters.packets);
        let all = packets + passed_over + counters.other_traffic();
        assert_eq!(counters.frames, all, "{counters}");
    }
    assert!(counters.to_string().len() < 4_000);
}

/// A copy with some damage.
fn damaged(random: &mut Random, whole: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let place = |random: &mut Random, length: usize| {
        // Headers are hit more often than they are long.
        let near = if random.chance(300) { 128 } else { length };
        usize::try_from(random.below(length.min(near).max(1) as u64)).unwrap()
    };
    for _ in 0..=random.below(8) {
        let at = place(random, bytes.len());
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => {
                let other = place(random, whole.len());
                bytes.splice(at..at, whole[other..(other + 64).min(whole.len())].to_vec());
            }
            2 => {
                let end = (at + place(random, 64)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let value = EXTREMES[place(random, EXTREMES.len())];
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill(value);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= u8::try_from(1 + random.below(255)).unwrap();
                }
            }
        }
    }
    bytes
}

/// The start of a capture, and some damaged copies of it.
fn read_damaged(name: &str, whole: &[u8]) {
    read(whole.to_vec());
    for seed in 0..COPIES {
        println!("{name}, seed {seed}");
        read(damaged(&mut Random::new(seed, 0), whole));
    }
}

#[test]
fn real_captures_are_read_however_they_are_damaged() {
    let Some(data) = data() else { return };
    let mut captures = 0;
    for entry in data.join("pcap").read_dir().unwrap() {
        let path = entry.unwrap().path();
        read_damaged(&path.display().to_string(), &fs::read(&path).unwrap());
        captures += 1;
    }
    assert!(captures >= 17, "only {captures} captures were found");
    let compressed = fs::read(data.join("nyse-imbalances-xdp-v2.1f-2017.pcap.gz")).unwrap();
    let mut whole = Vec::new();
    flate2::read::MultiGzDecoder::new(&compressed[..])
        .read_to_end(&mut whole)
        .unwrap();
    read_damaged("the imbalances", &whole[..40_000]);
    read(whole);
    read_damaged("the compressed imbalances", &compressed[..20_000]);
}

#[test]
fn made_up_captures_are_read_however_they_are_damaged() {
    let packet = [
        vec![
            30, 0, 11, 1, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 14, 0, 3, 0,
        ],
        vec![9; 10],
    ]
    .concat();
    let frames: Vec<_> = (0..20).map(|at| (at, 76, packet.clone())).collect();
    let classic = capture::pcap(&frames);
    read_damaged("pcap", &classic);
    read_damaged("pcapng", &pcapng(&classic));
}

/// A capture in the newer format with the frames of one in the classic format.
fn pcapng(classic: &[u8]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let length = u32::try_from(padded + 12).unwrap().to_le_bytes();
        let mut bytes = [&kind.to_le_bytes()[..], &length, body].concat();
        bytes.resize(8 + padded, 0);
        bytes.extend(length);
        bytes
    };
    let section = [
        &0x1a2b_3c4d_u32.to_le_bytes()[..],
        &[1, 0, 0, 0],
        &[0xff; 8],
    ]
    .concat();
    let mut bytes = block(0x0a0d_0d0a, &section);
    bytes.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0]));
    let mut rest = &classic[24..];
    while let Some((head, frames)) = rest.split_first_chunk::<16>() {
        let length = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
        let (frame, others) = frames.split_at(length as usize);
        let lengths = [length.to_le_bytes(), length.to_le_bytes()].concat();
        bytes.extend(block(6, &[&[0; 12][..], &lengths, frame].concat()));
        rest = others;
    }
    bytes
}
