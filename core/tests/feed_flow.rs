//! Real order flow, whole days of it, comes through complete and in order.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;

use oxberry_core::feed::{Action, Channel, EventsOnly, ExecutionEffect, FeedEvent, FeedSymbol};
use oxberry_core::line::Continuity;
use oxberry_core::symbol;
use oxberry_core::units::SymbolSeqNum;
use oxberry_core::xdp::{Certainty, Detector, Dialect};

/// Feeds all channel files of a dialect through channels and returns their events.
fn events(dialect: Dialect) -> Option<Vec<FeedEvent>> {
    let directory = support::data()?.join("flow").join(dialect.name());
    let mapping = std::fs::read_to_string(directory.join("ARCASymbolMapping.txt")).unwrap();
    let mut events = Vec::new();
    for number in 1..=4 {
        let file =
            std::fs::read(directory.join(format!("20120621-ARCA_XDP_IBF_{number}.dat"))).unwrap();
        let mut channel = Channel::new(dialect, [FeedSymbol::EMPTY; 4]);
        for (_, line) in symbol::lines(&mapping) {
            let line = line.unwrap();
            channel.define(line.symbol_index, line.system_id).unwrap();
        }
        let mut detector = Detector::new();
        for packet in support::dat_packets(&file) {
            detector.packet(&packet);
            let sequence = channel
                .packet(&packet, &mut EventsOnly(|event| events.push(event)))
                .unwrap();
            assert!(
                matches!(sequence, Continuity::InOrder | Continuity::Reset),
                "{sequence:?}"
            );
        }
        // Channels 3 and 4 have nothing but a sequence reset.
        let verdict = detector.verdict();
        assert!(number > 2 || verdict.dialect == dialect, "{verdict}");
        assert!(
            number > 2 || verdict.certainty == Certainty::Certain,
            "{verdict}"
        );
        let counters = channel.normalizer().counters();
        assert_eq!(
            [
                counters.unknown_types,
                counters.unknown_flags,
                counters.malformed,
                counters.bad_values,
                counters.unlisted_codes,
                counters.unknown_symbols,
                counters.times_unknown,
                counters.unclaimed_bytes,
            ],
            [0; 8],
            "{counters:?}"
        );
    }
    Some(events)
}

/// No number of a symbol is missing, none comes twice, time never runs back.
fn assert_complete(events: &[FeedEvent]) {
    let mut last = BTreeMap::new();
    for event in events {
        let Some(number) = event.symbol_seq_num else {
            assert!(
                matches!(event.action, Action::Clear { .. } | Action::Define { .. }),
                "{event:?}"
            );
            continue;
        };
        let ts_event = event.ts_event.unwrap();
        let (previous, earlier) = last
            .insert(event.symbol_index, (number, ts_event))
            .unwrap_or((SymbolSeqNum::from_raw(0), ts_event));
        assert_eq!(number, previous.next());
        assert!(ts_event >= earlier, "{event:?}");
    }
    assert_eq!(last.len(), 2, "GOOG and MSFT");
}

/// How many events of each kind there are.
fn kinds(events: &[FeedEvent]) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for event in events {
        let kind = match event.action {
            Action::Add { .. } => "add",
            Action::Modify { .. } => "modify",
            Action::Delete { .. } => "delete",
            Action::Execute {
                effect: ExecutionEffect::Reduce,
                ..
            } => "reduce",
            Action::Execute {
                effect: ExecutionEffect::Fill,
                ..
            } => "fill",
            Action::Replace { .. } => "replace",
            Action::Trade { .. } => "trade",
            _ => "other",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

#[test]
fn a_day_of_pillar_flow_is_complete_and_in_order() {
    let Some(events) = events(Dialect::Pillar) else {
        return;
    };
    assert_complete(&events);
    println!("{:?}", kinds(&events));
}

#[test]
fn a_day_of_legacy_flow_is_complete_and_in_order() {
    let Some(events) = events(Dialect::Legacy) else {
        return;
    };
    assert_complete(&events);
    println!("{:?}", kinds(&events));
}
