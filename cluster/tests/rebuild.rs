//! Books that no replica trusts are made out of the feed, which is read again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::controller::{Command, RebuildReport, Report};
use oxberry_cluster::limits::{
    ASK_INTERVAL, BEATS_IN_VAIN, BEATS_OF_KEEPING, Limits, REBUILT_PARTS, REBUILT_PAUSE,
};
use oxberry_core::feed::Lost;
use oxberry_core::units::SeqNum;

use self::world::{Source, World, channel};

const LIMITS: Limits = Limits::DEFAULT;

/// More than all queues hold.
const EVENTS: u32 = 100_000;

fn is_over(world: &World) -> bool {
    world.outcome.is_some() && world.pis.iter().all(|pi| pi.result.is_some())
}

/// Symbols that are not live on a Pi.
fn ill(world: &World, pi: usize) -> u32 {
    let symbols = world.pis[pi].brain.standing().symbols;
    symbols.stale + symbols.partial + symbols.recovering
}

fn count(world: &World, of: fn(&Report) -> bool) -> usize {
    world.reports.iter().filter(|report| of(report)).count()
}

fn failed(report: &Report) -> bool {
    matches!(report, Report::Rebuild(RebuildReport::Failed { .. }))
}

/// So many Pis in the middle of a feed of which all of them die, and start again.
fn all_die(pis: usize, feed: Vec<Vec<Occurrence>>, source: Source) -> World {
    let mut world = World::new(pis, false, feed);
    world.reading.source = source;
    for pi in 0..pis {
        world.add_pi(&format!("pi-{pi}"));
    }
    let is_shown = |world: &World| world.shown.values().sum::<usize>() > 5_000;
    assert!(world.run_until(is_shown));
    world.is_paused = true;
    for pi in 0..pis {
        world.restart_pi(pi, &format!("pi-{pi}"));
    }
    assert!(world.run_until(|world| { world.pis.iter().all(|pi| pi.brain.standing().is_ready) }));
    world
}

/// Lets the feed go on to its end, and compares all books.
fn end_well(world: &mut World) {
    // The page takes those who died for dead, and hears the state of the others.
    world.run_for(LIMITS.node_timeout + ASK_INTERVAL * 2);
    assert!(world.is_page_live());
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    let outcome = world.outcome.as_ref().unwrap();
    assert!(outcome.is_good(), "{outcome:?}");
    for partition in &outcome.partitions {
        for replica in &partition.replicas {
            assert_eq!(replica.not_live, 0, "{partition:?}");
            assert_eq!(replica.digest, partition.replicas[0].digest);
        }
    }
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live());
}

/// The digests of a run that nobody disturbs.
fn undisturbed(feed: Vec<Vec<Occurrence>>) -> Vec<String> {
    let mut world = World::new(1, false, feed);
    world.add_pi("pi");
    assert!(world.run_until(is_over));
    digests(&world)
}

fn digests(world: &World) -> Vec<String> {
    let partitions = world.outcome.as_ref().unwrap().partitions.iter();
    partitions
        .map(|one| one.replicas[0].digest.to_string())
        .collect()
}

#[test]
fn what_all_replicas_lost_is_read_again_while_the_feed_runs() {
    let feed = || vec![channel(100, EVENTS), channel(200, EVENTS / 2)];
    for pis in [1, 2, 3] {
        let mut world = all_die(pis, feed(), Source::Prompt);
        let is_well = |world: &World| (0..world.pis.len()).all(|pi| ill(world, pi) == 0);
        assert!(world.run_until(is_well), "{:?}", world.reports);
        assert!(world.outcome.is_none());
        end_well(&mut world);
        assert_eq!(digests(&world), undisturbed(feed()));
        assert!(world.controller.counters().books_rebuilt >= 20);
    }
}

#[test]
fn a_partition_is_read_from_the_start_once_however_many_books_it_has() {
    let mut world = all_die(1, vec![channel(100, EVENTS)], Source::Prompt);
    assert!(world.run_until(|world| ill(world, 0) == 0));
    // Ten symbols in eight partitions, of which no wish is made before the one before has its books.
    let begun = count(&world, |report| {
        matches!(report, Report::Rebuild(RebuildReport::Begun { .. }))
    });
    let partitions: std::collections::BTreeSet<_> = world
        .reading
        .orders
        .iter()
        .map(|order| order.partition)
        .collect();
    assert_eq!(begun, partitions.len(), "{:?}", world.reports);
    world.run_for(LIMITS.beat * (BEATS_OF_KEEPING + 1));
    assert_eq!(
        world.reading.forgotten, begun,
        "the memory was not given back"
    );
}

#[test]
fn a_book_is_as_of_where_a_replica_stood_and_never_ahead_of_what_was_published() {
    let mut world = all_die(2, vec![channel(100, EVENTS)], Source::Prompt);
    assert!(world.run_until(|world| ill(world, 0) == 0 && ill(world, 1) == 0));
    // The feed stands still, so a book that is ahead of it would differ from what comes.
    assert!(world.reading.orders.iter().all(|order| {
        let stands = |one: &oxberry_proto::flow::StreamPosition| {
            world
                .pis
                .iter()
                .any(|pi| pi.brain.position(one.stream) == Some(one.position))
        };
        order.streams.iter().all(stands)
    }));
    end_well(&mut world);
}

