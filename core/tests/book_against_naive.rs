//! The books against a naive model, whole state, after every operation.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod naive;

use naive::NaiveBook;
use oxberry_core::book::{Books, Capacity, SymbolSlot};
use oxberry_core::feed::{Action, Beginning, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
    SymbolSeqNum, TradeId,
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

fn side_of() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Bid), Just(Side::Ask)]
}

fn action() -> impl Strategy<Value = Action> {
    let side = side_of();
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
        6 => (0..3u32).prop_map(|next| Action::Clear { next: SymbolSeqNum::from_raw(next * next) }),
        6 => sessions().prop_map(|session| Action::Session { session }),
        3 => Just(Action::Halt),
        3 => Just(Action::Resume),
        2 => Just(Action::Close),
        6 => (3..7u8, prop::bool::weighted(0.8)).prop_map(|(code, is_whole)| {
            Action::Define { scale: PriceScale::new(code).unwrap(), is_whole }
        }),
        2 => Just(Action::Unreadable),
        // Numbers of the symbol and the channel that are to be added to the present ones.
        8 => (0..3u32, 0..6u32, prop::option::of(3..7u8)).prop_map(|(last, through, scale)| {
            Action::Refresh {
                last: SymbolSeqNum::from_raw(last),
                through: SeqNum::from_raw(through),
                scale: scale.and_then(PriceScale::new),
            }
        }),
        20 => (order_id(), side_of(), price(), qty(), sessions()).prop_map(
            |(order_id, side, price, qty, sessions)| {
                Action::RefreshAdd { order_id, side, price, qty, sessions }
            }
        ),
        8 => Just(Action::Refreshed),
        2 => Just(Action::Other),
    ]
}

/// The number of a message within its symbol, beside that of the last one.
#[derive(Clone, Copy, Debug)]
enum Number {
    None,
    Next,
    Skips(u32),
    Same,
    Exactly(u32),
}

/// One operation; numbers follow from the books that it meets.
#[derive(Clone, Debug)]
enum Operation {
    Event {
        channel: ChannelId,
        symbol: u32,
        number: Number,
        action: Action,
    },
    Begins {
        channel: ChannelId,
        after: SeqNum,
        failover: bool,
    },
    /// And how far the last number is from that of the operation.
    Lost(ChannelId, u32),
    Settled(ChannelId),
}

/// Nearly always the same.
fn channel() -> impl Strategy<Value = ChannelId> {
    prop_oneof![1_000 => Just(2), 1 => Just(1), 1 => Just(3)].prop_map(ChannelId::from_raw)
}

/// One of two, as for what happens to whole channels.
fn some_channel() -> impl Strategy<Value = ChannelId> {
    prop_oneof![4 => Just(2), 1 => Just(1)].prop_map(ChannelId::from_raw)
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        100 => Just(Number::Next),
        20 => Just(Number::None),
        1 => (1..4u32).prop_map(Number::Skips),
        1 => Just(Number::Same),
        3 => (0..3u32).prop_map(Number::Exactly),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let failover = prop::bool::ANY;
    prop_oneof![
        300 => (channel(), 0..SYMBOLS, number(), action()).prop_map(
            |(channel, symbol, number, action)| Operation::Event { channel, symbol, number, action }
        ),
        3 => (some_channel(), 0..3u32, failover).prop_map(|(channel, after, failover)| {
            let after = SeqNum::from_raw(after * (after - after / 2));
            Operation::Begins { channel, after, failover }
        }),
        2 => (some_channel(), 0..4u32).prop_map(|(channel, more)| Operation::Lost(channel, more)),
        3 => some_channel().prop_map(Operation::Settled),
    ]
}

/// What a refresh tells has no numbers of the symbol.
const fn is_of_refresh(action: &Action) -> bool {
    matches!(
        action,
        Action::Refresh { .. } | Action::RefreshAdd { .. } | Action::Refreshed
    )
}

