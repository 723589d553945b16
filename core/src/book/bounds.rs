//! Tests that no update takes more steps than it may, whatever the stream.
//!
//! Steps are counted, not timed: visits to buckets, ladder nodes, levels and orders.

extern crate std;
use std::vec;
use std::vec::Vec;

use super::{Books, Capacity, Rejection, ladder, order, steps};
use crate::feed::{Action, FeedEvent, TradeSessions};
use crate::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
};

/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);
const CLEAR: Action = Action::Clear {
    next: SymbolSeqNum::from_raw(1),
};

/// Steps of any update of one order besides its ladder: it looks for a symbol, for up to two orders
/// and a free record, and frees the records of up to two void orders and of its own.
const STEPS: u32 = 64 + 7 * (1 + order::DETOURS) + 64;

/// Steps through the ladder of a side with so many levels: it is searched up to three times.
fn ladder_steps(levels: u32) -> u32 {
    3 * ladder::nodes(0, levels) as u32
}

fn event(action: Action) -> FeedEvent {
    FeedEvent {
        seq_num: SeqNum::from_raw(1),
        symbol_index: SymbolIndex::from_raw(1),
        symbol_seq_num: None,
        ts_event: None,
        action,
    }
}

fn add(id: u64, price: u32) -> FeedEvent {
    event(Action::Add {
        order_id: OrderId::from_raw(id),
        side: Side::Bid,
        price: RawPrice::from_raw(price),
        qty: Qty::from_raw(100),
        sessions: TradeSessions::ALL,
    })
}

fn delete(id: u64) -> FeedEvent {
    event(Action::Delete {
        order_id: OrderId::from_raw(id),
    })
}

/// Applies the events, none of which may be refused, and returns the most steps of one of them.
fn most_steps(books: &mut Books<'_>, events: impl IntoIterator<Item = FeedEvent>) -> u32 {
    let steps_of = |event: FeedEvent| {
        steps::take();
        assert_eq!(
            books.apply(CHANNEL, &event).unwrap().rejection,
            None,
            "{event:?}"
        );
        steps::take()
    };
    events.into_iter().map(steps_of).max().unwrap()
}

fn with_books<R>(orders: u32, levels: u32, run: impl FnOnce(&mut Books<'_>) -> R) -> R {
    let capacity = Capacity {
        symbols: 1,
        orders,
        levels,
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    books
        .define(SymbolIndex::from_raw(1), PriceScale::new(4).unwrap())
        .unwrap();
    let result = run(&mut books);
    books.check_invariants().unwrap();
    result
}

/// Ids in an order that has nothing to do with the one in which they were added.
fn shuffled(count: u64) -> impl Iterator<Item = u64> {
    // 7,919 is a prime that divides no count of these tests.
    (0..count).map(move |n| n * 7_919 % count)
}

#[test]
fn a_crowded_price_slows_no_update() {
    for count in [100, 20_000u64] {
        let steps = with_books(count as u32, 1, |books| {
            let adds = most_steps(books, (0..count).map(|id| add(id, 50)));
            adds.max(most_steps(books, shuffled(count).map(delete)))
        });
        assert!(
            steps <= 40,
            "{steps} steps with {count} orders at one price"
        );
    }
}

#[test]
fn many_prices_slow_an_update_only_by_the_nodes_between_the_best_and_its_own() {
    for count in [100, 5_000u64] {
        with_books(count as u32, count as u32, |books| {
            let bound = STEPS + ladder_steps(count as u32);
            let far = most_steps(books, (0..count).map(|id| add(id, 10_000 - id as u32)));
            assert!(far <= bound, "{far} steps to add, {bound} allowed");
            let any = most_steps(books, shuffled(count).map(delete));
            assert!(any <= bound, "{any} steps to delete, {bound} allowed");
            // Near the best it does not matter how many levels lie behind.
            most_steps(books, (0..count).map(|id| add(id, 1_000 + id as u32)));
            let near = most_steps(
                books,
                (0..50).flat_map(|_| [delete(count - 1), add(count - 1, 9_000)]),
            );
            assert!(near <= 60, "{near} steps at the best with {count} levels");
        });
    }
}

#[test]
fn colliding_ids_slow_no_update_beyond_the_bound_and_fill_the_books_to_the_last_order() {
    let spread = |id: u64| OrderId::from_raw(id << 32).raw();
    let same_low_bits = |id: u64| id << 24 | 5;
    for ids in [&spread as &dyn Fn(u64) -> u64, &same_low_bits] {
        for count in [100, 20_000u64] {
            with_books(count as u32, 100, |books| {
                let price = |id: u64| 1_000 + (id % 100) as u32;
                let adds = most_steps(books, (0..count).map(|id| add(ids(id), price(id))));
                let full = books
                    .apply(CHANNEL, &add(u64::MAX, 1_000))
                    .unwrap()
                    .rejection;
                assert_eq!(full, Some(Rejection::OrdersFull));
                let deletes = most_steps(books, shuffled(count).map(|id| delete(ids(id))));
                let bound = STEPS + ladder_steps(100);
                assert!(
                    adds.max(deletes) <= bound,
                    "{adds} and {deletes}, {bound} allowed"
                );
            });
        }
    }
}

#[test]
fn a_clear_takes_steps_by_its_levels_and_leaves_room_for_all_that_follows() {
    let mut clears = Vec::new();
    for count in [1_000, 20_000u64] {
        with_books(count as u32, 10, |books| {
            for round in 0..3 {
                let price = |id: u64| 1_000 + (id % 10) as u32;
                let first = round * count;
                let adds = most_steps(books, (first..first + count).map(|id| add(id, price(id))));
                assert!(
                    adds <= STEPS + ladder_steps(10),
                    "{adds} steps to add after a clear"
                );
                let full = books
                    .apply(CHANNEL, &add(u64::MAX, 1_000))
                    .unwrap()
                    .rejection;
                assert_eq!(
                    full,
                    Some(Rejection::OrdersFull),
                    "every record is in use again"
                );
                clears.push(most_steps(books, [event(CLEAR)]));
                assert_eq!(books.order_count(), 0);
                assert_eq!(books.level_count(), 0);
            }
        });
    }
    let most = clears.into_iter().max().unwrap();
    assert!(most <= 64 + 3 * 10, "{most} steps to clear ten levels");
}

#[test]
fn a_clear_of_small_levels_frees_their_places_at_once() {
    let per_level = 1 + super::level::FEW * (2 + order::DETOURS);
    with_books(9_000, 1_000, |books| {
        most_steps(
            books,
            (0..9_000).map(|id| add(id, 1_000 + (id % 1_000) as u32)),
        );
        let steps = most_steps(books, [event(CLEAR)]);
        assert!(steps <= 64 + 1_000 * per_level, "{steps} steps");
    });
}
