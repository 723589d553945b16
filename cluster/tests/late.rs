//! Pis that join while the feed runs: after they were started again, or were away for too long.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::controller::Report;
use oxberry_cluster::limits::Limits;
use oxberry_cluster::pi;
use oxberry_proto::limits::MAX_BATCH_BYTES;
use oxberry_proto::start::RefusedReason;
use world::{World, channel};

const LIMITS: Limits = Limits::DEFAULT;

/// More than all queues hold.
const EVENTS: u32 = 100_000;

fn world_of(names: &[&str], feed: Vec<Vec<Occurrence>>) -> World {
    let mut world = World::new(names.len(), false, feed);
    for name in names {
        world.add_pi(name);
    }
    assert!(world.run_until(is_shown));
    world
}

fn is_shown(world: &World) -> bool {
    world.shown.values().sum::<usize>() > 5_000
}

fn is_over(world: &World) -> bool {
    world.outcome.is_some() && world.pis.iter().all(|pi| pi.result.is_some())
}

fn joined(world: &World) -> usize {
    let joined = |report: &&Report| matches!(report, Report::JoinedLate { .. });
    world.reports.iter().filter(joined).count()
}

fn is_ready(world: &World, at: usize) -> bool {
    world.pis[at].brain.standing().is_ready
}

/// Whether any row is live.
fn is_any_live(world: &World) -> bool {
    let mut rows = 0..world.page.rows().len();
    rows.any(|row| world.page.standing(row, world.now).is_live())
}

#[test]
fn a_pi_that_starts_again_in_the_run_has_its_place_again_within_a_second_or_two() {
    let mut world = world_of(&["pi-0", "pi-1", "pi-2"], vec![channel(100, EVENTS)]);
    world.is_paused = true;
    world.restart_pi(0, "pi-0");
    let at = world.now;
    assert!(world.run_until(|world| is_ready(world, 0)));
    assert!(world.now.since(at) <= LIMITS.silence() + LIMITS.beat * 2);
    assert_eq!(world.refusals(0), []);
    let own = Report::JoinedLate {
        name: "pi-0".into(),
        former: "pi-0".into(),
    };
    assert!(world.reports.contains(&own), "{:?}", world.reports);
    assert_eq!(world.controller.census().dead, 0);
    assert_eq!(world.controller.counters().joined_late, 1);

    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good(), "{outcome:?}");
    for partition in &outcome.partitions {
        let [one, other] = &partition.replicas[..] else {
            panic!("{partition:?} is not on two nodes");
        };
        // The newcomer took its books over from the others.
        assert_eq!((one.not_live, other.not_live), (0, 0), "{partition:?}");
        assert_eq!(one.digest, other.digest);
    }
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live(), "the twins have it all");
}

#[test]
fn the_feed_does_not_wait_for_a_newcomer_that_hears_nothing_and_the_end_does() {
    // The second channel has nothing to say while the newcomer comes.
    let feed = vec![channel(100, EVENTS), channel(200, 10)];
    let mut world = world_of(&["pi-0", "pi-1", "pi-2"], feed);
    world.is_paused = true;
    world.restart_pi(0, "pi-0");
    world.pis[0].is_deaf = true;
    let playing = |world: &World| world.controller.census().is_playing;
    assert!(world.run_until(|world| world.controller.census().assigned == 1));
    assert!(playing(&world), "the newcomer comes in the middle");
    world.is_paused = false;
    assert!(world.run_until(|world| !playing(world)));
    world.run_for(Duration::from_secs(30));
    assert!(world.outcome.is_none(), "it is waited for at the end");
    let waits = |report: &Report| matches!(report, Report::AwaitingDigests { missing } if *missing == ["pi-0"]);
    assert!(world.reports.iter().any(waits));
    // What it hears first is that nothing follows.
    world.pis[0].is_deaf = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert!(world.outcome.as_ref().unwrap().is_good());
    assert!(world.is_page_live());
}

