//! Books that are too small.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;

use oxberry_core::book::{Books, Capacity, Rejection, Trust};
use oxberry_core::feed::{Action, ExecutionEffect, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex, SymbolSeqNum, TradeId,
};

/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// A generator of numbers that are the same everywhere (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap()
}

/// A stream in which every event names an order that rests, or is an add.
fn stream(symbols: u32, events: usize, seed: u64) -> Vec<FeedEvent> {
    let mut numbers = Numbers(seed);
    let mut resting: Vec<Vec<(u64, u32)>> = vec![Vec::new(); symbols as usize];
    (1..=events as u64)
        .map(|id| {
            // The first symbols are the busiest.
            let symbol = (numbers.below(u64::from(symbols)) * numbers.below(100) / 100) as usize;
            let orders = &mut resting[symbol];
            let (kind, price) = (numbers.below(100), 1_000 + small(numbers.below(60)));
            let action = if kind < 55 || orders.is_empty() {
                let side = Side::BOTH[(id % 2) as usize];
                orders.push((id, 100));
                Action::Add {
                    order_id: OrderId::from_raw(id),
                    side,
                    price: RawPrice::from_raw(price + 100 * (side as u32)),
                    qty: Qty::from_raw(100),
                    sessions: TradeSessions::ALL,
                }
            } else {
                let at = numbers.below(orders.len() as u64) as usize;
                let (order, qty) = orders[at];
                let order_id = OrderId::from_raw(order);
                if kind < 80 {
                    orders.swap_remove(at);
                    Action::Delete { order_id }
                } else if kind < 90 && qty > 10 {
                    orders[at].1 -= 10;
                    Action::Execute {
                        order_id,
                        price: RawPrice::from_raw(price),
                        qty: Qty::from_raw(10),
                        trade_id: TradeId::from_raw(1),
                        effect: ExecutionEffect::Reduce,
                        printable: true,
                    }
                } else {
                    orders[at] = (id, 100);
                    Action::Replace {
                        order_id,
                        new_order_id: OrderId::from_raw(id),
                        price: RawPrice::from_raw(price),
                        qty: Qty::from_raw(100),
                    }
                }
            };
            FeedEvent {
                seq_num: SeqNum::from_raw(1),
                symbol_index: SymbolIndex::from_raw(small(symbol as u64)),
                symbol_seq_num: None,
                ts_event: None,
                action,
            }
        })
        .collect()
}

fn define_all(books: &mut Books<'_>, symbols: u32) {
    for symbol in 0..symbols {
        let scale = PriceScale::new(4).unwrap();
        books.define(SymbolIndex::from_raw(symbol), scale).unwrap();
    }
}

#[test]
fn what_does_not_fit_is_counted_and_reported_and_the_other_symbols_are_exact() {
    const SYMBOLS: u32 = 50;
    let events = stream(SYMBOLS, 40_000, 7);
    let enough = Capacity {
        symbols: SYMBOLS,
        orders: 40_000,
        levels: 40_000,
    };
    let mut memory = vec![0; enough.words()];
    let mut truth = Books::new(enough, &mut memory).unwrap();
    define_all(&mut truth, SYMBOLS);
    for event in &events {
        assert_eq!(truth.apply(CHANNEL, event).unwrap().rejection, None);
    }
    let (orders, levels) = (truth.order_count(), truth.level_count());
    let mut seen_exact = 0;
    for (orders, levels) in [
        (orders * 9 / 10, levels),
        (orders, levels * 9 / 10),
        (orders / 3, levels / 3),
    ] {
        let capacity = Capacity {
            symbols: SYMBOLS,
            orders,
            levels,
        };
        let mut memory = vec![0; capacity.words()];
        let mut books = Books::new(capacity, &mut memory).unwrap();
        define_all(&mut books, SYMBOLS);
        let mut reported: BTreeMap<SymbolIndex, Vec<Rejection>> = BTreeMap::new();
        for event in &events {
            let before = books.trust(books.slot(event.symbol_index).unwrap());
            let applied = books.apply(CHANNEL, event).unwrap();
            if let Some(rejection) = applied.rejection {
                reported
                    .entry(event.symbol_index)
                    .or_default()
                    .push(rejection);
                assert_eq!(books.trust(applied.slot), Trust::Stale);
            }
            let after = books.trust(applied.slot);
            assert_eq!(
                applied.trust_changed,
                before != after,
                "a change of trust is told"
            );
        }
        books.check_invariants().unwrap();

        let of = |kind| {
            reported
                .values()
                .flatten()
                .filter(|&&other| other == kind)
                .count() as u64
        };
        let counters = books.counters();
        assert_eq!(counters.orders_full, of(Rejection::OrdersFull));
        assert_eq!(counters.levels_full, of(Rejection::LevelsFull));
        assert_eq!(counters.unknown_orders, of(Rejection::UnknownOrder));
        assert_eq!(
            counters.ids_crowded, 0,
            "an order finds a place while there is room"
        );
        assert!(
            counters.orders_full + counters.levels_full > 0,
            "the books were too small"
        );

        for slot in books.slots() {
            if reported.contains_key(&books.symbol_index(slot)) {
                assert_eq!(books.trust(slot), Trust::Stale);
            } else {
                seen_exact += 1;
                assert_eq!(books.trust(slot), Trust::Live);
                assert_eq!(books.digest(slot), truth.digest(slot));
            }
        }

        // A clear makes each of them live again, and there is room again.
        for slot in books.slots() {
            let symbol_index = books.symbol_index(slot);
            let clear = FeedEvent {
                seq_num: SeqNum::from_raw(1),
                symbol_index,
                symbol_seq_num: None,
                ts_event: None,
                action: Action::Clear {
                    next: SymbolSeqNum::from_raw(1),
                },
            };
            books.apply(CHANNEL, &clear).unwrap();
            assert_eq!(books.trust(slot), Trust::Live);
        }
        assert_eq!((books.order_count(), books.level_count()), (0, 0));
    }
    assert!(seen_exact > 0, "some symbols lost nothing");
}
