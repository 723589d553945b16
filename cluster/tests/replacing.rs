//! Partitions whose replica died, and in whose place nobody comes, get another one on a Pi that is there.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::controller::Report;
use oxberry_cluster::limits::Limits;
use oxberry_core::book::{Capacity, Trust};
use oxberry_core::units::ChannelId;
use oxberry_proto::StreamId;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::start::RefusedReason;
use world::{CAPACITY, Source, World, channel};

const LIMITS: Limits = Limits::DEFAULT;
const WAIT: Duration = Duration::from_secs(10);
const NAMES: [&str; 4] = ["pi-0", "pi-1", "pi-2", "pi-3"];

/// More than all queues hold.
const EVENTS: u32 = 100_000;

/// A cluster of so many Pis whose feed has paused in its middle.
fn halfway(pis: usize) -> World {
    let feed = vec![channel(100, EVENTS), channel(200, EVENTS)];
    let mut world = World::new(pis, false, feed);
    world.replace_after(WAIT);
    for name in &NAMES[..pis] {
        world.add_pi(name);
    }
    paused(world)
}

fn paused(mut world: World) -> World {
    assert!(world.run_until(|world| world.shown.values().sum::<usize>() > 5_000));
    world.is_paused = true;
    world
}

/// A Pi dies, and its death is found.
fn die(world: &mut World, at: usize) {
    world.pis[at].is_dead = true;
    world.run_for(LIMITS.node_timeout + LIMITS.beat);
}

fn is_over(world: &World) -> bool {
    let is_at_end = |pi: &world::SimulatedPi| pi.is_dead || pi.result.is_some();
    world.outcome.is_some() && world.pis.iter().all(is_at_end)
}

fn takes(world: &World) -> usize {
    let takes = |report: &&Report| matches!(report, Report::Takes { .. });
    world.reports.iter().filter(takes).count()
}

/// The living Pis that hold each partition.
fn holders_of(world: &World) -> Vec<Vec<usize>> {
    let holders = |partition| {
        let stream = StreamId {
            channel: ChannelId::from_raw(1),
            partition,
        };
        let holds = |at: &usize| {
            let pi = &world.pis[*at];
            !pi.is_dead && pi.brain.position(stream).is_some()
        };
        (0..world.pis.len()).filter(holds).collect()
    };
    world.controller.table().partitions().map(holders).collect()
}

/// Whether each partition is on two living Pis.
fn is_whole(world: &World) -> bool {
    holders_of(world).iter().all(|holders| holders.len() == 2)
}

/// How many books of a Pi are not live.
fn ill(world: &World, at: usize) -> usize {
    let books = world.pis[at].brain.books();
    let slots = books.slots();
    slots
        .filter(|&slot| books.trust(slot) != Trust::Live)
        .count()
}

/// Plays to the end, at which each partition is on so many Pis that have all of it, and the same.
fn end_well(world: &mut World, replicas: usize) {
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let outcome = world.outcome.as_ref().unwrap();
    assert!(
        outcome.is_good() && outcome.missing.is_empty(),
        "{outcome:?}"
    );
    for partition in &outcome.partitions {
        assert_eq!(partition.replicas.len(), replicas, "{partition:?}");
        let first = &partition.replicas[0];
        for replica in &partition.replicas {
            assert_eq!((replica.not_live, replica.digest), (0, first.digest));
            assert_eq!(replica.symbols, first.symbols);
        }
    }
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live());
}

#[test]
fn what_a_dead_pi_held_is_on_two_others_when_the_time_is_over() {
    let mut world = halfway(4);
    let before = holders_of(&world);
    die(&mut world, 0);
    world.run_for(WAIT - LIMITS.beat * 4);
    assert_eq!(takes(&world), 0);
    world.run_for(LIMITS.beat * 8);
    assert!(is_whole(&world), "{:?}", holders_of(&world));
    let moved = before.iter().filter(|holders| holders.contains(&0)).count();
    assert_eq!(takes(&world), moved, "nothing else moves");
    assert_eq!(world.controller.counters().takes, moved as u64);
    // Sixteen replicas on three Pis.
    for at in 1..4 {
        let holders = holders_of(&world);
        let held = holders.iter().filter(|holders| holders.contains(&at));
        assert!((5..=6).contains(&held.count()), "{holders:?}");
    }
    assert!(world.run_until(|world| (1..4).all(|at| ill(world, at) == 0)));
    assert!(world.is_page_live(), "the takers vouch for what they took");
    end_well(&mut world, 2);
}

