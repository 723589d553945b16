//! A channel put in order over a network that does everything that networks do, from one seed.
//!
//! Every message says in its body which one it is, so that nothing can be delivered twice, out of
//! order, or in place of another without being noticed.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that fails says why on standard output"
)]

mod line_world;

use std::collections::BTreeMap;

use line_world::{Faults, Run, Server};
use oxberry_core::line::LineCounters;

/// Runs with a random subset of faults each.
const RUNS: u64 = 150;

#[test]
fn every_message_is_delivered_once_in_order_or_said_to_be_lost() {
    if let Ok(seed) = std::env::var("OXBERRY_SEED") {
        let seed = seed.parse().expect("OXBERRY_SEED is a number");
        let run = Run::new(seed, Faults::drawn(seed));
        println!("{:#?}", run.play());
        return;
    }
    let mut seen = BTreeMap::new();
    for seed in 0..RUNS {
        for (path, times) in paths(&Run::new(seed, Faults::drawn(seed)).play().counters) {
            *seen.entry(path).or_insert(0) += times;
        }
    }
    for (path, times) in seen {
        assert!(times > 0, "no run led there: {path}");
    }
}

#[test]
fn while_one_line_has_it_nothing_is_lost_and_nobody_is_asked() {
    for seed in 0..20 {
        let faults = Faults {
            loss: true,
            duplication: true,
            reordering: true,
            one_line_at_a_time: true,
            ..Faults::NONE
        };
        let counters = Run::new(seed, faults).play().counters;
        assert_eq!(counters.messages_lost, 0, "seed {seed}");
        assert_eq!(counters.requests, 0, "seed {seed}");
        assert!(
            counters.filled_by_a > 0 && counters.filled_by_b > 0,
            "seed {seed}"
        );
    }
}

#[test]
fn a_good_request_server_makes_up_for_both_lines() {
    for seed in 0..20 {
        let faults = Faults {
            loss: true,
            outages: true,
            ..Faults::NONE
        };
        let outcome = Run::new(seed, faults).play();
        assert_eq!(outcome.counters.messages_lost, 0, "seed {seed}");
        assert!(outcome.counters.filled_by_retransmission > 0, "seed {seed}");
    }
}

#[test]
fn without_a_request_server_losses_are_told_and_the_state_is_not_live() {
    for seed in 0..20 {
        let faults = Faults {
            outages: true,
            server: Server::Absent,
            ..Faults::NONE
        };
        let outcome = Run::new(seed, faults).play();
        assert!(outcome.counters.messages_lost > 0, "seed {seed}");
        assert!(!outcome.live_at_end, "seed {seed}");
    }
}

/// The rare paths, each of which some run must have taken.
fn paths(counters: &LineCounters) -> [(&'static str, u64); 20] {
    [
        ("heartbeat", counters.heartbeats),
        ("duplicate", counters.duplicates),
        ("late", counters.late),
        ("held", counters.held),
        ("straddles the expected number", counters.messages_skipped),
        ("damaged", counters.damaged),
        ("stray", counters.stray),
        ("failover", counters.failover),
        ("filled by line A", counters.filled_by_a),
        ("filled by line B", counters.filled_by_b),
        (
            "filled by retransmission",
            counters.filled_by_retransmission,
        ),
        ("given up", counters.messages_lost),
        ("retransmission asked for", counters.requests),
        ("request refused", counters.requests_refused),
        ("message unavailable", counters.unavailable),
        ("refresh asked for", counters.refresh_requests),
        ("refresh", counters.refreshes),
        ("unwanted", counters.unwanted),
        ("numbering starts again", counters.restarts),
        (
            "numbering starts again unannounced",
            counters.restarts_unannounced,
        ),
    ]
}
