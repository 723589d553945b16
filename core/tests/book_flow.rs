//! Books built from real order flow equal the depth that was published with it, row by row.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;

use oxberry_core::book::{BookCounters, Books, Capacity, SymbolSlot, Trust};
use oxberry_core::feed::{Channel, EventsOnly, FeedEvent, FeedSymbol};
use oxberry_core::symbol;
use oxberry_core::units::{ChannelId, Side, SymbolIndex};
use oxberry_core::xdp::Dialect;

/// Levels of each side in a published row.
const DEPTH: usize = 10;

/// The published rows of one symbol: price and quantity of bid 1, ask 1, bid 2, …, by number.
type Rows = BTreeMap<u32, Vec<u64>>;

fn published(directory: &std::path::Path, symbol: &str) -> Rows {
    let file = directory.join(format!("expected/{symbol}.csv.zst"));
    let csv = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let row = |line: &str| {
        let mut values = line.split(',').map(|value| value.parse::<u64>().unwrap());
        let number = u32::try_from(values.next().unwrap()).unwrap();
        (number, values.collect())
    };
    csv.lines().skip(1).map(row).collect()
}

/// The best levels as a published row has them; no level is `0,0`.
fn row(books: &Books<'_>, slot: SymbolSlot) -> Vec<u64> {
    let mut row = vec![0; DEPTH * 4];
    for side in Side::BOTH {
        for (rank, level) in books.depth(slot, side).take(DEPTH).enumerate() {
            row[rank * 4 + side as usize * 2] = u64::from(level.price.raw());
            row[rank * 4 + side as usize * 2 + 1] = level.qty;
        }
    }
    row
}

/// Applies the whole flow and compares every published row; says how many there were.
fn compare(dialect: Dialect) -> Option<usize> {
    let directory = support::data()?.join("flow").join(dialect.name());
    let mapping = std::fs::read_to_string(directory.join("ARCASymbolMapping.txt")).unwrap();
    let capacity = Capacity {
        symbols: 2,
        orders: 4_000,
        levels: 2_000,
    };
    let mut memory = vec![0; capacity.words()];
    let mut books = Books::new(capacity, &mut memory).unwrap();
    let mut rows: BTreeMap<SymbolIndex, Rows> = BTreeMap::new();
    for (_, line) in symbol::lines(&mapping) {
        let line = line.unwrap();
        books.define(line.symbol_index, line.price_scale).unwrap();
        rows.insert(line.symbol_index, published(&directory, line.symbol));
    }
    let mut compared = 0;
    for number in 1..=2_u8 {
        let file =
            std::fs::read(directory.join(format!("20120621-ARCA_XDP_IBF_{number}.dat"))).unwrap();
        let mut channel = Channel::new(dialect, [FeedSymbol::EMPTY; 4]);
        for (_, line) in symbol::lines(&mapping) {
            let line = line.unwrap();
            channel.define(line.symbol_index, line.system_id).unwrap();
        }
        for packet in support::dat_packets(&file) {
            let mut compare = EventsOnly(|event: FeedEvent| {
                let applied = books.apply(ChannelId::from_raw(number), &event).unwrap();
                assert_eq!(applied.rejection, None, "{event:?}");
                let Some(number) = event.symbol_seq_num else {
                    return;
                };
                if let Some(want) = rows[&event.symbol_index].get(&number.raw()) {
                    assert_eq!(&row(&books, applied.slot), want, "after {event:?}");
                    compared += 1;
                }
            });
            channel.packet(&packet, &mut compare).unwrap();
        }
    }
    books.check_invariants().unwrap();
    for slot in books.slots() {
        assert_eq!(books.trust(slot), Trust::Live);
        eprintln!(
            "symbol index {}: {:?}",
            books.symbol_index(slot),
            books.statistics(slot)
        );
    }
    let counters = books.counters();
    let mut nothing_wrong = BookCounters::default();
    nothing_wrong.events = counters.events;
    assert_eq!(counters, nothing_wrong);
    assert_eq!(compared, rows.values().map(Rows::len).sum::<usize>());
    Some(compared)
}

#[test]
fn every_published_row_of_pillar_flow_is_the_depth_of_the_book() {
    let compared = compare(Dialect::Pillar);
    assert!(
        compared.is_none_or(|rows| rows == 144_525),
        "{compared:?} rows"
    );
}

#[test]
fn every_published_row_of_legacy_flow_is_the_depth_of_the_book() {
    let compared = compare(Dialect::Legacy);
    assert!(
        compared.is_none_or(|rows| rows == 148_916),
        "{compared:?} rows"
    );
}
