//! The cluster's life as its two state machines live it: start, flow control, death, end.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use oxberry_cluster::controller::Report;
use oxberry_cluster::limits::{NODE_TIMEOUT, WAITING_REPORT_INTERVAL, WINDOW_BATCHES};
use oxberry_cluster::pi::{self, Stop};
use oxberry_core::book::Capacity;
use oxberry_core::feed::{Action, FeedEvent, TradeSessions};
use oxberry_core::units::{OrderId, Qty, RawPrice, Side, SymbolIndex, SymbolSeqNum, UnixNanos};
use oxberry_proto::start::RefusedReason;
use oxberry_proto::stock::StockEvent;
use world::{CAPACITY, World};

/// `count` events of ten symbols: orders that join and leave around a slowly moving price.
fn events(first_symbol: u32, count: u32) -> Vec<FeedEvent> {
    (0..count)
        .map(|number| {
            let symbol = first_symbol + number % 10;
            let seq = number / 10 + 1;
            let order_id = OrderId::from_raw(u64::from(seq.div_ceil(2)));
            let (side, away) = if seq % 4 < 2 {
                (Side::Bid, 0)
            } else {
                (Side::Ask, 200)
            };
            let action = if seq % 2 == 1 {
                Action::Add {
                    order_id,
                    side,
                    price: RawPrice::from_raw(100_000 + seq / 50 * 10 + away),
                    qty: Qty::from_raw(100 + seq % 7),
                    sessions: TradeSessions::ALL,
                }
            } else {
                Action::Delete { order_id }
            };
            FeedEvent {
                symbol_index: SymbolIndex::from_raw(symbol),
                symbol_seq_num: Some(SymbolSeqNum::from_raw(seq)),
                ts_event: Some(UnixNanos::from_raw(u64::from(number))),
                action,
            }
        })
        .collect()
}

fn two_channels() -> Vec<Vec<FeedEvent>> {
    vec![events(100, 20_000), events(200, 20_000)]
}

/// The stock events of every symbol once, in the order of their numbers, as a page sees them.
fn without_twins(world: &World) -> BTreeMap<SymbolIndex, Vec<StockEvent>> {
    let mut seen: BTreeMap<SymbolIndex, BTreeMap<u64, StockEvent>> = BTreeMap::new();
    for event in world.stock.values().flatten() {
        let of_symbol = seen.entry(event.symbol_index).or_default();
        let first = of_symbol.entry(event.event_num.raw()).or_insert(*event);
        assert_eq!(first, event, "twins disagree");
    }
    seen.into_iter()
        .map(|(symbol, events)| (symbol, events.into_values().collect()))
        .collect()
}

fn is_over(world: &World) -> bool {
    world.outcome.is_some() && world.pis.iter().all(|pi| pi.is_dead || pi.stop.is_some())
}

#[test]
fn any_number_of_pis_gets_every_event_and_ends_with_equal_books() {
    let mut digests = Vec::new();
    for nodes in 1..=5 {
        let mut world = World::new(nodes, false, two_channels());
        for number in 0..nodes {
            world.add_pi(&format!("pi-{number}"));
        }
        assert!(
            world.run_until(is_over),
            "{nodes} nodes: {:?}",
            world.reports
        );
        let outcome = world.outcome.as_ref().unwrap();
        assert!(outcome.is_good(), "{nodes} nodes: {outcome:?}");
        for partition in &outcome.partitions {
            assert_eq!(partition.replicas.len(), nodes.min(2));
        }
        let published: u64 = outcome.partitions.iter().map(|one| one.published).sum();
        assert_eq!(published, 40_000);
        assert_eq!(world.ended_pis, nodes);
        assert!(
            world
                .pis
                .iter()
                .all(|pi| pi.stop == Some(Stop::Finished { equal: true }))
        );
        let all: Vec<_> = outcome
            .partitions
            .iter()
            .map(|one| one.replicas[0].digest)
            .collect();
        digests.push(all);
        for events in without_twins(&world).values() {
            let numbers = events.iter().map(|event| event.event_num.raw());
            assert!(
                numbers.eq(1..=events.len() as u64),
                "stock events are missing"
            );
        }
    }
    assert!(
        digests.windows(2).all(|two| two[0] == two[1]),
        "books depend on the number of Pis"
    );
}

#[test]
fn pis_that_get_no_partition_hold_nothing_up() {
    let mut world = World::new(5, false, vec![events(100, 1)]);
    for number in 0..5 {
        world.add_pi(&format!("pi-{number}"));
    }
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let outcome = world.outcome.unwrap();
    assert!(outcome.is_good());
    assert_eq!(outcome.partitions.len(), 1);
    assert_eq!(world.ended_pis, 5);
}

#[test]
fn nothing_starts_before_the_visualisation_asked_when_it_is_awaited() {
    let mut world = World::new(1, true, two_channels());
    world.add_pi("pi");
    world.run_for(Duration::from_secs(6));
    assert!(world.reports.contains(&Report::AwaitingVisual));
    assert!(
        !world.pis[0]
            .reports
            .iter()
            .any(|one| matches!(one, pi::Report::Assigned { .. }))
    );
    world.ask_for_symbols();
    assert!(world.run_until(is_over));
    assert_eq!(world.visual_answers, 1);
}

#[test]
fn the_visualisation_may_ask_again_at_any_time() {
    let mut world = World::new(1, false, two_channels());
    world.add_pi("pi");
    world.run_for(Duration::from_millis(20));
    world.ask_for_symbols();
    world.ask_for_symbols();
    assert!(world.run_until(is_over));
    assert_eq!(world.visual_answers, 2);
}