#[test]
fn a_reading_that_takes_long_is_waited_for_also_at_the_end() {
    let long = LIMITS.end_timeout * 3;
    let mut world = all_die(1, vec![channel(100, EVENTS)], Source::Slow(long));
    world.is_paused = false;
    world.run_for(LIMITS.end_timeout * 2);
    assert!(ill(&world, 0) > 0 && world.outcome.is_none());
    assert!(
        count(&world, |report| matches!(
            report,
            Report::Rebuild(RebuildReport::UnderWay { .. })
        )) > 0
    );
    world.reading.source = Source::Prompt;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(ill(&world, 0), 0);
    assert!(world.outcome.as_ref().unwrap().is_good());
}

#[test]
fn a_reading_that_hangs_is_given_up_and_the_run_ends_without_it() {
    let mut world = all_die(2, vec![channel(100, EVENTS)], Source::Stuck);
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert!(count(&world, failed) > 0);
    assert!(ill(&world, 0) > 0 && ill(&world, 1) > 0);
    assert!(!world.is_page_live());
}

#[test]
fn a_pipe_is_told_once_and_the_books_stay_stale() {
    let mut world = all_die(2, vec![channel(100, EVENTS)], Source::Pipe);
    world.is_paused = false;
    assert!(world.run_until(is_over), "{:?}", world.reports);
    assert_eq!(count(&world, failed), 1);
    assert!(ill(&world, 0) > 0 && ill(&world, 1) > 0);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_read_on() {
    let mut world = all_die(
        2,
        vec![channel(100, EVENTS)],
        Source::Slow(LIMITS.end_timeout * 10),
    );
    assert!(world.run_until(|world| !world.reading.orders.is_empty()));
    for pi in &mut world.pis {
        pi.is_dead = true;
    }
    let abandoned =
        |report: &Report| matches!(report, Report::Rebuild(RebuildReport::Abandoned { .. }));
    assert!(world.run_until(|world| count(world, abandoned) > 0));
    assert_eq!(world.reading.forgotten, 1);
}

#[test]
fn the_feed_is_not_read_again_for_what_it_lost_itself() {
    let mut feed = channel(100, EVENTS);
    let at = feed
        .iter()
        .position(|one| matches!(one, Occurrence::Event(event) if event.seq_num.raw() == 5_000));
    let lost = Lost {
        first: SeqNum::from_raw(5_000),
        last: SeqNum::from_raw(5_000),
    };
    feed[at.unwrap()] = Occurrence::Lost(lost);
    let mut world = World::new(2, false, vec![feed.clone()]);
    world.reading.source = Source::Prompt;
    world.add_pi("pi-0");
    world.add_pi("pi-1");
    assert!(world.run_until(is_over));
    assert!(ill(&world, 0) > 0 && ill(&world, 1) > 0);
    assert_eq!(world.reading.orders, []);

    // After a death it may be worth it, but not again and again.
    let mut world = all_die(2, vec![feed], Source::Prompt);
    assert!(world.run_until(|world| world.reading.orders.len() >= 8));
    world.run_for(LIMITS.beat * BEATS_IN_VAIN[0] / 2);
    let orders = world.reading.orders.len();
    assert!(ill(&world, 0) > 0);
    world.run_for(LIMITS.beat * BEATS_IN_VAIN[0] / 4);
    assert_eq!(world.reading.orders.len(), orders);
}

#[test]
fn books_out_of_the_feed_leave_a_few_parts_at_a_time() {
    const PARTS: u8 = 100;
    let mut world = all_die(1, vec![channel(100, EVENTS)], Source::Stuck);
    assert!(world.run_until(|world| !world.reading.orders.is_empty()));
    let order = world.reading.orders[0].clone();
    let parts = || (0..PARTS).map(|number| vec![number]).collect::<Vec<_>>();
    let answers = order.books.iter().map(|book| (*book, Ok(parts())));
    let (mut now, controller) = (world.now, &mut world.controller);
    controller.handle_rebuilt(now, order.id, answers.collect());
    let mut sent = Vec::new();
    let all = usize::from(PARTS) * order.books.len();
    for _ in 0..all.div_ceil(REBUILT_PARTS) {
        let commands = std::iter::from_fn(|| controller.next_command());
        let parts = commands.filter_map(|command| {
            let Command::Send { message, .. } = command else {
                return None;
            };
            // Nothing else is so short.
            (message.len() == 1).then(|| message[0])
        });
        let before = sent.len();
        sent.extend(parts);
        assert!((1..=REBUILT_PARTS).contains(&(sent.len() - before)));
        assert!(sent.len() == all || controller.poll_timeout() <= Some(now.after(REBUILT_PAUSE)));
        now = now.after(REBUILT_PAUSE);
        controller.handle_timeout(now);
    }
    let books = sent.chunks(usize::from(PARTS));
    assert_eq!(books.clone().count(), order.books.len());
    assert!(books.into_iter().all(|book| book.is_sorted()));
}