#[test]
fn a_partition_that_nobody_held_is_held_again_and_waits_for_the_newcomer() {
    let mut world = world_of(&["only"], vec![channel(100, 4 * EVENTS)]);
    world.is_paused = true;
    world.restart_pi(0, "only");
    world.pis[0].most_waiting = 0;
    assert!(world.run_until(|world| is_ready(world, 0)));
    // Until it has said where it came in.
    world.run_for(LIMITS.beat * 2);
    world.is_paused = false;
    world.pis[0].is_stuck = true;
    world.run_for(LIMITS.node_timeout * 2);
    assert!(
        world.controller.census().is_playing,
        "the feed went on to nobody"
    );
    // Of each of the streams as much as the window lets through, and coverage.
    let bound = 10 * (LIMITS.window_bytes + MAX_BATCH_BYTES + 40 * 64);
    assert!(world.pis[0].most_waiting <= bound);
    world.pis[0].is_stuck = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good(), "{outcome:?}");
    assert!(!is_any_live(&world), "nobody has what was said before");
}

#[test]
fn a_pi_that_was_taken_for_dead_empties_its_books_and_joins_anew() {
    let mut world = world_of(&["only", "none"], vec![channel(100, 4 * EVENTS)]);
    world.is_paused = true;
    let away = LIMITS.node_timeout + Duration::from_secs(3);
    world.pis[0].is_dead = true;
    world.pis[1].is_dead = true;
    world.run_for(away);
    assert_eq!(world.controller.census().dead, 2);
    assert!(!is_any_live(&world));
    world.pis[0].is_dead = false;
    for _ in 0..5_000 {
        world.run_for(Duration::from_millis(1));
        assert!(!is_any_live(&world), "on the word of one who was away");
        if joined(&world) > 0 && is_ready(&world, 0) {
            break;
        }
    }
    let fenced = Report::Fenced {
        name: "only".into(),
    };
    let told = world.reports.iter().filter(|report| **report == fenced);
    assert_eq!(told.count(), 1);
    assert!(world.pis[0].reports.contains(&pi::Report::Fenced));
    let own = Report::JoinedLate {
        name: "only".into(),
        former: "only".into(),
    };
    assert!(world.reports.contains(&own));
    assert_eq!(world.controller.counters().fenced, 1);
    world.is_paused = false;
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert!(!is_any_live(&world));
}

#[test]
fn a_spare_pi_takes_the_place_of_one_that_dies_and_that_one_is_the_spare_then() {
    let mut world = world_of(&["pi-0", "pi-1"], vec![channel(100, EVENTS)]);
    world.is_paused = true;
    world.add_pi("spare");
    assert!(world.run_until(|world| !world.refusals(2).is_empty()));
    assert_eq!(world.refusals(2), [RefusedReason::Full]);
    world.pis[0].is_dead = true;
    world.run_for(LIMITS.node_timeout + LIMITS.patience() * 2);
    assert!(is_ready(&world, 2), "{:?}", world.reports);
    world.pis[0].is_dead = false;
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.refusals(0), [RefusedReason::Full]);
    world.is_paused = false;
    assert!(world.run_until(|world| world.outcome.is_some()));
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good(), "{outcome:?}");
    let replicas = outcome.partitions.iter().map(|one| one.replicas.len());
    assert!(replicas.into_iter().all(|replicas| replicas == 2));
}

#[test]
fn a_newcomer_that_is_too_small_for_the_place_of_a_dead_pi_is_told() {
    let mut world = world_of(&["pi-0", "pi-1"], vec![channel(100, EVENTS)]);
    world.is_paused = true;
    world.pis[0].is_dead = true;
    let small = oxberry_core::book::Capacity {
        symbols: 2,
        ..world::CAPACITY
    };
    world.add_pi_with("small", small);
    world.run_for(LIMITS.node_timeout * 2);
    assert_eq!(
        world.refusals(2),
        [RefusedReason::Full, RefusedReason::TooSmall { symbols: 10 }]
    );
    world.is_paused = false;
    assert!(world.run_until(|world| world.outcome.is_some()));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn where_nobody_takes_what_the_nodes_say_one_that_starts_again_has_its_books_all_the_same() {
    let mut world = World::new(2, false, vec![channel(100, EVENTS)]);
    world.receivers = 0;
    for name in ["pi-0", "pi-1"] {
        world.add_pi(name);
    }
    let events = |world: &World| world.pis[0].brain.counters().events;
    assert!(world.run_until(|world| events(world) > 3_000));
    world.restart_pi(0, "pi-0");
    assert!(world.run_until(|world| world.outcome.is_some()));
    let outcome = world.outcome.unwrap();
    assert!(outcome.is_good());
    for partition in &outcome.partitions {
        let mut replicas = partition.replicas.iter();
        assert!(replicas.all(|one| one.not_live == 0), "{partition:?}");
    }
}
