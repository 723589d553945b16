//! What is lost between controller and Pis comes when it is asked for, or is given up in time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod world;

use std::time::Duration;

use oxberry_cluster::channel::{ChannelStreams, Occurrence};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi;
use oxberry_core::feed::{Action, Beginning, FeedEvent};
use oxberry_core::units::{
    ChannelId, Numbering, OrderId, Position, SeqNum, SymbolIndex, SymbolSeqNum, UnixNanos,
};
use oxberry_proto::{Data, Partition, Run, Topic};
use world::{Repairs, World, channel};

const LIMITS: Limits = Limits::DEFAULT;

/// A world in which some batches reach nobody, with a page that looks on.
fn world(nodes: usize, repairs: Repairs, lost: &[usize]) -> World {
    let mut world = World::new(nodes, false, vec![channel(100, 20_000)]);
    for number in 0..nodes {
        world.add_pi(&format!("pi-{number}"));
    }
    world.repairs = repairs;
    world.lost_batches = lost.to_vec();
    world
}

fn is_over(world: &World) -> bool {
    world.outcome.is_some()
}

fn counters(world: &World) -> pi::Counters {
    world.pis[0].brain.counters()
}

#[test]
fn a_lost_batch_comes_again_and_leaves_no_trace() {
    for nodes in [1, 2] {
        let mut world = world(nodes, Repairs::All, &[20]);
        assert!(world.run_until(is_over));
        world.run_for(Duration::from_millis(10));
        assert!(world.is_page_live());
        let shown: Vec<_> = world.shown.values().copied().collect();
        assert_eq!(shown, [2_000; 10], "{nodes} nodes");
        assert!(world.outcome.as_ref().unwrap().is_good());
        for pi in &world.pis {
            let counters = pi.brain.counters();
            assert_eq!((counters.holes, counters.repairs_given_up), (0, 0));
            assert_eq!(counters.repairs_asked, counters.repairs_filled);
            let repaired = |report: &pi::Report| matches!(report, pi::Report::Repaired { .. });
            let repaired = pi.reports.iter().any(repaired);
            assert_eq!(repaired, counters.repairs_filled > 0);
        }
        assert_eq!(counters(&world).repairs_filled, 1);
    }
}

#[test]
fn hole_after_hole_of_a_stream_is_filled() {
    let lost: Vec<_> = (9..200).step_by(3).collect();
    let mut world = world(1, Repairs::All, &lost);
    assert!(world.run_until(is_over));
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live());
    let counters = counters(&world);
    assert!(counters.repairs_filled > 20, "{counters:?}");
    assert_eq!((counters.holes, counters.held_full), (0, 0));
    let shown: Vec<_> = world.shown.values().copied().collect();
    assert_eq!(shown, [2_000; 10]);
}

/// While a hole is waited for, the books stand where they are, and nobody calls them live.
#[test]
fn a_stream_with_a_hole_is_recovering_until_it_is_given_up_in_time() {
    let mut world = world(1, Repairs::None, &[20]);
    assert!(world.run_until(|world| counters(world).repairs_asked == 1));
    let found = world.now;
    world.run_for(Duration::from_millis(3));
    assert_eq!(world.pis[0].brain.standing().streams_recovering, 1);
    assert!(!world.is_page_live());
    let symbols = world.pis[0].brain.standing().symbols;
    assert_eq!(
        (symbols.live, symbols.stale),
        (10, 0),
        "the books are right"
    );
    assert!(world.run_until(|world| counters(world).holes == 1));
    let waited = world.now.since(found);
    let most = LIMITS.repair_timeout + LIMITS.beat;
    assert!(
        (LIMITS.repair_timeout..most).contains(&waited),
        "{waited:?}"
    );
    // It asks with every beat, in case that the wish or the answer is lost.
    let beats = LIMITS.repair_timeout.as_millis() / LIMITS.beat.as_millis();
    assert!((beats..beats + 3).contains(&(world.wishes as u128)));
    assert_eq!(counters(&world).repairs_given_up, 1);
    assert!(world.pis[0].brain.standing().symbols.stale > 0);
    assert!(world.run_until(is_over), "the window is stuck");
    assert_eq!(counters(&world).repairs_filled, 0);
}

#[test]
fn what_is_nowhere_any_more_is_given_up_at_once() {
    let mut world = world(1, Repairs::Gone, &[20]);
    assert!(world.run_until(|world| counters(world).repairs_asked == 1));
    let found = world.now;
    assert!(world.run_until(|world| counters(world).holes == 1));
    assert!(world.now.since(found) < LIMITS.beat);
    assert!(world.run_until(is_over));
    let counters = counters(&world);
    assert_eq!(counters.repairs_given_up, 1);
    assert_eq!(counters.repairs_filled, 0);
}