#[test]
fn a_pi_that_comes_back_in_time_has_its_place_and_nothing_moves() {
    let mut world = halfway(3);
    let before = holders_of(&world);
    die(&mut world, 0);
    world.restart_pi(0, NAMES[0]);
    world.pis[0].is_dead = false;
    world.run_for(WAIT * 2);
    assert_eq!(takes(&world), 0, "{:?}", world.reports);
    assert_eq!(holders_of(&world), before);
    end_well(&mut world, 2);
}

#[test]
fn who_comes_later_has_nothing_at_first_and_takes_what_the_next_one_leaves() {
    let mut world = halfway(3);
    die(&mut world, 0);
    world.run_for(WAIT + LIMITS.beat * 8);
    assert!(is_whole(&world));
    world.restart_pi(0, NAMES[0]);
    world.pis[0].is_dead = false;
    assert!(world.run_until(|world| world.pis[0].brain.standing().is_ready));
    let held = |world: &World| {
        holders_of(world)
            .iter()
            .filter(|of| of.contains(&0))
            .count()
    };
    assert_eq!(held(&world), 0);
    assert_eq!(world.controller.census().dead, 0);
    // It has come to the end of nothing, and reported that.
    assert!(world.run_until(|world| world.controller.census().done == 1));
    die(&mut world, 1);
    world.run_for(WAIT + LIMITS.beat * 8);
    assert!(is_whole(&world));
    assert_eq!(held(&world), holders_of(&world).len());
    assert!(world.run_until(|world| ill(world, 0) == 0));
    end_well(&mut world, 2);
}

#[test]
fn what_both_replicas_held_is_had_out_of_the_feed() {
    let mut world = halfway(4);
    world.reading.source = Source::Prompt;
    world.pis[0].is_dead = true;
    die(&mut world, 1);
    assert!(
        holders_of(&world).iter().any(Vec::is_empty),
        "{:?}",
        holders_of(&world)
    );
    world.run_for(WAIT + LIMITS.beat * 8);
    assert!(is_whole(&world), "{:?}", holders_of(&world));
    assert!(world.run_until(|world| ill(world, 2) + ill(world, 3) == 0));
    assert!(world.controller.counters().books_rebuilt > 0);
    end_well(&mut world, 2);
}

#[test]
fn what_nobody_held_waits_for_its_takers_from_their_first_word_on() {
    let mut world = halfway(4);
    world.pis[0].is_dead = true;
    die(&mut world, 1);
    world.run_for(WAIT + LIMITS.beat * 8);
    assert!(is_whole(&world), "{:?}", holders_of(&world));
    for at in 2..4 {
        world.pis[at].most_waiting = 0;
        world.pis[at].is_stuck = true;
    }
    world.is_paused = false;
    world.run_for(LIMITS.node_timeout * 2);
    assert!(
        world.controller.census().is_playing,
        "the feed went on to nobody"
    );
    // Of each of the streams as much as the window lets through, and coverage.
    let bound = 16 * (LIMITS.window_bytes + MAX_BATCH_BYTES + 40 * 64);
    for at in 2..4 {
        assert!(world.pis[at].most_waiting <= bound);
        world.pis[at].is_stuck = false;
    }
    assert!(world.run_until(is_over), "{:?}", world.reports);
}

#[test]
fn a_feed_that_ends_meanwhile_waits_for_those_who_were_told() {
    for beats in 0..4 {
        let mut world = halfway(3);
        die(&mut world, 0);
        assert!(world.run_until(|world| takes(world) > 0));
        world.run_for(Duration::from_millis(beats));
        world.is_paused = false;
        assert!(world.run_until(is_over), "{:?}", world.reports);
        let outcome = world.outcome.as_ref().unwrap();
        assert!(outcome.is_good(), "{outcome:?}");
        // Nobody is told any more once the feed has ended; whoever was told has it all.
        let replicas = outcome.partitions.iter().flat_map(|one| &one.replicas);
        assert!(replicas.clone().all(|replica| replica.not_live == 0));
        let told = takes(&world);
        let lacking = holders_of(&world).iter().filter(|of| of.len() < 2).count();
        assert_eq!(replicas.count(), 16 - lacking);
        assert!((2..16).contains(&told), "{told}");
    }
}

