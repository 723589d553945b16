//! Memory that changed by itself is found, whatever bit of it did.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use oxberry_core::book::{Books, Capacity, Harm, SymbolSlot, Trust};
use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum,
};

const CHANNEL: ChannelId = ChannelId::from_raw(1);
const CAPACITY: Capacity = Capacity {
    symbols: 3,
    orders: 128,
    levels: 96,
};
const SYMBOLS: u32 = 3;

fn event(symbol: u32, number: u32, action: Action) -> FeedEvent {
    FeedEvent {
        seq_num: SeqNum::from_raw(number),
        symbol_index: SymbolIndex::from_raw(symbol),
        symbol_seq_num: Some(SymbolSeqNum::from_raw(number)),
        ts_event: None,
        action,
    }
}

/// A book of each symbol, with ladders that have directories, queues, and places that orders left.
fn fill(books: &mut Books<'_>) {
    for symbol in 0..SYMBOLS {
        let scale = PriceScale::new(4).unwrap();
        books.define(SymbolIndex::from_raw(symbol), scale).unwrap();
        for number in 1..=38 {
            let id = u64::from(symbol << 8 | number);
            let add = Action::Add {
                order_id: OrderId::from_raw(id << 32 | id),
                side: Side::BOTH[number as usize % 2],
                price: RawPrice::from_raw(1_000_000 + number / 3 * 100 + number % 2 * 9_000),
                qty: Qty::from_raw(100 + number),
                sessions: TradeSessions::ALL,
            };
            books.apply(CHANNEL, &event(symbol, number, add)).unwrap();
        }
        let id = u64::from(symbol << 8 | 5);
        let order_id = OrderId::from_raw(id << 32 | id);
        let delete = event(symbol, 39, Action::Delete { order_id });
        assert_eq!(books.apply(CHANNEL, &delete).unwrap().rejection, None);
    }
}

/// All that a book shows.
fn shown(books: &Books<'_>) -> String {
    let of = |slot| {
        let sides = Side::BOTH.map(|side| books.orders(slot, side).collect::<Vec<_>>());
        let depth = Side::BOTH.map(|side| books.depth(slot, side).collect::<Vec<_>>());
        let state = (
            books.trust(slot),
            books.trading_status(slot),
            books.scale(slot),
        );
        format!("{sides:?} {depth:?} {:?} {state:?}", books.bbo(slot))
    };
    books.slots().map(of).collect::<Vec<_>>().join("\n")
}

fn first_damage(books: &Books<'_>) -> Option<oxberry_core::book::Damage> {
    books
        .slots()
        .find_map(|slot| books.scrub(slot, 1_000).err())
}

#[test]
fn whatever_bit_is_flipped_a_book_that_shows_it_is_found_and_nothing_hangs() {
    let mut memory = vec![0; CAPACITY.words()];
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    fill(&mut books);
    assert_eq!(first_damage(&books), None);
    let right = shown(&books);
    let bits = CAPACITY.words() as u64 * 32;
    let (mut found, mut harmless) = (0, 0);
    for bit in 0..bits {
        books.flip_bit(bit);
        if first_damage(&books).is_some() {
            found += 1;
        } else {
            // Neither may reading it panic: links that lead out of the memory are always found.
            let shows = shown(&books);
            let is_right = what_is_seen(&shows) == what_is_seen(&right);
            assert!(is_right, "bit {bit} was not found:\n{shows}\n{right}");
            harmless += 1;
        }
        books.flip_bit(bit);
    }
    assert_eq!((first_damage(&books), shown(&books)), (None, right));
    assert!(found > 20_000 && harmless > 20_000, "{found} {harmless}");
}

/// What a scrub sees of what is shown: not with which session an order ends, and not the upper half of an
/// id, which by chance may leave the order where it is found.
fn what_is_seen(shown: &str) -> String {
    let mut seen = String::new();
    for part in shown.split("OrderId(") {
        let (id, rest) = part.split_once(')').unwrap_or(("", part));
        if let Ok(id) = id.parse::<u64>() {
            seen += &format!("{} ", id & 0xFFFF_FFFF);
        }
        let mut sessions = rest.split("last_session: ");
        seen += sessions.next().unwrap_or_default();
        for rest in sessions {
            seen += rest.split_once('}').map_or(rest, |(_, rest)| rest);
        }
    }
    seen
}

#[test]
fn events_that_come_after_a_flip_never_hang_and_leave_a_book_that_is_found_or_right() {
    let memory_of = || vec![0; CAPACITY.words()];
    let (mut memory, mut other) = (memory_of(), memory_of());
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    fill(&mut books);
    let mut twin = Books::new(CAPACITY, &mut other).unwrap();
    fill(&mut twin);
    let after: Vec<_> = (0..SYMBOLS).flat_map(after).collect();
    for event in &after {
        assert_eq!(twin.apply(CHANNEL, event).unwrap().rejection, None);
    }
    let (right, mut panics, mut found) = (shown(&twin), 0, 0);
    // Every seventh, for which a build without optimisation takes some seconds.
    for bit in (0..CAPACITY.words() as u64 * 32).step_by(7) {
        books.reset();
        fill(&mut books);
        books.flip_bit(bit);
        let applied = catch_unwind(AssertUnwindSafe(|| {
            for event in &after {
                assert!(books.apply(CHANNEL, event).is_ok());
            }
        }));
        if applied.is_err() {
            // A link that leads out of the memory: the process ends, and starts again.
            panics += 1;
        } else if first_damage(&books).is_some() {
            found += 1;
        } else if let Ok(shows) = catch_unwind(AssertUnwindSafe(|| shown(&books))) {
            let is_stale = books.slots().any(|slot| books.trust(slot) != Trust::Live);
            let is_right = what_is_seen(&shows) == what_is_seen(&right);
            assert!(is_stale || is_right, "bit {bit}:\n{shows}\n{right}");
        }
    }
    assert!(found > 1_000 && panics > 100, "{found} {panics}");
}