#[test]
fn the_last_batch_of_all_is_asked_for_as_well_and_the_end_waits_for_it() {
    let mut world = world(1, Repairs::All, &[]);
    assert!(world.run_until(is_over));
    let batches = counters(&world).batches;
    let last = usize::try_from(batches).unwrap() - 1;
    let mut world = self::world(1, Repairs::All, &[last]);
    assert!(world.run_until(is_over));
    assert_eq!(counters(&world).repairs_filled, 1);
    assert_eq!(counters(&world).holes, 0);
    assert!(world.outcome.as_ref().unwrap().is_good());
    world.run_for(Duration::from_millis(10));
    assert!(world.is_page_live());
}

const PARTITION: Partition = Partition::from_raw(0);
const SYMBOL: SymbolIndex = SymbolIndex::from_raw(100);

/// One stream whose every event leaves alone, and what left.
struct Channel {
    streams: ChannelStreams,
    table: PartitionTable,
    left: Vec<Vec<u8>>,
}

impl Channel {
    fn new(limits: Limits) -> Self {
        let run = Run {
            identity: 7,
            generation: 1,
        };
        let table = PartitionTable::balanced([(SYMBOL, 1)], 1);
        let channel = ChannelId::from_raw(1);
        Self {
            streams: ChannelStreams::new(run, channel, table.partitions(), limits),
            table,
            left: Vec::new(),
        }
    }

    fn push(&mut self, occurrence: &Occurrence) {
        let Self {
            streams,
            table,
            left,
        } = self;
        let now = UnixNanos::from_raw(0);
        let mut send = |frame: &[u8]| left.push(frame.to_vec());
        streams.push(occurrence, table, now, &mut send).unwrap();
        streams.flush(now, &mut send);
    }

    /// A numbering of so many events.
    fn numbering(&mut self, numbering: u64, events: u32) {
        self.push(&Occurrence::Begins(Beginning {
            numbering: Numbering::from_raw(numbering),
            after: SeqNum::from_raw(0),
            is_announced: true,
            failover: false,
        }));
        for number in 1..=events {
            self.push(&Occurrence::Event(FeedEvent {
                symbol_index: SYMBOL,
                ts_event: None,
                seq_num: SeqNum::from_raw(number),
                symbol_seq_num: Some(SymbolSeqNum::from_raw(number)),
                action: Action::Delete {
                    order_id: OrderId::from_raw(1),
                },
            }));
        }
    }

    fn repair(&self, from: Position, to: Position) -> Vec<Vec<u8>> {
        let mut repaired = Vec::new();
        let mut send = |frame: &[u8]| repaired.push(frame.to_vec());
        let told = self.streams.repair(PARTITION, from, to, &mut send);
        let batches = repaired.len() - usize::from(told.is_gone);
        assert_eq!(usize::try_from(told.batches).unwrap(), batches);
        repaired
    }
}

fn at(numbering: u64, number: u32) -> Position {
    Position {
        numbering: Numbering::from_raw(numbering),
        seq_num: SeqNum::from_raw(number),
    }
}

#[test]
fn what_is_published_again_is_what_left_and_takes_nothing_of_the_window() {
    let mut channel = Channel::new(LIMITS);
    channel.numbering(1, 5);
    channel.numbering(2, 5);
    let in_flight = channel.streams.bytes_in_flight();
    // A beginning and five events each.
    assert_eq!(channel.repair(at(1, 3), at(1, 5)), channel.left[4..6]);
    assert_eq!(channel.repair(at(1, 3), at(2, 2)), channel.left[4..9]);
    assert_eq!(channel.streams.bytes_in_flight(), in_flight);
}

#[test]
fn what_is_kept_no_more_is_told_before_what_is() {
    let mut channel = Channel::new(Limits {
        ring_bytes: 0,
        ..LIMITS
    });
    channel.numbering(1, 5);
    channel.streams.handle_credit(PARTITION, at(1, 3));
    let repaired = channel.repair(at(1, 2), at(1, 5));
    let (_, message) = Topic::split(&repaired[0]).unwrap();
    let Ok(Data::RepairGone(gone)) = Data::decode(message) else {
        panic!("the first word is that something is gone");
    };
    assert_eq!(gone.through, at(1, 3));
    assert_eq!(repaired[1..], channel.left[4..6]);
    assert_eq!(channel.repair(at(1, 3), at(1, 5)), channel.left[4..6]);
}

#[test]
fn of_a_partition_that_nobody_holds_the_last_bytes_are_kept() {
    let mut channel = Channel::new(Limits {
        ring_bytes: 200,
        ..LIMITS
    });
    channel.streams.set_held(PARTITION, false);
    channel.numbering(1, 50);
    let kept = channel.repair(at(1, 0), at(1, 50));
    assert!((2..20).contains(&kept.len()), "{}", kept.len());
    let last = channel.left.len() + 1 - kept.len();
    assert_eq!(kept[1..], channel.left[last..]);
}
