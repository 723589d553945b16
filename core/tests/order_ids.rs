//! Ids as venues give them: none may crowd out another while there is room.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
};

/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

const CAPACITY: Capacity = Capacity {
    symbols: 100,
    orders: 100_000,
    levels: 10_000,
};

/// Adds so many orders, each with the id of its number, and expects all of them to rest.
fn all_find_room(name: &str, orders: u64, id: impl Fn(u64) -> u64) {
    let mut memory = vec![0; CAPACITY.words()];
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    for symbol in 0..CAPACITY.symbols {
        books
            .define(SymbolIndex::from_raw(symbol), PriceScale::new(4).unwrap())
            .unwrap();
    }
    for number in 0..orders {
        let symbol = u32::try_from(number % u64::from(CAPACITY.symbols)).unwrap();
        let applied = books.apply(
            CHANNEL,
            &FeedEvent {
                seq_num: SeqNum::from_raw(1),
                symbol_index: SymbolIndex::from_raw(symbol),
                symbol_seq_num: None,
                ts_event: None,
                action: Action::Add {
                    order_id: OrderId::from_raw(id(number)),
                    side: Side::Bid,
                    price: RawPrice::from_raw(10_000),
                    qty: Qty::from_raw(100),
                    sessions: TradeSessions::ALL,
                },
            },
        );
        let rejection = applied.unwrap().rejection;
        assert_eq!(rejection, None, "{name}: order {number}");
    }
}

#[test]
fn ids_that_cluster_find_room_up_to_most_of_the_capacity() {
    let orders = 80_000;
    all_find_room("one counter", orders, |number| number + 1);
    all_find_room("a counter a symbol", orders, |number| number / 100 + 1);
    all_find_room("a counter with the symbol below", orders, |number| {
        ((number / 100) << 16) | (number % 100)
    });
    all_find_room("a counter a matching engine", orders, |number| {
        (number % 4) << 40 | (number / 4 + 1)
    });
    all_find_room("only high bits differ", orders, |number| number << 32 | 7);
    all_find_room("a counter in steps of a power of two", orders, |number| {
        number << 12
    });
}
