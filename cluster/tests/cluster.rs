//! The cluster's life as its state machines live it: start, flow control, death, end.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::controller::{Census, Report};
use oxberry_cluster::limits::{Limits, WAITING_REPORT_INTERVAL};
use oxberry_cluster::pi;
use oxberry_core::book::Capacity;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::start::RefusedReason;
use oxberry_proto::{Kind, NodeId};
use world::{CAPACITY, Repairs, World, channel};

const LIMITS: Limits = Limits::DEFAULT;

fn two_channels() -> Vec<Vec<oxberry_cluster::channel::Occurrence>> {
    vec![channel(100, 20_000), channel(200, 20_000)]
}

fn is_over(world: &World) -> bool {
    world.outcome.is_some() && world.pis.iter().all(|pi| pi.is_dead || pi.result.is_some())
}

fn is_assigned(world: &World, pi: usize) -> bool {
    let reports = &world.pis[pi].reports;
    reports
        .iter()
        .any(|one| matches!(one, pi::Report::Assigned { .. }))
}

fn node_of(world: &World, pi: usize) -> Option<NodeId> {
    let mut reports = world.pis[pi].reports.iter().rev();
    reports.find_map(|report| {
        let pi::Report::Assigned { node, .. } = report else {
            return None;
        };
        Some(*node)
    })
}

#[test]
fn any_number_of_pis_shows_every_event_once_and_ends_with_equal_books() {
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
        let outcome = world.outcome.clone().unwrap();
        assert!(outcome.is_good(), "{nodes} nodes: {outcome:?}");
        assert!(outcome.missing.is_empty());
        for partition in &outcome.partitions {
            assert_eq!(partition.replicas.len(), nodes.min(2));
        }
        assert_eq!(world.ended_pis, nodes);
        assert!(world.pis.iter().all(|pi| pi.result == Some(true)));
        world.run_for(Duration::from_millis(10));
        // Every event of this feed changes the best price.
        let shown: Vec<_> = world.shown.values().copied().collect();
        assert_eq!(shown, [2_000; 20]);
        assert!(world.is_page_live());
        let of_partitions = outcome.partitions.iter();
        let of_partitions: Vec<_> = of_partitions.map(|one| one.replicas[0].digest).collect();
        digests.push(of_partitions);
    }
    assert!(
        digests.windows(2).all(|two| two[0] == two[1]),
        "books depend on the number of Pis"
    );
}