#[test]
fn a_taker_that_dies_before_it_answers_is_waited_for_by_nobody() {
    let mut world = halfway(4);
    die(&mut world, 0);
    assert!(world.run_until(|world| takes(world) > 0));
    for at in 1..3 {
        world.pis[at].is_dead = true;
    }
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(
        world.outcome.as_ref().unwrap().missing,
        Vec::<String>::new()
    );
}

#[test]
fn where_nobody_has_room_that_is_told_once_and_the_run_ends() {
    let feed = vec![channel(100, EVENTS), channel(200, EVENTS)];
    let mut world = World::new(4, false, feed);
    world.replace_after(WAIT);
    // Each gets four partitions of two or three symbols.
    let small = Capacity {
        symbols: 12,
        ..CAPACITY
    };
    for name in &NAMES {
        world.add_pi_with(name, small);
    }
    let mut world = paused(world);
    die(&mut world, 0);
    world.run_for(WAIT * 4);
    let told = world.reports.iter().filter_map(|report| {
        if let Report::NobodyTakes { partitions } = report {
            Some(partitions)
        } else {
            None
        }
    });
    let mut told: Vec<_> = told.flatten().map(|of| usize::from(of.raw())).collect();
    told.sort_unstable();
    let holders = holders_of(&world);
    let lacking = (0..8).filter(|at| holders[*at].len() < 2);
    assert_eq!(told, lacking.collect::<Vec<_>>(), "each once");
    assert!(!told.is_empty());
    for at in 1..4 {
        assert!(world.pis[at].brain.books().slots().len() <= 12);
    }
    assert_eq!(world.controller.counters().takes_refused, 0);
    // One that has room comes, and has what is left.
    world.restart_pi(0, "new");
    world.pis[0].is_dead = false;
    assert!(world.run_until(is_whole), "{:?}", holders_of(&world));
    assert!(world.run_until(|world| ill(world, 0) == 0));
    end_well(&mut world, 2);
}

#[test]
fn a_controller_that_starts_again_knows_who_took_what() {
    let mut world = halfway(3);
    die(&mut world, 0);
    world.run_for(WAIT + LIMITS.beat * 8);
    assert!(world.run_until(|world| ill(world, 1) + ill(world, 2) == 0));
    let holders = holders_of(&world);
    world.restart_controller();
    world.reports.clear();
    let went_on = |world: &World| {
        let on = |report: &Report| {
            matches!(
                report,
                Report::GoesOn {
                    nodes: 2,
                    absent: 0,
                    ..
                }
            )
        };
        world.reports.iter().any(on)
    };
    assert!(world.run_until(went_on), "{:?}", world.reports);
    world.run_for(LIMITS.node_timeout + WAIT * 2);
    assert_eq!(holders_of(&world), holders);
    assert_eq!(takes(&world), 0);
    // The dead one had no place any more, and yet one is missing.
    world.restart_pi(0, NAMES[0]);
    world.pis[0].is_dead = false;
    assert!(world.run_until(|world| world.pis[0].brain.standing().is_ready));
    assert!(!world.refusals(0).contains(&RefusedReason::Full));
    die(&mut world, 2);
    world.run_for(WAIT + LIMITS.beat * 8);
    assert!(is_whole(&world), "{:?}", holders_of(&world));
    end_well(&mut world, 2);
}

#[test]
fn a_controller_that_starts_again_in_the_middle_of_it_goes_on_with_that() {
    let mut world = halfway(4);
    die(&mut world, 0);
    assert!(world.run_until(|world| takes(world) > 0));
    world.restart_controller();
    world.run_for(LIMITS.adoption() + LIMITS.node_timeout + WAIT + LIMITS.beat * 12);
    assert!(
        is_whole(&world),
        "{:?} {:?}",
        holders_of(&world),
        world.reports
    );
    end_well(&mut world, 2);
}
