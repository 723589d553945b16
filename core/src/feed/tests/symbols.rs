//! How symbols are defined, and what becomes of messages of unknown ones.

use super::*;
use crate::units::{PriceScale, SymbolIndex};
use crate::xdp::{CrossCorrection, Dialect, PartitionTimeReference};

#[test]
fn a_definition_sets_the_scale_and_its_partition_and_is_told_each_time() {
    let mut feed = Fixture::new(Dialect::Xdp);
    let defined = |code| Action::Define {
        scale: PriceScale::new(code).unwrap(),
        is_whole: true,
    };
    for code in [4, 6, 6] {
        assert_eq!(feed.actions(definition(SYMBOL, code, 3)), [defined(code)]);
    }
    feed.send(PartitionTimeReference {
        id: 3,
        symbol_seq_num: 0,
        source_time: 100,
    });
    assert!(feed.send(other(1))[0].ts_event.is_some());
    // Its prices cannot be told any more.
    assert_eq!(
        feed.actions(definition(SYMBOL, 10, 3)),
        [Action::Unreadable]
    );
    assert_eq!(feed.normalizer.counters().bad_scales, 1);

    let [new, one_too_many] = [5, 6].map(SymbolIndex::from_raw);
    let events = feed.send(definition(new, 6, 3));
    assert_eq!(
        (events[0].symbol_index, events[0].action),
        (new, defined(6))
    );
    assert_eq!(feed.actions(definition(one_too_many, 6, 3)), []);
    assert_eq!(feed.normalizer.counters().symbols_without_room, 1);
}

#[test]
fn an_unknown_symbol_harms_nobody_and_the_first_one_is_told() {
    let mut feed = Fixture::new(Dialect::Pillar);
    for index in [77, 78] {
        let message = CrossCorrection {
            symbol_index: SymbolIndex::from_raw(index),
            symbol_seq_num: seq(1),
            ..Default::default()
        };
        assert_eq!(feed.actions(message), []);
    }
    let counters = feed.normalizer.counters();
    assert_eq!(counters.unknown_symbols, 2);
    assert_eq!(
        counters.first_unknown_symbol,
        Some(SymbolIndex::from_raw(77))
    );
    assert_eq!(feed.actions(other(1)), [Action::Other]);
}

#[test]
fn a_symbol_that_is_defined_after_messages_of_unknown_ones_may_not_be_whole() {
    let mut feed = Fixture::new(Dialect::Pillar);
    let unknown = SymbolIndex::from_raw(77);
    let message = CrossCorrection {
        symbol_index: unknown,
        symbol_seq_num: seq(1),
        ..Default::default()
    };
    assert_eq!(feed.actions(message), []);
    let defined = |is_whole| Action::Define {
        scale: PriceScale::new(4).unwrap(),
        is_whole,
    };
    // One that was known had all its messages told.
    assert_eq!(feed.actions(definition(SYMBOL, 4, 15)), [defined(true)]);
    assert_eq!(feed.actions(definition(unknown, 4, 15)), [defined(false)]);
    assert_eq!(feed.actions(definition(unknown, 4, 15)), [defined(true)]);

    let mut feed = Fixture::new(Dialect::Pillar);
    feed.actions(message);
    // The numbers of all symbols begin anew.
    feed.normalizer.begin();
    assert_eq!(feed.actions(definition(unknown, 4, 15)), [defined(true)]);
}
