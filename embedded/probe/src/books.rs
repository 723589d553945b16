//! Books and matching.

use core::fmt::Write;
use core::hint::black_box;

use oxberry_core::book::{Books, Capacity, ChannelPast, Memory};
use oxberry_core::feed::{Beginning, FeedEvent};
use oxberry_core::matching::{InlineMatcher, LimitOrder};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
};

use crate::messages::first_event;
use crate::wire::Nowhere;

const CAPACITY: Capacity = Capacity {
    symbols: 2,
    orders: 64,
    levels: 32,
};

pub(crate) fn touch(bytes: &[u8]) {
    let mut memory = Memory::<{ CAPACITY.words() }>::new();
    match Books::new(CAPACITY, memory.words()) {
        Ok(books) => keep(books, first_event(bytes)),
        Err(error) => {
            let _ = write!(Nowhere, "{error}");
        }
    }
    matches();
}

fn keep(mut books: Books<'_>, event: Option<FeedEvent>) {
    let symbol_index = SymbolIndex::from_raw(black_box(1));
    let Some(scale) = PriceScale::new(black_box(4)) else {
        return;
    };
    let _ = write!(Nowhere, "{:?}", books.define(symbol_index, scale));
    if let Some(event) = event {
        let channel = ChannelId::from_raw(black_box(1));
        let mut past = ChannelPast::default();
        past.lost(SeqNum::from_raw(black_box(7)));
        let _ = write!(Nowhere, "{:?}", books.define_by(channel, &past, &event));
        let _ = write!(Nowhere, "{:?}", books.apply(ChannelId::from_raw(1), &event));
    }
    for slot in books.slots() {
        let _ = write!(Nowhere, "{:?}{:?}", books.bbo(slot), books.trust(slot));
        let beginning = Beginning {
            is_announced: true,
            numbering: Numbering::UNNAMED,
            after: SeqNum::from_raw(0),
            failover: black_box(true),
        };
        let channel = ChannelId::from_raw(black_box(1));
        black_box(books.begins(slot, channel, &beginning));
        let last = SeqNum::from_raw(black_box(7));
        black_box(books.lost(slot, channel, last));
        black_box(books.refresh_broken(slot, channel));
        black_box(books.settled(slot, channel));
        let _ = write!(Nowhere, "{:?}", books.trading_status(slot));
        for side in [Side::Bid, Side::Ask] {
            black_box(books.depth(slot, side).count());
            black_box(books.orders(slot, side).count());
        }
        let order_id = OrderId::from_raw(black_box(1));
        let _ = write!(Nowhere, "{:?}", books.queue_position(slot, order_id));
        let _ = write!(
            Nowhere,
            "{:?}{:?}",
            books.statistics(slot),
            books.digest(slot)
        );
        let (head, mut reader) = books.snapshot(slot);
        let _ = write!(Nowhere, "{:?}", reader.next(&books));
        if let Ok(restore) = books.restore(&head) {
            let _ = write!(Nowhere, "{:?}", restore.finish(&mut books));
        }
    }
    let _ = write!(
        Nowhere,
        "{:?}{:?}",
        books.counters(),
        books.check_invariants()
    );
}

fn matches() {
    let mut matcher = InlineMatcher::<64, 16>::inline();
    for side in [Side::Bid, Side::Ask] {
        let order = LimitOrder {
            id: OrderId::from_raw(black_box(1)),
            side,
            price: RawPrice::from_raw(black_box(100)),
            qty: Qty::from_raw(black_box(10)),
        };
        let entered = matcher.enter(order, &mut |trade| {
            let _ = write!(Nowhere, "{trade:?}");
        });
        let _ = write!(Nowhere, "{entered:?}{:?}", matcher.best(side));
        black_box(matcher.cancel(order.id).is_ok());
        black_box(matcher.orders(side).count());
    }
}
