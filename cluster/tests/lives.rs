//! Lives that follow each other: a Pi that starts again, a run after a run, a night between two days.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::controller::Report;
use oxberry_cluster::limits::Limits;
use oxberry_cluster::pi;
use oxberry_core::book::Capacity;
use oxberry_proto::Kind;
use oxberry_proto::start::RefusedReason;
use world::{CAPACITY, World, channel};

const LIMITS: Limits = Limits::DEFAULT;

fn feed() -> Vec<Vec<Occurrence>> {
    vec![channel(100, 20_000)]
}

fn world_of(names: &[&str]) -> World {
    let mut world = World::new(names.len(), false, feed());
    for name in names {
        world.add_pi(name);
    }
    world
}

fn is_over(world: &World) -> bool {
    world.outcome.is_some() && world.pis.iter().all(|pi| pi.result.is_some())
}

fn is_shown(world: &World) -> bool {
    world.shown.values().sum::<usize>() > 5_000
}

fn started_again(world: &World) -> usize {
    let reports = world.reports.iter();
    reports
        .filter(|report| matches!(report, Report::StartedAgain { .. }))
        .count()
}

#[test]
fn a_pi_that_starts_again_before_the_feed_takes_its_own_place_within_a_second() {
    // While others are awaited, and when all have their partitions.
    for others in [&["there"][..], &["there", "late"]] {
        for restarts in 1..=3 {
            let mut world = World::new(2, false, feed());
            for name in others {
                world.add_pi(name);
            }
            world.run_for(Duration::from_millis(5));
            for _ in 0..restarts {
                world.restart_pi(0, "there");
                let before = started_again(&world);
                assert!(world.run_until(|world| started_again(world) > before));
            }
            if others.len() == 1 {
                assert_eq!(world.started, None);
                world.add_pi("late");
            }
            assert!(world.run_until(is_over), "{:?}", world.reports);
            assert!(world.now.raw() < 10_000_000_000, "{}", world.now.raw());
            let outcome = world.outcome.as_ref().unwrap();
            assert!(outcome.is_good(), "{outcome:?}");
            assert_eq!(outcome.partitions[0].replicas.len(), 2);
            assert_eq!(world.refusals(0), []);
            assert_eq!(started_again(&world), restarts);
        }
    }
}

#[test]
fn the_place_of_a_dead_pi_is_kept_for_its_own_next_life() {
    let mut world = world_of(&["a", "b", "c"]);
    world.run_for(Duration::from_millis(2));
    for at in [0, 1] {
        world.pis[at].is_dead = true;
    }
    world.run_for(LIMITS.node_timeout * 2);
    for at in [1, 0] {
        world.pis[at].is_dead = false;
        let name = ["a", "b"][at];
        world.restart_pi(at, name);
    }
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn runs_after_each_other_begin_with_empty_books_and_end_alike() {
    let mut world = world_of(&["pi-0", "pi-1"]);
    let mut digests = Vec::new();
    for day in 0..3 {
        if day > 0 {
            world.restart_controller();
        }
        assert!(world.run_until(is_over), "{day}: {:?}", world.reports);
        let outcome = world.outcome.clone().unwrap();
        assert!(outcome.is_good());
        assert_eq!(outcome.missing, [""; 0]);
        let of_day: Vec<_> = outcome
            .partitions
            .iter()
            .map(|one| one.replicas[0].digest)
            .collect();
        digests.push(of_day);
        assert_eq!(world.page.run(), world.started);
        world.run_for(Duration::from_millis(10));
        assert!(world.is_page_live(), "{day}");
        world.run_for(Duration::from_secs(20));
    }
    assert!(digests.iter().all(|of_day| *of_day == digests[0]));
    let mut ended = Vec::new();
    for report in &world.pis[0].reports {
        if let pi::Report::Ended { events } = report {
            ended.push(*events);
        }
    }
    assert_eq!(ended.len(), 3);
    assert!(ended.iter().all(|events| *events == ended[0]), "{ended:?}");
}

#[test]
fn a_night_between_two_runs_fills_no_log_and_asks_for_no_more_than_it_has_to() {
    let mut world = world_of(&["pi-0", "pi-1"]);
    assert!(world.run_until(is_over));
    // It leaves its run, and nobody answers.
    let reports = world.pis[0].reports.len();
    let hello = Kind::Hello as u8;
    let before = world.pis[0].said[&hello];
    world.run_for(Duration::from_secs(600));
    let told = &world.pis[0].reports[reports..];
    assert_eq!(told, [], "it has said that it waits");
    let hellos = world.pis[0].said[&hello] - before;
    let most = 600 * 1_000 / usize::try_from(LIMITS.patience().as_millis()).unwrap();
    assert!((most - 5..=most + 1).contains(&hellos), "{hellos}");
    world.restart_controller();
    assert!(world.run_until(is_over));
}

#[test]
fn a_pi_that_nobody_answers_says_so_ever_more_seldom() {
    let mut world = world_of(&["pi"]);
    world.restart_controller();
    // As long as nobody hears, the controller might as well not be there.
    world.outcome = Some(oxberry_cluster::controller::Outcome {
        partitions: Vec::new(),
        missing: Vec::new(),
    });
    world.run_for(Duration::from_secs(3_600));
    let told = world.pis[0].reports.iter();
    let told = told.filter(|report| **report == pi::Report::AwaitingController);
    let told = told.count();
    assert!((8..=14).contains(&told), "{told}");
}

#[test]
fn of_two_machines_of_one_name_the_first_stays_and_the_other_is_told() {
    let mut world = World::new(2, false, feed());
    world.add_pi("pi");
    world.run_for(Duration::from_millis(10));
    world.add_pi("pi");
    world.run_for(Duration::from_secs(3_600));
    // Neither takes turns with the other.
    assert_eq!(started_again(&world), 0);
    assert_eq!(world.refusals(0), []);
    let told = world.refusals(1);
    assert!(
        told.iter()
            .all(|reason| *reason == RefusedReason::NameTaken)
    );
    assert!((8..=14).contains(&told.len()), "{told:?}");
    let sent_away = world.reports.iter();
    let sent_away = sent_away.filter(|report| matches!(report, Report::Refused { .. }));
    let sent_away = sent_away.count();
    assert!((8..=14).contains(&sent_away), "{sent_away}");
    // Once the first is gone, the name is free.
    world.pis[0].is_dead = true;
    world.add_pi("other");
    assert!(
        world.run_until(|world| world.started.is_some()),
        "{:?}",
        world.reports
    );
}

#[test]
fn of_two_machines_of_one_name_the_first_stays_also_in_the_run() {
    let mut world = world_of(&["pi-0", "pi-1"]);
    assert!(world.run_until(is_shown));
    world.pis[1].is_stuck = true;
    world.add_pi("pi-0");
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.refusals(2), [RefusedReason::NameTaken; 2]);
    assert_eq!(started_again(&world), 0);
    world.pis[1].is_stuck = false;
    assert!(world.run_until(|world| world.outcome.is_some()));
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good());
    assert_eq!(outcome.partitions[0].replicas.len(), 2);
}

