//! Wall-clock time of the parser, for each dialect that has a way of its own.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented functions"
)]
#![allow(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxberry_benches::feed::RecordedChannel;
use oxberry_benches::parse::KERNELS;
use oxberry_core::xdp::Dialect;

/// Symbols of the market.
const SYMBOLS: u32 = 1_000;

/// Messages of a measurement worth noting down.
const MESSAGES: u64 = 10_000_000;

/// Messages of a run that only shows that the bench works.
const FEW_MESSAGES: u64 = 100_000;

fn parser(criterion: &mut Criterion) {
    let is_brief = std::env::args().any(|argument| ["--quick", "--test"].contains(&&*argument));
    let messages = if is_brief { FEW_MESSAGES } else { MESSAGES };
    for dialect in [Dialect::Legacy, Dialect::Pillar] {
        let channel = RecordedChannel::record(dialect, SYMBOLS, messages)
            .expect("there can be such a market");
        let mut group = criterion.benchmark_group(format!("parser/{dialect}"));
        group.throughput(Throughput::Elements(channel.messages));
        group.sample_size(10);
        for kernel in KERNELS {
            group.bench_function(kernel.name, |bencher| {
                bencher.iter(|| (kernel.run)(&channel))
            });
        }
        group.finish();
    }
}

criterion_group!(benches, parser);
criterion_main!(benches);
