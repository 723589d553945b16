//! How long the largest book that a replica gives keeps events waiting: read at once with its digest, and
//! at the taker's end the digest again.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use oxberry_core::book::{Books, Capacity, Order};
use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
};

/// Orders of the largest book that is given, `Limits::snapshot_orders` of the cluster.
const ORDERS: u32 = 32_768;
/// Orders of other symbols, among which those of the one lie in memory.
const OTHERS: u32 = 7;
const SYMBOL: SymbolIndex = SymbolIndex::from_raw(1);

/// An order of a symbol; prices are spread over 2,000 levels of each side.
fn add(symbol_index: SymbolIndex, number: u32) -> FeedEvent {
    let is_bid = number.is_multiple_of(2);
    let away = number.wrapping_mul(2_654_435_761) % 2_000;
    let (side, price) = if is_bid {
        (Side::Bid, 100_000 - away)
    } else {
        (Side::Ask, 100_001 + away)
    };
    FeedEvent {
        seq_num: SeqNum::from_raw(number + 1),
        symbol_index,
        symbol_seq_num: Some(SymbolSeqNum::from_raw(number + 1)),
        ts_event: None,
        action: Action::Add {
            order_id: OrderId::from_raw(u64::from(number) + 1),
            side,
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(100),
            sessions: TradeSessions::ALL,
        },
    }
}

fn snapshot(criterion: &mut Criterion) {
    let capacity = Capacity {
        symbols: OTHERS + 1,
        orders: ORDERS * (OTHERS + 1),
        levels: 4_096 * (OTHERS + 1),
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    let symbols = (0..=OTHERS).map(|other| SymbolIndex::from_raw(SYMBOL.raw() + other));
    for symbol_index in symbols.clone() {
        books
            .define(symbol_index, PriceScale::new(4).unwrap())
            .unwrap();
    }
    for number in 0..ORDERS {
        for symbol_index in symbols.clone() {
            let event = add(symbol_index, number);
            books.apply(ChannelId::from_raw(1), &event).unwrap();
        }
    }
    let slot = books.slot(SYMBOL).unwrap();
    let mut orders: Vec<Order> = Vec::with_capacity(ORDERS as usize);
    let mut group = criterion.benchmark_group("snapshot");
    group.bench_function("give/32768-orders", |bencher| {
        bencher.iter(|| {
            let (head, _) = books.snapshot(slot);
            orders.clear();
            for side in Side::BOTH {
                orders.extend(books.orders(slot, side));
            }
            black_box((head, orders.len()))
        });
    });
    group.bench_function("check/32768-orders", |bencher| {
        bencher.iter(|| black_box(books.digest(slot)));
    });
    group.finish();
    assert_eq!(orders.len(), ORDERS as usize);
}

criterion_group!(benches, snapshot);
criterion_main!(benches);