#[test]
fn a_pi_that_never_comes_is_named_until_it_comes() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("early");
    world.run_for(WAITING_REPORT_INTERVAL * 3);
    let waiting = Report::AwaitingNodes {
        present: vec!["early".to_owned()],
        expected: 2,
    };
    assert!(
        world
            .reports
            .iter()
            .filter(|report| **report == waiting)
            .count()
            >= 2
    );
    world.add_pi("late");
    assert!(world.run_until(is_over));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_second_pi_of_the_same_name_a_superfluous_and_a_small_one_are_sent_away() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi_with(
        "small",
        Capacity {
            symbols: 2,
            ..CAPACITY
        },
    );
    world.add_pi("large");
    let is_refused = |world: &World| world.pis[0].stop.is_some();
    assert!(world.run_until(is_refused));
    let reason = RefusedReason::TooSmall { symbols: 20 };
    assert_eq!(world.pis[0].stop, Some(Stop::Refused(reason)));
    world.add_pi("another");
    assert!(world.run_until(|world| {
        world
            .reports
            .iter()
            .any(|report| matches!(report, Report::Started { nodes: 2, .. }))
    }));
    world.add_pi("superfluous");
    assert!(world.run_until(|world| world.pis[3].stop.is_some()));
    assert_eq!(world.pis[3].stop, Some(Stop::Refused(RefusedReason::Full)));
    assert!(world.run_until(is_over));
}

#[test]
fn a_page_that_does_not_read_slows_the_replay_and_loses_nothing() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    world.pis[1].is_stuck = true;
    world.run_for(Duration::from_secs(10));
    assert!(world.outcome.is_none());
    let bound = WINDOW_BATCHES * 2 * 8;
    assert!(
        world.pis.iter().all(|pi| pi.most_waiting <= bound),
        "the window was passed"
    );
    world.pis[1].is_stuck = false;
    assert!(world.run_until(is_over));
    assert!(world.outcome.as_ref().unwrap().is_good());
    let count = |name: &str| world.stock[name].len();
    assert_eq!(count("pi-0"), count("pi-1"));
}

#[test]
fn a_pi_without_news_still_tells_the_page_every_second_that_it_is_there() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("stuck");
    world.add_pi("idle");
    // The replay waits for the one, so the other has nothing to say.
    world.pis[0].is_stuck = true;
    world.run_for(Duration::from_secs(2));
    let (frames, events) = (world.pis[1].stock_frames, world.stock["idle"].len());
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.pis[1].stock_frames - frames, 10);
    assert_eq!(world.stock["idle"].len(), events);
}

#[test]
fn the_death_of_a_pi_loses_nothing_while_its_twin_lives() {
    let mut healthy = World::new(3, false, two_channels());
    let mut world = World::new(3, false, two_channels());
    for name in ["pi-0", "pi-1", "pi-2"] {
        healthy.add_pi(name);
        world.add_pi(name);
    }
    assert!(healthy.run_until(is_over));
    // In the middle of the feed, which the other two would not finish without its acknowledgements.
    assert!(world.run_until(|world| world.stock_events() > 5_000));
    world.pis[0].is_dead = true;
    let died_at = world.now;
    assert!(world.run_until(is_over));
    assert!(world.now.since(died_at) < NODE_TIMEOUT * 2);
    assert!(world.reports.iter().any(
        |report| matches!(report, Report::Died { name, orphaned } if name == "pi-0" && orphaned.is_empty())
    ));
    assert!(world.outcome.as_ref().unwrap().is_good());
    assert_eq!(without_twins(&world), without_twins(&healthy));
}

#[test]
fn the_death_of_the_only_replica_is_said_and_makes_the_run_bad() {
    let mut world = World::new(1, false, two_channels());
    world.add_pi("only");
    assert!(world.run_until(|world| world.stock_events() > 0));
    world.pis[0].is_dead = true;
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert!(!world.outcome.as_ref().unwrap().is_good());
    assert!(
        world
            .reports
            .iter()
            .any(|report| matches!(report, Report::Died { orphaned, .. } if orphaned.len() == 8))
    );
}

#[test]
fn a_pi_that_dies_before_the_start_leaves_its_place_to_another() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.run_for(Duration::from_millis(10));
    world.pis[0].is_dead = true;
    world.run_for(NODE_TIMEOUT + Duration::from_secs(1));
    world.add_pi("pi-1");
    world.add_pi("pi-2");
    assert!(world.run_until(is_over));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_pi_that_dies_while_it_is_pinged_is_replaced_before_the_feed_starts() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    let assigned = |world: &World| {
        world.pis[1]
            .reports
            .iter()
            .any(|one| matches!(one, pi::Report::Assigned { .. }))
    };
    assert!(world.run_until(assigned));
    world.pis[1].is_dead = true;
    world.run_for(NODE_TIMEOUT + Duration::from_secs(1));
    assert_eq!(world.stock_events(), 0, "started without all nodes");
    world.add_pi("pi-2");
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_lost_batch_is_noticed_and_makes_its_symbols_stale() {
    let mut world = World::new(1, false, vec![events(100, 20_000)]);
    world.add_pi("pi");
    world.lose_next_batch();
    assert!(world.run_until(is_over));
    assert!(
        world.pis[0]
            .reports
            .iter()
            .any(|report| matches!(report, pi::Report::StreamGap { missing, .. } if *missing > 0)),
        "{:?}",
        world.pis[0].reports
    );
    assert!(world.pis[0].brain.counters().missing > 0);
    let outcome = world.outcome.unwrap();
    assert!(
        outcome
            .partitions
            .iter()
            .any(|partition| partition.replicas[0].stale_symbols > 0)
    );
    assert!(
        world.stock["pi"]
            .iter()
            .any(|event| { event.state == oxberry_proto::stock::SymbolState::Stale })
    );
}
