//! Events applied in batches do what they do one by one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum, TradeId,
};

/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// Symbols that are defined; the stream names one more.
const SYMBOLS: u32 = 50;
const CAPACITY: Capacity = Capacity {
    symbols: SYMBOLS,
    orders: 130_000,
    levels: 20_000,
};

/// A stream that first adds so many orders and then is of all kinds; some of it is refused.
fn stream(adds: u64, mixed: u64) -> Vec<FeedEvent> {
    (1..=adds + mixed)
        .map(|number| {
            // Odd factors, so that symbols, ids and kinds have nothing to do with each other.
            let dice = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
            let order_id = OrderId::from_raw(if number > adds { dice % adds } else { number });
            let symbol = (order_id.raw() % u64::from(SYMBOLS + 1)) as u32;
            let price = RawPrice::from_raw(10_000 + (dice % 200) as u32);
            let qty = Qty::from_raw(1 + (dice % 300) as u32);
            let trade_id = TradeId::from_raw(1);
            let kind = if number > adds { dice / 7 % 20 } else { 0 };
            let action = match kind {
                0..6 => Action::Add {
                    order_id,
                    side: Side::BOTH[(order_id.raw() / 3 % 2) as usize],
                    price,
                    qty,
                    sessions: TradeSessions::ALL,
                },
                6..12 => Action::Delete { order_id },
                12..14 => Action::Modify {
                    order_id,
                    price,
                    qty,
                    loses_place: dice % 2 == 0,
                },
                14..17 => Action::Execute {
                    order_id,
                    price,
                    qty,
                    trade_id,
                    effect: ExecutionEffect::Reduce,
                    printable: true,
                },
                17..19 => Action::Replace {
                    order_id,
                    new_order_id: OrderId::from_raw(adds + number),
                    price,
                    qty,
                },
                _ if dice % 500 == 0 => Action::Clear {
                    next: SymbolSeqNum::from_raw(1),
                },
                _ => Action::Trade {
                    price,
                    qty,
                    trade_id,
                    printable: true,
                },
            };
            FeedEvent {
                seq_num: SeqNum::from_raw(1),
                symbol_index: SymbolIndex::from_raw(symbol),
                symbol_seq_num: None,
                ts_event: None,
                action,
            }
        })
        .collect()
}

fn books(memory: &mut [u32]) -> Books<'_> {
    let mut books = Books::new(CAPACITY, memory).unwrap();
    for symbol in 0..SYMBOLS {
        let scale = PriceScale::new(4).unwrap();
        books.define(SymbolIndex::from_raw(symbol), scale).unwrap();
    }
    books
}

#[test]
fn batches_of_any_size_do_what_single_events_do() {
    let events = stream(120_000, 60_000);
    let (mut memory, mut other_memory) = (vec![0; CAPACITY.words()], vec![0; CAPACITY.words()]);
    let (mut single, mut batched) = (books(&mut memory), books(&mut other_memory));
    let (mut rest, mut size, mut most) = (events.as_slice(), 1, 0);
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(size.min(rest.len()));
        let mut expected = batch.iter();
        batched.apply_batch(CHANNEL, batch, |books, event, applied| {
            assert_eq!(Some(event), expected.next());
            assert_eq!(applied.copied(), single.apply(CHANNEL, event));
            if let Ok(applied) = applied {
                assert_eq!(books.bbo(applied.slot), single.bbo(applied.slot));
            }
        });
        assert_eq!(expected.next(), None, "every event is told of");
        most = most.max(batched.order_count());
        (rest, size) = (after, size % 97 + 1);
    }
    assert!(
        most > 110_000,
        "enough orders rest for looking ahead: {most}"
    );
    assert_eq!(batched.counters(), single.counters());
    assert!(batched.counters().unknown_symbols > 0 && batched.counters().unknown_orders > 0);
    batched.check_invariants().unwrap();
    assert_eq!(batched.digest_of_all(), single.digest_of_all());
}
