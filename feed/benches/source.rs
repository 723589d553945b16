//! What it costs to read the same packets from a capture and from a channel file: only walked, and made
//! into events as the controller and `replay` do.
//!
//! The goal is that events from a capture take no more than 1.5 times as long.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented functions"
)]
#![allow(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]

use std::{fs::File, hint::black_box, path::Path};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use oxberry_core::feed::{EventsOnly, FeedSymbol, Normalizer};
use oxberry_core::xdp::{Dialect, PacketRef};
use oxberry_feed::source::{Filter, Source};
use oxberry_sim::market::{FileFormat, Market, MarketConfig, write_directory};

/// Messages of a measurement worth noting down.
const MESSAGES: u64 = 2_000_000;

/// Messages of a run that only shows that the bench works.
const FEW_MESSAGES: u64 = 50_000;

/// Slots for the symbols of the market, a quarter of them in use.
const SLOTS: usize = 4_096;

fn source(criterion: &mut Criterion) {
    let is_brief = std::env::args().any(|argument| ["--quick", "--test"].contains(&&*argument));
    let messages = if is_brief { FEW_MESSAGES } else { MESSAGES };
    let market = Market::new(MarketConfig {
        symbols: 1_000,
        channels: 1,
        messages: Some(messages),
        ..MarketConfig::default()
    })
    .expect("there can be such a market");
    let mut group = criterion.benchmark_group("source");
    group.throughput(Throughput::Elements(messages));
    group.sample_size(10);
    for (name, format) in [("dat", FileFormat::Dat), ("pcap", FileFormat::Pcap)] {
        let directory = tempfile::tempdir().expect("there is room for the market");
        write_directory(&market, directory.path(), format, &|_| ()).expect("it can be written");
        let file = directory
            .path()
            .read_dir()
            .expect("it was just made")
            .map(|entry| entry.expect("it was just made").path())
            .find(|path| path.extension().is_some_and(|ending| ending == name))
            .expect("the market has a channel");
        // From the page cache, like every later read.
        std::io::copy(
            &mut File::open(&file).expect("it is there"),
            &mut std::io::sink(),
        )
        .expect("it can be read");
        assert_eq!(walk(&file).0, messages, "every message is walked");
        assert!(normalize(&file) > 0, "there are events");
        group.bench_function(BenchmarkId::new("walk", name), |bencher| {
            bencher.iter(|| walk(&file));
        });
        group.bench_function(BenchmarkId::new("events", name), |bencher| {
            bencher.iter(|| normalize(&file));
        });
    }
    group.finish();
}

/// Reads a file, walks its packets, and returns the number of messages and the sum of their types.
fn walk(file: &Path) -> (u64, u64) {
    let mut source = Source::open(file, Filter::default()).expect("it is there");
    let (mut messages, mut types) = (0, 0);
    while source.advance().expect("it is whole") {
        let packet = PacketRef::new(source.packet().bytes).expect("it is whole");
        for message in packet.messages() {
            messages += 1;
            types += u64::from(message.expect("it is whole").msg_type());
        }
    }
    (messages, types)
}

/// Reads a file and makes events of its messages; returns their number.
fn normalize(file: &Path) -> u64 {
    let mut source = Source::open(file, Filter::default()).expect("it is there");
    let mut normalizer = Normalizer::new(Dialect::Pillar, vec![FeedSymbol::EMPTY; SLOTS]);
    let mut events = 0;
    while source.advance().expect("it is whole") {
        let packet = PacketRef::new(source.packet().bytes).expect("it is whole");
        normalizer
            .packet(
                &packet,
                0,
                &mut EventsOnly(|event| {
                    black_box(event);
                    events += 1;
                }),
            )
            .expect("it is whole");
    }
    events
}

criterion_group!(benches, source);
criterion_main!(benches);