/// Events that take orders out of queues and levels, and put others there.
fn after(symbol: u32) -> Vec<FeedEvent> {
    let order_id = |number: u32| {
        let id = u64::from(symbol << 8 | number);
        OrderId::from_raw(id << 32 | id)
    };
    let mut number = 39;
    let mut next = |action| {
        number += 1;
        event(symbol, number, action)
    };
    let mut events = Vec::new();
    for order in [1, 3, 8, 9, 20, 32] {
        events.push(next(Action::Delete {
            order_id: order_id(order),
        }));
        events.push(next(Action::Modify {
            order_id: order_id(order + 3),
            price: RawPrice::from_raw(1_004_000 + order),
            qty: Qty::from_raw(7),
            loses_place: true,
        }));
    }
    events
}

#[test]
fn damage_says_where_it_is_and_a_book_with_wrong_values_can_be_made_anew() {
    let mut memory = vec![0; CAPACITY.words()];
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    fill(&mut books);
    let slot = books.slot(SymbolIndex::from_raw(1)).unwrap();
    let id = 1 << 8 | 7;
    let order_id = OrderId::from_raw(id << 32 | id);
    let (side, order) = books.order(slot, order_id).unwrap();
    books.flip_bit(books.bit_of_qty(slot, order_id).unwrap());
    let damage = books.scrub(slot, 1_000).unwrap_err();
    assert_eq!(damage.symbol_index, SymbolIndex::from_raw(1));
    assert_eq!(damage.level, Some((side, order.price)));
    assert_eq!(damage.expected.abs_diff(damage.found), 1);
    assert_eq!(damage.harm, Harm::Values);
    assert!(books.distrust(slot));
    assert_eq!(books.trust(slot), Trust::Stale);
    // A deleted order takes with it what it is, so that the sum stays wrong.
    let delete = event(1, 40, Action::Delete { order_id });
    books.apply(CHANNEL, &delete).unwrap();
    assert!(books.scrub(slot, 1_000).is_err());
    restore(&mut books, slot);
    assert_eq!(first_damage(&books), None);
    assert_eq!(books.check_invariants(), Ok(()));
}

#[test]
fn whatever_bit_is_flipped_a_book_with_wrong_values_harms_no_other_one_until_it_is_made_anew() {
    let memory_of = || vec![0; CAPACITY.words()];
    let (mut memory, mut other) = (memory_of(), memory_of());
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    let mut twin = Books::new(CAPACITY, &mut other).unwrap();
    fill(&mut twin);
    let after: Vec<_> = (0..SYMBOLS).flat_map(after).collect();
    for event in &after {
        twin.apply(CHANNEL, event).unwrap();
    }
    let mut mended = 0;
    for bit in 0..CAPACITY.words() as u64 * 32 {
        books.reset();
        fill(&mut books);
        books.flip_bit(bit);
        let read = |slot| books.scrub(slot, 1_000).err().map(|damage| (slot, damage));
        let damages: Vec<_> = books.slots().filter_map(read).collect();
        if damages.is_empty()
            || damages
                .iter()
                .any(|(_, damage)| damage.harm != Harm::Values)
        {
            continue;
        }
        for &(slot, _) in &damages {
            books.distrust(slot);
        }
        let made_anew = catch_unwind(AssertUnwindSafe(|| {
            for event in &after {
                books.apply(CHANNEL, event).unwrap();
            }
            for &(slot, _) in &damages {
                restore(&mut books, slot);
            }
        }));
        assert!(made_anew.is_ok(), "bit {bit}: {damages:?}");
        assert_eq!(books.check_invariants(), Ok(()), "bit {bit}: {damages:?}");
        for slot in books.slots() {
            let is_damaged = damages.iter().any(|&(damaged, _)| damaged == slot);
            let symbol = books.symbol_index(slot);
            assert!(
                is_damaged || books.digest(slot) == twin.digest(slot),
                "bit {bit}: {symbol}"
            );
        }
        mended += 1;
    }
    assert!(mended > 500, "{mended}");
}

/// Takes the book over from one that nothing happened to.
fn restore(books: &mut Books<'_>, slot: SymbolSlot) {
    let mut memory = vec![0; CAPACITY.words()];
    let mut twin = Books::new(CAPACITY, &mut memory).unwrap();
    fill(&mut twin);
    let from = twin.slot(books.symbol_index(slot)).unwrap();
    let (head, mut reader) = twin.snapshot(from);
    let mut restore = books.restore(&head).unwrap();
    while let Some(order) = reader.next(&twin).unwrap() {
        restore.write(books, &[order]).unwrap();
    }
    restore.finish(books).unwrap();
    assert_eq!(books.sum(slot), twin.sum(from), "replicas have equal sums");
}

#[test]
fn books_are_emptied_without_reading_them() {
    let mut memory = vec![0; CAPACITY.words()];
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    fill(&mut books);
    // The first links of many records.
    for bit in (0..60_000).step_by(64) {
        books.flip_bit(bit);
    }
    assert_eq!(first_damage(&books).unwrap().harm, Harm::Links);
    books.empty();
    assert_eq!(books.check_invariants(), Ok(()));
    assert!(books.slots().all(|slot| books.trust(slot) == Trust::Stale));
    for slot in books.slots() {
        restore(&mut books, slot);
    }
    assert_eq!(books.check_invariants(), Ok(()));
}
