//! What books of a given size weigh: stated, and measured.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

use oxberry_core::book::{Books, Capacity};
use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
use oxberry_core::units::{
    ChannelId, OrderId, PriceScale, Qty, RawPrice, SeqNum, Side, SymbolIndex,
};

/// The channel of all events.
const CHANNEL: ChannelId = ChannelId::from_raw(1);

/// Resident memory of this process in bytes.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}

/// Fills books to the last order and returns their bytes, having compared them with what is measured.
fn fill(capacity: Capacity) -> usize {
    let before = resident();
    let mut memory = vec![0; capacity.words()];
    assert_eq!(size_of_val(memory.as_slice()), capacity.bytes());
    let mut books = Books::new(capacity, &mut memory).unwrap();
    for symbol in 0..capacity.symbols {
        let scale = PriceScale::new(4).unwrap();
        books.define(SymbolIndex::from_raw(symbol), scale).unwrap();
    }
    for id in 0..capacity.orders {
        let symbol = id % capacity.symbols;
        // As many prices as there are levels.
        let price = 1_000 + id / capacity.symbols % (capacity.levels / capacity.symbols);
        let action = Action::Add {
            order_id: OrderId::from_raw(u64::from(id)),
            side: Side::Bid,
            price: RawPrice::from_raw(price),
            qty: Qty::from_raw(100),
            sessions: TradeSessions::ALL,
        };
        let symbol_index = SymbolIndex::from_raw(symbol);
        let event = FeedEvent {
            seq_num: SeqNum::from_raw(1),
            symbol_index,
            symbol_seq_num: None,
            ts_event: None,
            action,
        };
        assert_eq!(books.apply(CHANNEL, &event).unwrap().rejection, None);
    }
    assert_eq!(
        (books.order_count(), books.level_count()),
        (capacity.orders, capacity.levels)
    );
    if let (Some(before), Some(after)) = (before, resident()) {
        let measured = after.saturating_sub(before);
        println!(
            "{capacity:?}: {} bytes stated, {measured} measured",
            capacity.bytes()
        );
        // The allocator keeps some pages of its own, and the other tests of this process have few.
        assert!(
            measured.abs_diff(capacity.bytes()) < 1 << 20,
            "{measured} bytes measured"
        );
    }
    capacity.bytes()
}

#[test]
fn four_thousand_symbols_with_half_a_million_orders_fit_into_64_mib() {
    let capacity = Capacity {
        symbols: 4_000,
        orders: 500_000,
        levels: 300_000,
    };
    assert!(fill(capacity) <= 64 << 20, "{} bytes", capacity.bytes());
}

#[test]
#[ignore = "fills 4 million orders; a nightly command"]
fn eight_thousand_symbols_with_four_million_orders_fit_into_320_mib() {
    let capacity = Capacity {
        symbols: 8_000,
        orders: 4_000_000,
        levels: 1_000_000,
    };
    assert!(fill(capacity) <= 320 << 20, "{} bytes", capacity.bytes());
}

#[test]
fn memory_is_what_symbols_orders_and_levels_are_stated_to_take() {
    let base = Capacity {
        symbols: 8_192,
        orders: 800_000,
        levels: 900_000,
    };
    let more = |symbols, orders, levels| {
        let larger = Capacity {
            symbols: base.symbols + symbols,
            orders: base.orders + orders,
            levels: base.levels + levels,
        };
        larger.bytes() - base.bytes()
    };
    // 60 in the table and 3.2 for levels kept by void orders.
    assert_eq!(more(0, 100_000, 0), 6_320_000, "63.2 bytes an order");
    // 32 for the level, 36.6 in the ladder.
    assert_eq!(more(0, 0, 70_000), 4_800_000, "68.6 bytes a level");
    // 64 for the record, 4 for its name, 320 for the tape, 512 for ladders and their directories, 16 in the index as
    // it doubles.
    assert_eq!(
        more(8_192, 0, 0),
        8_192 * (64 + 4 + 320 + 512 + 16),
        "916 bytes a symbol"
    );
}

#[test]
fn a_capacity_beyond_all_numbers_asks_for_more_memory_than_there_is() {
    let capacity = Capacity {
        symbols: 1,
        orders: u32::MAX,
        levels: 1,
    };
    assert_eq!(capacity.words(), usize::MAX);
    let error = Books::new(capacity, &mut [0; 4]).unwrap_err();
    assert_eq!((error.needed, error.got), (usize::MAX, 4));
}
