//! A controller that starts again goes on with the run that its Pis are in.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

use core::time::Duration;

use oxberry_cluster::controller::Report;
use oxberry_cluster::limits::Limits;
use oxberry_cluster::pi;
use oxberry_proto::{Kind, NodeId};

use world::{World, channel};

const LIMITS: Limits = Limits::DEFAULT;

fn is_over(world: &World) -> bool {
    world.outcome.is_some()
}

/// A cluster of Pis of these names, which has shown some of its feed.
fn halfway(names: &[&str]) -> World {
    let mut world = World::new(
        names.len(),
        false,
        vec![channel(100, 20_000), channel(200, 20_000)],
    );
    for name in names {
        world.add_pi(name);
    }
    assert!(world.run_until(|world| shown(world) > 5_000));
    world
}

fn shown(world: &World) -> usize {
    world.shown.values().sum()
}

/// How many events the page shows of the whole feed when nobody dies.
fn all_shown(names: &[&str]) -> usize {
    let mut world = halfway(names);
    assert!(world.run_until(is_over));
    world.run_for(Duration::from_millis(10));
    shown(&world)
}

/// How far a controller was able to go on.
fn went_on(world: &World) -> Option<(usize, usize)> {
    world.reports.iter().find_map(|report| {
        if let Report::GoesOn { nodes, absent, .. } = *report {
            Some((nodes, absent))
        } else {
            None
        }
    })
}

/// Whether any Pi has lost anything for good, or left its run.
fn is_anything_lost(world: &World) -> bool {
    world.pis.iter().flat_map(|pi| &pi.reports).any(|report| {
        matches!(
            report,
            pi::Report::Hole { .. } | pi::Report::AnotherRun { .. } | pi::Report::Fenced
        )
    })
}

#[test]
fn the_run_goes_on_with_the_same_pis_and_nothing_is_lost_or_shown_twice() {
    let names = ["pi-0", "pi-1", "pi-2"];
    let mut world = halfway(&names);
    let run = world.started.unwrap();
    world.restart_controller();
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(world.started, Some(run));
    assert_eq!(went_on(&world), Some((3, 0)));
    assert!(!is_anything_lost(&world));
    assert!(world.outcome.as_ref().unwrap().is_good());
    assert_eq!(world.page.run(), Some(run));
    assert!(world.is_page_live());
    world.run_for(Duration::from_millis(10));
    assert_eq!(shown(&world), all_shown(&names));
}

#[test]
fn nothing_that_all_have_had_is_sent_again() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    world.restart_controller();
    let copies = |world: &World| world.pis[0].brain.counters().copies;
    let before = copies(&world);
    assert!(world.run_until(is_over));
    // Each stream goes on with one batch that the Pi may have a part of.
    assert!(copies(&world) - before <= 16, "{}", copies(&world) - before);
}

#[test]
fn a_controller_can_start_again_and_again() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    let run = world.started;
    world.is_paused = true;
    for life in 0..5 {
        world.restart_controller();
        world.reports.clear();
        assert!(world.run_until(|world| went_on(world).is_some()), "{life}");
    }
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(world.started, run, "{:?}", world.reports);
    assert!(!is_anything_lost(&world));
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn who_is_not_there_in_time_is_dead_and_a_newcomer_has_its_place() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    world.is_paused = true;
    world.pis[1].is_dead = true;
    world.restart_controller();
    world.run_for(LIMITS.adoption() + LIMITS.beat * 2);
    assert_eq!(went_on(&world), Some((1, 1)));
    world.restart_pi(1, "pi-1");
    world.pis[1].is_dead = false;
    world.run_for(LIMITS.node_timeout + LIMITS.patience() * 2);
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let late = |report: &Report| matches!(report, Report::JoinedLate { .. });
    assert!(world.reports.iter().any(late), "{:?}", world.reports);
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good());
    assert!(outcome.partitions.iter().all(|one| one.replicas.len() == 2));
}

#[test]
fn who_comes_late_with_its_books_is_taken_in_with_them() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    world.is_paused = true;
    world.pis[1].is_dead = true;
    world.restart_controller();
    world.run_for(LIMITS.adoption() + LIMITS.beat * 2);
    world.pis[1].is_dead = false;
    world.run_for(LIMITS.beat * 2);
    let name = "pi-1".to_owned();
    assert!(world.reports.contains(&Report::Found { name }));
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert!(!is_anything_lost(&world));
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good());
    assert!(outcome.partitions.iter().all(|one| one.replicas.len() == 2));
    assert!(outcome.missing.is_empty());
}

#[test]
fn a_number_that_may_have_been_told_is_given_to_nobody() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    world.is_paused = true;
    world.pis[1].is_dead = true;
    world.restart_controller();
    world.run_for(LIMITS.adoption() + LIMITS.node_timeout + LIMITS.beat);
    world.add_pi("new");
    world.run_for(LIMITS.beat * 4);
    let numbers = world.pis.iter().flat_map(|pi| &pi.reports);
    let numbers: Vec<_> = numbers
        .filter_map(|report| {
            if let pi::Report::Assigned { node, .. } = report {
                Some(*node)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
    assert!(numbers[2] > NodeId::from_raw(64), "{numbers:?}");
}

#[test]
fn a_wish_for_a_fresh_start_is_a_later_run() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    let before = world.started.unwrap();
    world.restart_controller_afresh();
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let after = world.started.unwrap();
    assert_eq!(after.identity, before.identity);
    assert!(after.generation > before.generation);
    assert_eq!(went_on(&world), None);
    assert!(world.outcome.unwrap().is_good());
}

#[test]
fn a_run_that_nobody_is_in_any_more_begins_anew() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    let before = world.started.unwrap();
    world.restart_controller();
    for (at, name) in ["pi-0", "pi-1"].into_iter().enumerate() {
        world.restart_pi(at, name);
    }
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(went_on(&world), None);
    assert!(world.started.unwrap().generation > before.generation);
}

#[test]
fn a_controller_that_starts_when_the_books_were_reported_goes_on_to_the_end() {
    let mut world = halfway(&["pi-0", "pi-1"]);
    let run = world.started;
    let digests = Kind::Digests as u8;
    assert!(world.run_until(|world| world.pis[0].said.contains_key(&digests)));
    assert!(world.outcome.is_none());
    world.restart_controller();
    assert!(world.run_until(is_over), "{:?}", world.reports);
    if went_on(&world).is_some() {
        assert_eq!(world.started, run);
    }
    assert!(world.outcome.unwrap().is_good());
}
