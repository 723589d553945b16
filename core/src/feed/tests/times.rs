//! Which second an event happened in.

use super::*;
use crate::units::UnixNanos;
use crate::xdp::{
    Dialect, LegacyDeleteOrder, PartitionTimeReference, PillarDeleteOrder, SymbolTimeReference,
};

#[test]
fn seconds_come_from_the_symbol_in_2011_and_from_the_partition_later() {
    let mut feed = Fixture::new(Dialect::Legacy);
    let delete = |number, source_time_ns| LegacyDeleteOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        source_time_ns,
        ..Default::default()
    };
    assert_eq!(feed.send(delete(1, 5))[0].ts_event, None);
    // The reference has a number within the symbol.
    let reference = SymbolTimeReference {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(2),
        source_time: 1_324_300_000,
    };
    assert_eq!(feed.action(reference), Action::Other);
    let time = Some(UnixNanos::from_parts(1_324_300_000, 5));
    assert_eq!(feed.send(delete(3, 5))[0].ts_event, time);
    assert_eq!(feed.normalizer.counters().times_unknown, 1);

    let mut feed = Fixture::new(Dialect::Pillar);
    let delete = |number, source_time_ns| PillarDeleteOrder {
        symbol_index: SYMBOL,
        symbol_seq_num: seq(number),
        source_time_ns,
        ..Default::default()
    };
    assert_eq!(feed.send(delete(1, 5))[0].ts_event, None);
    let reference = |id, source_time| PartitionTimeReference {
        id,
        symbol_seq_num: 0,
        source_time,
    };
    assert_eq!(feed.actions(reference(7, 1)), []);
    assert_eq!(feed.send(delete(2, 5))[0].ts_event, None);
    assert_eq!(feed.actions(reference(15, 1_645_642_895)), []);
    let time = Some(UnixNanos::from_parts(1_645_642_895, 5));
    assert_eq!(feed.send(delete(3, 5))[0].ts_event, time);
    assert_eq!(feed.actions(reference(256, 1)), []);
    assert_eq!(feed.normalizer.counters().bad_values, 1);
}

#[test]
fn lost_messages_make_the_second_unknown_until_it_is_told_again() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let reference = PartitionTimeReference {
        id: 15,
        symbol_seq_num: 0,
        source_time: 100,
    };
    feed.send(reference);
    assert!(feed.send(other(1))[0].ts_event.is_some());
    feed.normalizer.forget_seconds();
    assert_eq!(feed.send(other(2))[0].ts_event, None);
    feed.send(reference);
    assert!(feed.send(other(3))[0].ts_event.is_some());
}