#[test]
fn pis_that_get_no_partition_hold_nothing_up() {
    let mut world = World::new(5, false, vec![channel(100, 1)]);
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
    world.has_page = false;
    world.run_for(Duration::from_secs(6));
    assert!(world.reports.contains(&Report::AwaitingVisual));
    assert!(!is_assigned(&world, 0));
    world.has_page = true;
    assert!(world.run_until(is_over));
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
    let told = world.reports.iter().filter(|report| **report == waiting);
    assert!(told.count() >= 2);
    world.add_pi("late");
    assert!(world.run_until(is_over));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_small_pi_and_a_superfluous_one_are_sent_away() {
    let mut world = World::new(2, false, two_channels());
    let small = Capacity {
        symbols: 2,
        ..CAPACITY
    };
    world.add_pi_with("small", small);
    world.add_pi("large");
    assert!(world.run_until(|world| !world.refusals(0).is_empty()));
    let reason = RefusedReason::TooSmall { symbols: 20 };
    assert_eq!(world.refusals(0), [reason]);
    world.add_pi("another");
    assert!(world.run_until(|world| world.started.is_some()));
    world.add_pi("superfluous");
    assert!(world.run_until(|world| !world.refusals(3).is_empty()));
    assert_eq!(world.refusals(3), [RefusedReason::NextRun]);
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_page_that_reads_slowly_slows_the_replay_and_loses_nothing() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    world.pis[1].is_stuck = true;
    world.run_for(Duration::from_secs(10));
    assert!(world.outcome.is_none());
    // Of each of 16 streams as much as the window lets through, a batch more, and coverage.
    let bound = 16 * (LIMITS.window_bytes + MAX_BATCH_BYTES + 40 * 64);
    for pi in &world.pis {
        assert!(pi.most_waiting <= bound, "the window was passed");
    }
    world.pis[1].is_stuck = false;
    assert!(world.run_until(is_over));
    assert!(world.outcome.as_ref().unwrap().is_good());
    assert!(world.pis.iter().all(|pi| pi.brain.counters().holes == 0));
}

#[test]
fn a_page_that_does_not_read_is_left_behind_and_brought_up_to_date() {
    let feed = [100, 200].map(|first_symbol| channel(first_symbol, 200_000));
    let mut world = World::new(2, false, feed.to_vec());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    let shown = |world: &World| world.shown.values().sum::<usize>();
    assert!(world.run_until(|world| shown(world) > 5_000));
    let events = |world: &World| {
        let counters = world.pis.iter().map(|pi| pi.brain.counters().events);
        counters.min().unwrap()
    };
    for pi in &mut world.pis {
        pi.is_refused = true;
    }
    let is_away = |world: &World| {
        let mut counters = world.pis.iter().map(|pi| pi.brain.counters());
        counters.all(|counters| counters.receivers_detached == 1)
    };
    world.run_for(LIMITS.receiver_patience / 2);
    let held = events(&world);
    world.run_for(LIMITS.receiver_patience / 4);
    assert_eq!(events(&world), held, "the books do not wait");
    assert!(!is_away(&world));
    assert!(world.run_until(is_away));
    assert!(world.run_until(|world| events(world) > held + 20_000));
    let dropped = |pi: &world::SimulatedPi| pi.brain.counters().stock_frames_dropped > 0;
    for pi in &mut world.pis {
        pi.is_refused = false;
    }
    // What it lacks it sees by itself.
    assert!(world.run_until(|world| world.page.counters().missed > 0));
    assert!(!world.is_page_live());
    assert!(world.run_until(World::is_page_live));
    assert!(world.pis.iter().all(dropped));
    assert!(world.outcome.is_none(), "it is live before the end");
    assert!(world.run_until(is_over));
    assert!(world.outcome.as_ref().unwrap().is_good());
    assert!(world.run_until(World::is_page_live));
    assert!(world.pis.iter().all(|pi| pi.brain.counters().holes == 0));
}

#[test]
fn the_death_of_a_pi_loses_nothing_while_its_twin_lives() {
    let mut world = World::new(3, false, two_channels());
    for name in ["pi-0", "pi-1", "pi-2"] {
        world.add_pi(name);
    }
    // In the middle of the feed, which the other two would not finish without its acknowledgements.
    assert!(world.run_until(|world| world.shown.values().sum::<usize>() > 5_000));
    world.pis[0].is_dead = true;
    let died_at = world.now;
    assert!(world.run_until(is_over));
    assert!(world.now.since(died_at) < LIMITS.node_timeout * 2);
    assert!(world.reports.iter().any(
        |report| matches!(report, Report::Died { name, orphaned } if name == "pi-0" && orphaned.is_empty())
    ));
    assert!(world.outcome.as_ref().unwrap().is_good());
    world.run_for(Duration::from_millis(10));
    let shown: Vec<_> = world.shown.values().copied().collect();
    assert_eq!(shown, [2_000; 20]);
    assert!(world.is_page_live());
}

#[test]
fn the_death_of_the_only_replica_is_said_and_makes_the_run_bad() {
    let mut world = World::new(1, false, two_channels());
    world.add_pi("only");
    assert!(world.run_until(|world| !world.shown.is_empty()));
    world.pis[0].is_dead = true;
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert!(!world.outcome.as_ref().unwrap().is_good());
    assert!(
        world
            .reports
            .iter()
            .any(|report| matches!(report, Report::Died { orphaned, .. } if orphaned.len() == 8))
    );
    world.run_for(LIMITS.node_timeout);
    assert!(!world.is_page_live());
}

#[test]
fn a_pi_that_dies_before_the_start_leaves_its_place_to_another() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.run_for(Duration::from_millis(10));
    world.pis[0].is_dead = true;
    world.run_for(LIMITS.node_timeout + Duration::from_secs(1));
    world.add_pi("pi-1");
    world.add_pi("pi-2");
    assert!(world.run_until(is_over));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn who_takes_the_place_of_a_dead_pi_has_a_number_of_its_own() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(|world| is_assigned(world, 1)));
    world.pis[1].is_dead = true;
    world.run_for(LIMITS.node_timeout + Duration::from_secs(1));
    assert_eq!(world.started, None, "started without all nodes");
    world.add_pi("pi-2");
    assert!(world.run_until(|world| world.started.is_some()));
    assert_ne!(node_of(&world, 2), node_of(&world, 1));
    // Should the dead one come back, it has no place any more.
    world.pis[1].is_dead = false;
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert_eq!(world.refusals(1), [RefusedReason::NextRun]);
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_pi_that_was_only_away_before_the_start_is_taken_back() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(|world| is_assigned(world, 1)));
    world.pis[1].is_dead = true;
    world.run_for(LIMITS.node_timeout + Duration::from_secs(1));
    world.pis[1].is_dead = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(world.outcome.unwrap().partitions[0].replicas.len(), 2);
}

#[test]
fn a_pi_that_is_ready_says_so_once_a_beat_until_the_feed_starts() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(|world| is_assigned(world, 1)));
    world.pis[1].is_dead = true;
    world.run_for(LIMITS.beat * 4);
    let readies = world.pis[0].said[&(Kind::Ready as u8)];
    assert!((4..=6).contains(&readies), "{readies}");
}

