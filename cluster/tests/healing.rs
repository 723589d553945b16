//! A book that is not live is taken over from the replica where it is.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::limits::Limits;
use oxberry_cluster::pi::Counters;
use oxberry_core::feed::FeedEvent;
use oxberry_core::units::{SeqNum, SymbolIndex};
use oxberry_proto::Kind;

use self::world::{World, channel};

const LIMITS: Limits = Limits::DEFAULT;

fn is_over(world: &World) -> bool {
    world.outcome.is_some() && world.pis.iter().all(|pi| pi.result.is_some())
}

fn counters(world: &World, pi: usize) -> Counters {
    world.pis[pi].brain.counters()
}

/// Symbols that are not live on a Pi.
fn ill(world: &World, pi: usize) -> u32 {
    let symbols = world.pis[pi].brain.standing().symbols;
    symbols.stale + symbols.partial + symbols.recovering
}

fn wishes(world: &World, pi: usize) -> usize {
    let said = &world.pis[pi].said;
    said.get(&(Kind::SnapshotWish as u8)).copied().unwrap_or(0)
}

/// Two Pis that hold everything, in the middle of their feed.
fn twins(events: u32) -> World {
    let mut world = World::new(2, false, vec![channel(100, events)]);
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(|world| counters(world, 0).events > u64::from(events / 10)));
    world
}

#[test]
fn books_that_are_lost_on_one_replica_are_taken_over_while_the_feed_runs() {
    let mut world = twins(200_000);
    world.pis[0].loses_an_end = true;
    assert!(world.run_until(|world| ill(world, 0) > 0));
    let lost = ill(&world, 0);
    assert!(world.run_until(|world| ill(world, 0) == 0));
    assert!(world.outcome.is_none(), "the feed had ended before");
    assert!(world.run_until(is_over));
    let (taken, given) = (counters(&world, 0), counters(&world, 1));
    assert!(taken.snapshots_taken >= u64::from(lost), "{taken:?}");
    assert_eq!(given.snapshots_given, taken.snapshots_asked);
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good());
    for partition in &outcome.partitions {
        let [one, other] = &partition.replicas[..] else {
            panic!("{partition:?} is not on both");
        };
        assert_eq!((one.not_live, one.digest), (0, other.digest));
    }
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live());
}

#[test]
fn what_is_lost_right_before_the_end_is_taken_over_before_the_books_are_compared() {
    let mut world = twins(20_000);
    // The rest of the feed takes less than a beat.
    world.pis[0].loses_an_end = true;
    assert!(world.run_until(is_over));
    assert!(counters(&world, 0).snapshots_taken > 0);
    assert_eq!(ill(&world, 0), 0);
}

#[test]
fn nobody_gives_a_book_that_he_does_not_trust_and_wishes_become_rare() {
    let mut world = twins(200_000);
    // Both lose the same.
    world.pis[0].loses_an_end = true;
    world.pis[1].loses_an_end = true;
    assert!(world.run_until(|world| ill(world, 0) > 0 && ill(world, 1) > 0));
    let lost = ill(&world, 0);
    assert_eq!(lost, ill(&world, 1));
    // The feed stands still, so that nothing else makes a book better.
    world.is_paused = true;
    world.run_for(LIMITS.beat * 64);
    assert_eq!(counters(&world, 0).snapshots_taken, 0);
    assert_eq!(ill(&world, 0), lost);
    // In rounds after 1, 2, 4, ... beats.
    let rounds = wishes(&world, 0) / lost as usize;
    assert!((4..=8).contains(&rounds), "{rounds} rounds");
}

#[test]
fn who_holds_a_partition_alone_has_nobody_to_ask() {
    let mut world = World::new(1, false, vec![channel(100, 20_000)]);
    world.add_pi("pi");
    assert!(world.run_until(|world| counters(world, 0).events > 2_000));
    world.pis[0].loses_an_end = true;
    assert!(world.run_until(is_over));
    assert!(counters(&world, 0).snapshots_refused > 0);
    assert!(ill(&world, 0) > 0);
}

#[test]
fn who_took_its_books_over_tells_every_event_when_its_twin_dies() {
    let mut world = twins(200_000);
    world.restart_pi(0, "pi-0");
    let is_back = |world: &World| world.pis[0].brain.standing().is_ready && ill(world, 0) == 0;
    assert!(world.run_until(|world| is_back(world) && counters(world, 0).snapshots_taken >= 10));
    assert!(world.outcome.is_none(), "the feed had ended before");
    world.pis[1].is_dead = true;
    assert!(world.run_until(is_over_without_twin));
    world.run_for(Duration::from_millis(10));
    let shown: Vec<_> = world.shown.values().copied().collect();
    assert_eq!(shown, [20_000; 10]);
}

#[test]
fn symbols_whose_pristine_books_were_taken_over_are_shown_from_their_first_event_on() {
    let mut second = channel(200, 200_000);
    let mut number = 200_001;
    for occurrence in channel(300, 10) {
        if let Occurrence::Event(event) = occurrence {
            number += 1;
            let seq_num = SeqNum::from_raw(number);
            second.push(Occurrence::Event(FeedEvent { seq_num, ..event }));
        }
    }
    let mut world = World::new(2, false, vec![channel(100, 200_000), second]);
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(|world| counters(world, 0).events > 20_000));
    world.is_paused = true;
    world.restart_pi(0, "pi-0");
    let is_back = |world: &World| world.pis[0].brain.standing().is_ready && ill(world, 0) == 0;
    assert!(world.run_until(|world| is_back(world) && counters(world, 0).snapshots_taken >= 30));
    world.is_paused = false;
    world.pis[1].is_dead = true;
    assert!(world.run_until(is_over_without_twin));
    world.run_for(Duration::from_millis(10));
    let late = SymbolIndex::from_raw(300)..SymbolIndex::from_raw(310);
    let shown: Vec<_> = world.shown.range(late).map(|(_, count)| *count).collect();
    assert_eq!(shown, [1; 10]);
}

fn is_over_without_twin(world: &World) -> bool {
    world.outcome.is_some() && world.pis[0].result.is_some()
}