/// The event of an operation, with numbers as the symbol and the channel have them.
fn event(
    naive: &NaiveBook,
    symbol: u32,
    number: Number,
    seq_num: u32,
    action: Action,
) -> FeedEvent {
    let symbol_index = symbol_index(symbol);
    let last = naive.last(symbol_index);
    let symbol_seq_num = match number {
        _ if is_of_refresh(&action) => None,
        Number::None => None,
        Number::Next => Some(last + 1),
        Number::Skips(some) => Some(last + 1 + some),
        Number::Same => Some(last),
        Number::Exactly(number) => Some(number),
    };
    let mut action = action;
    if let Action::Refresh {
        last: more,
        through,
        scale: _,
    } = &mut action
    {
        *more = SymbolSeqNum::from_raw((last + more.raw()).saturating_sub(1));
        *through = SeqNum::from_raw((seq_num + through.raw()).saturating_sub(3));
    }
    FeedEvent {
        seq_num: SeqNum::from_raw(seq_num),
        symbol_index,
        symbol_seq_num: symbol_seq_num.map(SymbolSeqNum::from_raw),
        ts_event: None,
        action,
    }
}

fn check(capacity: Capacity, operations: &[Operation]) {
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    let scale = PriceScale::new(4).unwrap();
    let mut naive = NaiveBook::new(capacity);
    for symbol in 0..SYMBOLS {
        books.define(symbol_index(symbol), scale).unwrap();
        naive.define(symbol_index(symbol), scale);
    }
    for (seq_num, operation) in (1..).zip(operations) {
        match *operation {
            Operation::Event {
                channel,
                symbol,
                number,
                action,
            } => {
                let event = event(&naive, symbol, number, seq_num, action);
                let (got, want) = (books.apply(channel, &event), naive.apply(channel, &event));
                assert_eq!(got.ok(), want, "result of {seq_num}: {event:?}");
            }
            Operation::Begins {
                channel,
                after,
                failover,
            } => {
                let beginning = Beginning {
                    is_announced: true,
                    numbering: Numbering::UNNAMED,
                    after,
                    failover,
                };
                each_symbol(&books.slots().collect::<Vec<_>>(), |slot, symbol_index| {
                    (
                        books.begins(slot, channel, &beginning),
                        naive.begins(symbol_index, channel, &beginning),
                    )
                });
            }
            Operation::Lost(channel, more) => {
                let last = SeqNum::from_raw(seq_num + more);
                each_symbol(&books.slots().collect::<Vec<_>>(), |slot, symbol_index| {
                    (
                        books.lost(slot, channel, last),
                        naive.lost(symbol_index, channel, last),
                    )
                });
            }
            Operation::Settled(channel) => {
                each_symbol(&books.slots().collect::<Vec<_>>(), |slot, symbol_index| {
                    (
                        books.settled(slot, channel),
                        naive.settled(symbol_index, channel),
                    )
                });
            }
        }
        books.check_invariants().unwrap();
        naive.assert_equals(&books);
    }
    check_snapshots(&books, 1 + operations.len() % 7);
}

/// What happens to every symbol, which both must take for the same change.
fn each_symbol(
    slots: &[SymbolSlot],
    mut happen: impl FnMut(SymbolSlot, SymbolIndex) -> (bool, bool),
) {
    for (slot, symbol) in slots.iter().zip(0..) {
        let (got, want) = happen(*slot, symbol_index(symbol));
        assert_eq!(got, want, "symbol {symbol}");
    }
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
        assert_eq!(copies.trust(copy), books.trust(slot));
        assert_eq!(copies.trading_status(copy), books.trading_status(slot));
        assert_eq!(copies.statistics(copy), books.statistics(slot));
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
fn roomy() -> impl Strategy<Value = (Capacity, Vec<Operation>)> {
    let capacity = Capacity {
        symbols: SYMBOLS,
        orders: 200,
        levels: 200,
    };
    prop::collection::vec(operation(), 1..MOST_ROOMY as usize)
        .prop_map(move |events| (capacity, events))
}

/// Streams for books that are soon full.
fn crowded() -> impl Strategy<Value = (Capacity, Vec<Operation>)> {
    (
        1..30u32,
        1..20u32,
        prop::collection::vec(operation(), 1..MOST_CROWDED as usize),
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
