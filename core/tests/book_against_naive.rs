//! The books against a naive model, whole state, after every operation.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod naive;

use naive::NaiveBook;
use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, StaleReason, TradeSessions};
use oxberry_core::units::{
    OrderId, PriceScale, Qty, RawPrice, Side, SymbolIndex, SymbolSeqNum, TradeId,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Symbols of the tests.
const SYMBOLS: u32 = 3;

/// The most operations of a stream for books with room for everything.
const MOST_ROOMY: u32 = 400;

/// The most operations of a stream for books that are soon full.
const MOST_CROWDED: u32 = 200;

fn symbol_index(symbol: u32) -> SymbolIndex {
    SymbolIndex::from_raw(100 + 7 * symbol)
}

/// Ids from few that are likely to be in use, some far apart, some that collide in any table.
fn order_id() -> impl Strategy<Value = OrderId> {
    prop_oneof![
        8 => 0..24u64,
        2 => (0..12u64).prop_map(|id| id << 32),
        2 => (0..12u64).prop_map(|id| id << 20),
    ]
    .prop_map(OrderId::from_raw)
}

fn price() -> impl Strategy<Value = RawPrice> {
    prop_oneof![12 => 90..110u32, 2 => 0..400u32, 1 => Just(u32::MAX), 1 => Just(0)]
        .prop_map(RawPrice::from_raw)
}

fn qty() -> impl Strategy<Value = Qty> {
    prop_oneof![12 => 1..300u32, 1 => Just(0), 1 => Just(u32::MAX)].prop_map(Qty::from_raw)
}

fn sessions() -> impl Strategy<Value = TradeSessions> {
    (0..8u8).prop_map(TradeSessions::from_wire)
}

fn action() -> impl Strategy<Value = Action> {
    let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
    let effect = prop_oneof![
        8 => Just(ExecutionEffect::Reduce),
        2 => Just(ExecutionEffect::Fill),
        1 => Just(ExecutionEffect::None),
    ];
    let trade_id = Just(TradeId::from_raw(1));
    prop_oneof![
        400 => (order_id(), side, price(), qty(), sessions()).prop_map(
            |(order_id, side, price, qty, sessions)| Action::Add { order_id, side, price, qty, sessions }
        ),
        100 => (order_id(), price(), qty(), any::<bool>()).prop_map(
            |(order_id, price, qty, loses_place)| Action::Modify { order_id, price, qty, loses_place }
        ),
        200 => order_id().prop_map(|order_id| Action::Delete { order_id }),
        100 => (order_id(), price(), qty(), trade_id, effect, any::<bool>()).prop_map(
            |(order_id, price, qty, trade_id, effect, printable)| {
                Action::Execute { order_id, price, qty, trade_id, effect, printable }
            }
        ),
        100 => (order_id(), order_id(), price(), qty()).prop_map(
            |(order_id, new_order_id, price, qty)| Action::Replace { order_id, new_order_id, price, qty }
        ),
        10 => (price(), qty(), trade_id, any::<bool>()).prop_map(
            |(price, qty, trade_id, printable)| Action::Trade { price, qty, trade_id, printable }
        ),
        6 => Just(Action::Clear),
        6 => sessions().prop_map(|session| Action::Session { session }),
        3 => Just(Action::Halt),
        3 => Just(Action::Resume),
        2 => Just(Action::Close),
        3 => (3..7u8).prop_map(|code| Action::Scale { scale: PriceScale::new(code).unwrap() }),
        2 => Just(Action::Stale { reason: StaleReason::ChannelGap }),
        2 => Just(Action::Other),
    ]
}

fn event() -> impl Strategy<Value = FeedEvent> {
    (0..SYMBOLS, proptest::option::of(0..1000u32), action()).prop_map(
        |(symbol, symbol_seq_num, action)| FeedEvent {
            symbol_index: symbol_index(symbol),
            symbol_seq_num: symbol_seq_num.map(SymbolSeqNum::from_raw),
            ts_event: None,
            action,
        },
    )
}

fn check(capacity: Capacity, events: &[FeedEvent]) {
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    let scale = PriceScale::new(4).unwrap();
    let mut naive = NaiveBook::new(capacity);
    for symbol in 0..SYMBOLS {
        books.define(symbol_index(symbol), scale).unwrap();
        naive.define(symbol_index(symbol), scale);
    }
    for (number, event) in events.iter().enumerate() {
        let (got, want) = (books.apply(event), naive.apply(event));
        assert_eq!(got.ok(), want, "result of event {number}: {event:?}");
        books.check_invariants().unwrap();
        naive.assert_equals(&books);
    }
    check_snapshots(&books, 1 + events.len() % 7);
}

/// Every book, as a snapshot in chunks restored elsewhere, in other places and another capacity.
fn check_snapshots(books: &Books<'_>, chunk: usize) {
    let capacity = Capacity {
        symbols: SYMBOLS,
        orders: 5_000,
        levels: 5_000,
    };
    let mut memory = vec![0; capacity.words()];
    let mut copies = Books::new(capacity, &mut memory).unwrap();
    for slot in books.slots().rev() {
        let (head, mut reader) = books.snapshot(slot);
        let mut restore = copies.restore(&head).unwrap();
        loop {
            let mut orders = Vec::new();
            while orders.len() < chunk
                && let Some(order) = reader.next(books).unwrap()
            {
                orders.push(order);
            }
            if orders.is_empty() {
                break;
            }
            restore.write(&mut copies, &orders).unwrap();
        }
        restore.finish(&mut copies).unwrap();
    }
    copies.check_invariants().unwrap();
    assert_eq!(copies.digest_of_all(), books.digest_of_all());
    for slot in books.slots() {
        let copy = copies.slot(books.symbol_index(slot)).unwrap();
        assert_eq!(copies.state(copy), books.state(slot));
        assert_eq!(copies.statistics(copy), books.statistics(slot));
        assert_eq!(copies.event_num(copy), books.event_num(slot));
        for side in Side::BOTH {
            assert!(copies.orders(copy, side).eq(books.orders(slot, side)));
        }
    }
}

/// What the tests below draw from, `cases` times. A failure prints the smallest stream that fails,
/// and keeps its seed in a file beside this one, which every later run tries first.
fn config(cases: u32) -> ProptestConfig {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/book_against_naive.seeds"
    );
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

/// Streams for books with room for everything.
fn roomy() -> impl Strategy<Value = (Capacity, Vec<FeedEvent>)> {
    let capacity = Capacity {
        symbols: SYMBOLS,
        orders: 200,
        levels: 200,
    };
    prop::collection::vec(event(), 1..MOST_ROOMY as usize)
        .prop_map(move |events| (capacity, events))
}

/// Streams for books that are soon full.
fn crowded() -> impl Strategy<Value = (Capacity, Vec<FeedEvent>)> {
    (
        1..30u32,
        1..20u32,
        prop::collection::vec(event(), 1..MOST_CROWDED as usize),
    )
        .prop_map(|(orders, levels, events)| {
            let capacity = Capacity {
                symbols: SYMBOLS,
                orders,
                levels,
            };
            (capacity, events)
        })
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn roomy_books_equal_the_naive_one((capacity, events) in roomy()) {
        check(capacity, &events);
    }

    #[test]
    fn crowded_books_equal_the_naive_one((capacity, events) in crowded()) {
        check(capacity, &events);
    }
}

/// Operations of each test at length: `OXBERRY_OPERATIONS`, or ten million.
fn operations() -> u32 {
    std::env::var("OXBERRY_OPERATIONS").map_or(10_000_000, |number| {
        number
            .parse()
            .expect("OXBERRY_OPERATIONS is a number of operations")
    })
}

// Streams are half as long as they may be, on average.
proptest! {
    #![proptest_config(config(operations() / (MOST_ROOMY / 2)))]

    #[test]
    #[ignore = "takes many minutes; a nightly command"]
    fn roomy_books_equal_the_naive_one_at_length((capacity, events) in roomy()) {
        check(capacity, &events);
    }
}

proptest! {
    #![proptest_config(config(operations() / (MOST_CROWDED / 2)))]

    #[test]
    #[ignore = "takes many minutes; a nightly command"]
    fn crowded_books_equal_the_naive_one_at_length((capacity, events) in crowded()) {
        check(capacity, &events);
    }
}