#[test]
fn a_controller_that_starts_afresh_plays_a_later_run_to_the_pis_and_the_page_that_live() {
    for await_visual in [false, true] {
        let mut world = World::new(2, await_visual, two_channels());
        world.add_pi("pi-0");
        world.add_pi("pi-1");
        assert!(world.run_until(|world| world.shown.values().sum::<usize>() > 5_000));
        let before = world.started.unwrap();
        world.restart_controller_afresh();
        assert!(world.run_until(is_over), "{:?}", world.reports);
        let after = world.started.unwrap();
        assert_eq!(after.identity, before.identity);
        assert!(after.generation > before.generation);
        assert!(world.outcome.as_ref().unwrap().is_good());
        assert_eq!(world.page.run(), Some(after));
        assert!(world.is_page_live());
    }
}

#[test]
fn a_controller_that_stood_still_takes_nobody_for_dead() {
    let mut world = World::new(2, false, two_channels());
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(|world| world.shown.values().sum::<usize>() > 5_000));
    let late = world.now.after(LIMITS.node_timeout * 3);
    world.controller.handle_timeout(late);
    assert!(world.run_until(is_over));
    let died = |report: &&Report| matches!(report, Report::Died { .. });
    assert_eq!(world.reports.iter().find(died), None);
}

#[test]
fn a_batch_that_is_lost_for_good_is_noticed_and_makes_its_symbols_stale() {
    let mut world = World::new(1, false, vec![channel(100, 20_000)]);
    world.add_pi("pi");
    world.lost_batches = vec![20];
    world.repairs = Repairs::None;
    assert!(world.run_until(is_over));
    let hole = |report: &pi::Report| matches!(report, pi::Report::Hole { .. });
    assert!(world.pis[0].reports.iter().any(hole));
    let outcome = world.outcome.as_ref().unwrap();
    let not_live = outcome.partitions.iter();
    let not_live: u32 = not_live.map(|one| one.replicas[0].not_live).sum();
    assert!(not_live > 0);
    let symbols = world.pis[0].brain.standing().symbols;
    assert_eq!((symbols.stale, symbols.live), (not_live, 10 - not_live));
    world.run_for(Duration::from_millis(10));
    assert!(!world.is_page_live());
}

#[test]
fn after_the_end_nobody_wants_another_turn_at_once() {
    let mut world = World::new(2, false, vec![channel(100, 100)]);
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(is_over));
    world.run_for(LIMITS.node_timeout * 2);
    let due = world.page.poll_timeout();
    assert!(due.is_none_or(|due| due > world.now), "{due:?}");
    assert!(world.is_page_live());
    assert_eq!(world.controller.poll_timeout(), None);
}

#[test]
fn how_all_stand_is_told_from_the_first_hello_to_the_end() {
    // More than the windows let through at once.
    let feed = [100, 200].map(|first_symbol| channel(first_symbol, 100_000));
    let mut world = World::new(2, false, feed.to_vec());
    world.add_pi("pi-0");
    world.run_for(Duration::from_millis(10));
    let waiting = Census {
        nodes_expected: 2,
        joined: 1,
        ..Census::default()
    };
    assert_eq!(world.controller.census(), waiting);
    assert_eq!(world.pis[0].brain.standing().partitions, 0);
    assert!(!world.pis[0].brain.standing().is_member);

    world.add_pi("pi-1");
    assert!(world.run_until(|world| world.shown.values().sum::<usize>() > 5_000));
    let playing = Census {
        is_playing: true,
        nodes_expected: 2,
        ready: 2,
        partitions: 8,
        ..Census::default()
    };
    assert_eq!(world.controller.census(), playing);
    world.pis[1].is_stuck = true;
    world.run_for(Duration::from_secs(2));
    let [reads, stuck] = [0, 1].map(|pi| world.pis[pi].brain.standing());
    assert_eq!((reads.stock_frames, stuck.stock_frames > 0), (0, true));
    assert!(stuck.stock_frames_room < reads.stock_frames_room);
    // Who takes no data hears nothing.
    assert_eq!((reads.is_silent, stuck.is_silent), (false, true));
    for standing in [reads, stuck] {
        assert!(standing.is_member && standing.is_ready);
        assert_eq!((standing.partitions, standing.symbols.live), (8, 20));
    }
    assert_eq!(reads.streams, 16);
    assert_eq!(world.pis[0].brain.positions().count(), 16);

    world.pis[1].is_dead = true;
    assert!(world.run_until(is_over));
    let census = world.controller.census();
    assert_eq!((census.gone, census.dead, census.is_playing), (1, 1, false));
    assert_eq!((census.partitions, census.partitions_orphaned), (8, 0));
    assert_eq!(world.pis[0].brain.standing().streams_ended, 16);
}

#[test]
fn streams_that_fall_silent_and_partitions_that_nobody_holds_are_counted() {
    let mut world = World::new(1, false, two_channels());
    world.add_pi("only");
    assert!(world.run_until(|world| !world.shown.is_empty()));
    world.pis[0].is_dead = true;
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert_eq!(world.controller.census().partitions_orphaned, 8);
    let pi = &mut world.pis[0].brain;
    pi.handle_timeout(world.now.after(LIMITS.silence()));
    let standing = pi.standing();
    assert!(standing.is_silent);
    assert_eq!(standing.streams_silent, standing.streams);
}
