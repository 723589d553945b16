//! Books that a keeper keeps of a whole source.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod packets;

use oxberry_core::book::{Books, Capacity, Trust};
use oxberry_core::units::{PriceScale, Side, SymbolIndex};
use oxberry_core::xdp::DeliveryFlag;
use oxberry_feed::keeper::Keeper;
use oxberry_feed::source::{Filter, Source};
use packets::{SYMBOL, mapping, orders, reset};

const CAPACITY: Capacity = Capacity {
    symbols: 2,
    orders: 100,
    levels: 100,
};

/// Reads a channel file of these packets: events told, trust of the symbol, orders that rest, packets
/// that were none.
fn kept(packets: &[Vec<u8>]) -> (usize, Trust, usize, u64) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("20120621-ARCA_XDP_IBF_1.dat");
    std::fs::write(&file, packets.concat()).unwrap();
    let mut memory = vec![0; CAPACITY.words()];
    let mut books = Books::new(CAPACITY, &mut memory).unwrap();
    let scale = PriceScale::new(4).unwrap();
    for symbol in 1..=2 {
        books.define(SymbolIndex::from_raw(symbol), scale).unwrap();
    }
    let source = Source::open(&file, Filter::default()).unwrap();
    let mut events = 0;
    let mut keeper = Keeper::new(books, |_, _, _| events += 1);
    keeper.read(source, &mapping()).unwrap();
    assert_eq!(keeper.unknown, 0);
    let slot = keeper.books.slot(SYMBOL).unwrap();
    let resting = keeper.books.orders(slot, Side::Bid).count();
    let (trust, faulty) = (keeper.books.trust(slot), keeper.faulty);
    (events, trust, resting, faulty)
}

fn original(first: u32, count: u32, sent: u64) -> Vec<u8> {
    orders(DeliveryFlag::ORIGINAL, first, count, sent)
}

#[test]
fn a_keeper_reads_a_source_to_its_end_in_order() {
    let packets = [reset(0), original(2, 2, 1), original(4, 3, 2)];
    assert_eq!(kept(&packets), (5, Trust::Live, 5, 0));
    // The last packets are swapped: the last one waits for the one before until the end.
    let [reset, first, last] = packets;
    assert_eq!(kept(&[reset, last, first]), (5, Trust::Live, 5, 0));
}

#[test]
fn a_keeper_calls_stale_what_a_loss_touched() {
    let packets = [reset(0), original(2, 2, 1), original(5, 2, 2)];
    assert_eq!(kept(&packets), (4, Trust::Stale, 4, 0));
}
