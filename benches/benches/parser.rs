//! Packets to messages, and packets to events, a message at a time.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxberry_benches::feed::RecordedChannel;
use oxberry_core::feed::{Channel, SymbolSlot};
use oxberry_core::xdp::{Dialect, Message};

const SYMBOLS: u32 = 100;
const MESSAGES: u64 = 200_000;

fn parse(criterion: &mut Criterion) {
    for dialect in [Dialect::Legacy, Dialect::Pillar] {
        let recorded = RecordedChannel::record(dialect, SYMBOLS, MESSAGES).unwrap();
        let mut group = criterion.benchmark_group(format!("parser/{}", dialect.name()));
        group.throughput(Throughput::Elements(recorded.messages));
        group.bench_function("walk", |bencher| {
            bencher.iter(|| {
                let messages = recorded
                    .packets()
                    .flat_map(|packet| packet.messages().flatten());
                messages
                    .map(|message| u64::from(message.msg_type()))
                    .sum::<u64>()
            });
        });
        group.bench_function("decode", |bencher| {
            bencher.iter(|| {
                for packet in recorded.packets() {
                    for message in packet.messages().flatten() {
                        black_box(Message::parse(dialect, message)).ok();
                    }
                }
            });
        });
        group.bench_function("normalize", |bencher| {
            let mut slots = vec![SymbolSlot::EMPTY; 2 * recorded.symbols.len()];
            bencher.iter(|| {
                let mut channel = Channel::new(dialect, slots.as_mut_slice());
                for packet in recorded.packets() {
                    let _ = channel.packet(&packet, &mut |event| {
                        black_box(event);
                    });
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
