//! Books that are made as new ones are.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, Beginning, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
    SymbolSeqNum, TradeId,
};

const CAPACITY: Capacity = Capacity {
    symbols: 4,
    orders: 256,
    levels: 128,
};
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// Orders on many levels, void ones among them, trades, and trust that was lost.
fn fill(books: &mut Books<'_>) {
    let scale = PriceScale::new(4).unwrap();
    let slots: Vec<_> = (0..CAPACITY.symbols)
        .map(|symbol| books.define(SymbolIndex::from_raw(symbol), scale).unwrap())
        .collect();
    for number in 1..=300_u32 {
        let symbol = number % CAPACITY.symbols;
        let action = match number % 10 {
            0 => Action::Trade {
                price: RawPrice::from_raw(number),
                qty: Qty::from_raw(1),
                trade_id: TradeId::from_raw(number),
                printable: true,
            },
            _ => Action::Add {
                order_id: OrderId::from_raw(number.into()),
                side: Side::Bid,
                price: RawPrice::from_raw(1_000 + number / 3),
                qty: Qty::from_raw(number),
                sessions: TradeSessions::ALL,
            },
        };
        let event = FeedEvent {
            seq_num: SeqNum::from_raw(number),
            symbol_index: SymbolIndex::from_raw(symbol),
            symbol_seq_num: Some(SymbolSeqNum::from_raw(1 + number / CAPACITY.symbols)),
            ts_event: None,
            action,
        };
        books.apply(CHANNEL, &event).unwrap();
    }
    let close = FeedEvent {
        seq_num: SeqNum::from_raw(301),
        symbol_index: SymbolIndex::from_raw(1),
        symbol_seq_num: None,
        ts_event: None,
        action: Action::Close,
    };
    books.apply(CHANNEL, &close).unwrap();
    books.lost(slots[2], CHANNEL, SeqNum::from_raw(9));
    let beginning = Beginning {
        is_announced: true,
        numbering: Numbering::from_raw(7),
        after: SeqNum::from_raw(0),
        failover: true,
    };
    books.begins(slots[3], CHANNEL, &beginning);
}

#[test]
fn books_that_were_reset_are_as_new_ones_are_and_do_the_same_again() {
    let (mut of_new, mut of_used) = (vec![0; CAPACITY.words()], vec![u32::MAX; CAPACITY.words()]);
    let mut new = Books::new(CAPACITY, &mut of_new).unwrap();
    let mut used = Books::new(CAPACITY, &mut of_used).unwrap();
    fill(&mut used);
    assert!(used.order_count() > 0);
    used.reset();
    // All there is, to the last word of the memory.
    assert_eq!(format!("{used:?}"), format!("{new:?}"));
    used.check_invariants().unwrap();
    fill(&mut new);
    fill(&mut used);
    assert_eq!(format!("{used:?}"), format!("{new:?}"));
    assert_eq!(used.digest_of_all(), new.digest_of_all());
}
