//! Events to books, with a look at the best bid and offer after each.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use oxberry_benches::feed::RecordedChannel;
use oxberry_core::book::{Books, Capacity};
use oxberry_core::units::ChannelId;
use oxberry_core::xdp::Dialect;

const MESSAGES: u64 = 200_000;
/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

fn apply(criterion: &mut Criterion) {
    for symbols in [1, 100] {
        let recorded = RecordedChannel::record(Dialect::Pillar, symbols, MESSAGES).unwrap();
        let events = recorded.events();
        let capacity = Capacity {
            symbols,
            orders: 200_000,
            levels: 200_000,
        };
        let mut group = criterion.benchmark_group("book");
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function(format!("apply/{symbols}-symbols"), |bencher| {
            bencher.iter_batched_ref(
                || vec![0; capacity.words()],
                |memory| {
                    let mut books = Books::new(capacity, memory).unwrap();
                    for &(symbol_index, scale) in &recorded.symbols {
                        books.define(symbol_index, scale).unwrap();
                    }
                    for event in &events {
                        if let Ok(applied) = books.apply(CHANNEL, event) {
                            black_box(books.bbo(applied.slot));
                        }
                    }
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, apply);
criterion_main!(benches);