#[test]
fn a_pi_that_stays_too_small_is_told_so_now_and_then_and_uses_no_numbers_up() {
    let mut world = World::new(2, false, feed());
    let small = Capacity {
        symbols: 2,
        ..CAPACITY
    };
    world.add_pi("large");
    world.add_pi_with("small", small);
    world.run_for(Duration::from_secs(3_600));
    assert!(world.controller.counters().refused > 3_000);
    let told = world.reports.iter();
    let told =
        told.filter(|report| matches!(report, Report::Refused { .. } | Report::Joined { .. }));
    let told = told.count();
    assert!((8..=16).contains(&told), "{told}");
    let own = world.refusals(1).len();
    assert!((8..=14).contains(&own), "{own}");
    world.add_pi("another");
    let result = |world: &World| world.pis[2].result;
    assert!(world.run_until(|world| result(world).is_some()));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn wall_clocks_that_jump_by_years_make_nobody_silent_stale_or_dead() {
    let mut world = world_of(&["pi-0", "pi-1"]);
    let years = Duration::from_secs(56 * 365 * 86_400);
    world.run_for(Duration::from_millis(1));
    // A machine without a clock of its own starts in 1970 and learns the time while it works: before
    // the assignment, in the middle of the feed, and at its end.
    world.wall_ahead = years / 2;
    assert!(world.run_until(is_shown));
    world.wall_ahead = years;
    assert!(world.run_until(|world| world.outcome.is_some()));
    world.wall_ahead = Duration::ZERO;
    assert!(world.run_until(is_over));
    assert!(world.outcome.as_ref().unwrap().is_good());
    for pi in &world.pis {
        let odd = |report: &&pi::Report| {
            matches!(
                report,
                pi::Report::Silent | pi::Report::Hole { .. } | pi::Report::AnotherRun { .. }
            )
        };
        assert_eq!(pi.reports.iter().find(odd), None);
    }
    let died = |report: &&Report| matches!(report, Report::Died { .. });
    assert_eq!(world.reports.iter().find(died), None);
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live());
}

#[test]
fn whoever_leaves_its_run_while_the_page_does_not_read_tells_no_end_that_is_none() {
    let mut world = world_of(&["pi-0", "pi-1"]);
    assert!(world.run_until(is_shown));
    let all_said = |world: &World| {
        world
            .pis
            .iter()
            .all(|pi| pi.said.contains_key(&(Kind::Digests as u8)))
    };
    assert!(world.run_until(all_said));
    for pi in &mut world.pis {
        pi.is_stuck = true;
    }
    // The next controller is there while they still wait for the page to read.
    world.run_for(Duration::from_millis(5));
    assert!(world.outcome.is_none());
    let ended = world.ended_pis;
    world.restart_controller();
    world.run_for(LIMITS.beat * 2);
    for pi in &mut world.pis {
        pi.is_stuck = false;
    }
    world.run_for(Duration::from_millis(1));
    assert_eq!(world.ended_pis, ended);
    assert!(world.run_until(is_over));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_controller_that_was_away_finds_who_dies_after_it_as_soon_as_ever() {
    let mut world = world_of(&["a", "b"]);
    // It pings those who are not ready.
    world.pis[1].is_deaf = true;
    world.run_for(LIMITS.beat);
    world.now = world.now.after(LIMITS.node_timeout * 4);
    world.run_for(Duration::from_millis(2));
    let died = |world: &World| {
        let mut reports = world.reports.iter();
        reports.any(|report| matches!(report, Report::Died { name, .. } if name == "a"))
    };
    assert!(!died(&world));
    world.pis[0].is_dead = true;
    world.run_for(LIMITS.node_timeout + LIMITS.beat);
    assert!(died(&world), "{:?}", world.reports);
}
