//! What a Pi does that is told to hold another partition, message by message.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod one_pi;

use one_pi::{CHANNEL, LIMITS, NODE, NUMBERING, RUN, World};
use oxberry_cluster::channel::Occurrence;
use oxberry_cluster::pi::{Command, Report};
use oxberry_core::book::Trust;
use oxberry_core::feed::{Action, Beginning, FeedEvent};
use oxberry_core::units::{PriceScale, SeqNum, Side, SymbolIndex};
use oxberry_proto::flow::{Coverage, Digests};
use oxberry_proto::start::SymbolAssignment;
use oxberry_proto::stock::StockBatch;
use oxberry_proto::taking::{TakePartition, Taken};
use oxberry_proto::{
    Kind, Partition, RecordsWriter, Run, StreamId, Topic, decode, decode_list, kind_of,
};

const PARTITION: Partition = Partition::from_raw(1);
const TAKEN: SymbolIndex = SymbolIndex::from_raw(8);

/// The wish that the Pi takes a partition of these symbols.
fn take(run: Run, symbols: &[u32]) -> Vec<u8> {
    let mut writer = RecordsWriter::<_, TakePartition>::new(vec![0; 1_400]);
    for &symbol in symbols {
        let assignment = SymbolAssignment {
            symbol_index: SymbolIndex::from_raw(symbol),
            scale: PriceScale::new(4).unwrap(),
            partition: PARTITION,
        };
        writer.push(&assignment).unwrap();
    }
    let head = TakePartition {
        run,
        node: NODE,
        partition: PARTITION,
        symbols: 0,
    };
    writer.finish(&[], head).unwrap().to_vec()
}

/// All that the Pi says to the controller by now.
fn said(world: &mut World) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    world.pi.handle_timeout(world.now);
    while let Some(message) = world.pi.control_message(world.now) {
        said.push(message.to_vec());
        world.pi.control_sent(world.now);
    }
    said
}

fn answers(world: &mut World) -> Vec<bool> {
    let said = said(world);
    let taken = said.iter().filter_map(|one| decode::<Taken>(one).ok());
    let taken = taken.inspect(|taken| {
        assert_eq!(
            (taken.run, taken.node, taken.partition),
            (RUN, NODE, PARTITION)
        );
    });
    taken.map(|taken| taken.is_held).collect()
}

fn subscribed(world: &mut World) -> Vec<Partition> {
    let mut subscribed = Vec::new();
    while let Some(command) = world.pi.next_command() {
        if let Command::Subscribe(topic) = command {
            subscribed.push(topic.partition);
        }
    }
    subscribed
}

fn stream(partition: Partition) -> StreamId {
    StreamId {
        channel: CHANNEL,
        partition,
    }
}

/// Nothing else has happened in a stream, up to a number.
fn cover(world: &mut World, partition: Partition, through: u32, ended: bool) {
    let coverage = Coverage {
        run: RUN,
        stream: stream(partition),
        numbering: NUMBERING,
        after: SeqNum::from_raw(through),
        through: SeqNum::from_raw(through),
        seen: SeqNum::from_raw(through),
        ended,
    };
    let mut frame = Topic { partition }.to_bytes().to_vec();
    frame.extend(one_pi::bytes(&coverage));
    world.pi.handle_data(world.now, one_pi::WALL, &frame);
}

fn trust(world: &World, symbol: SymbolIndex) -> Option<Trust> {
    let books = world.pi.books();
    Some(books.trust(books.slot(symbol)?))
}

#[test]
fn a_partition_that_is_taken_is_stale_and_every_wish_is_answered() {
    let mut world = World::new(1);
    subscribed(&mut world);
    said(&mut world);
    world.control(&take(RUN, &[8, 10]));
    assert_eq!(subscribed(&mut world), [PARTITION]);
    assert_eq!(answers(&mut world), [true]);
    assert_eq!(trust(&world, TAKEN), Some(Trust::Stale));
    assert_eq!(trust(&world, one_pi::SYMBOL), Some(Trust::Live));
    // The answer was lost.
    world.control(&take(RUN, &[8, 10]));
    assert_eq!(subscribed(&mut world), []);
    assert_eq!(answers(&mut world), [true]);
    assert_eq!(world.pi.books().slots().len(), 3);
    // Of another run, or of no member.
    let other = Run {
        generation: 9,
        ..RUN
    };
    world.control(&take(other, &[8]));
    assert_eq!(answers(&mut world), []);
    assert_eq!(world.pi.counters().out_of_place, 0);
}

#[test]
fn what_it_has_no_room_for_it_does_not_take_and_nothing_changes() {
    let mut world = World::new(1);
    subscribed(&mut world);
    let many: Vec<_> = (20..36).collect();
    world.control(&take(RUN, &many));
    assert_eq!(answers(&mut world), [false]);
    assert_eq!(subscribed(&mut world), []);
    assert_eq!(world.pi.books().slots().len(), 1);
    assert_eq!(world.pi.position(stream(PARTITION)), None);
    world.control(&take(RUN, &many[1..]));
    assert_eq!(answers(&mut world), [true]);
    assert_eq!(world.pi.books().slots().len(), 16);
}

#[test]
fn nothing_of_it_is_told_before_it_is_said_to_be_stale() {
    let mut world = World::new(1);
    world.add(Side::Bid, 100, 1);
    world.take(0, one_pi::ALL);
    world.control(&take(RUN, &[8]));
    said(&mut world);
    // Of the new partition nothing was heard, so that there is no word on it.
    world.add(Side::Bid, 101, 1);
    let frames = world.take(0, one_pi::ALL);
    let heads = frames
        .iter()
        .filter_map(|frame| decode_list::<StockBatch>(frame).ok());
    let heads: Vec<_> = heads.map(|(head, _)| head).collect();
    assert!(heads.iter().all(|head| head.stream.partition != PARTITION));
    cover(&mut world, PARTITION, 2, false);
    let frames = world.take(0, one_pi::ALL);
    let heads = frames
        .iter()
        .filter_map(|frame| decode_list::<StockBatch>(frame).ok());
    let first = heads
        .map(|(head, _)| head)
        .find(|head| head.stream.partition == PARTITION);
    let first = first.expect("the trust in its symbol is told");
    assert_eq!(first.trust.told, 0);
    assert_eq!(first.events, 1);
    // What it had told of the other one stays told.
    assert!(!heads_of(&frames).iter().any(|of| *of != PARTITION));
}

fn heads_of(frames: &[Vec<u8>]) -> Vec<Partition> {
    let heads = frames
        .iter()
        .filter_map(|frame| decode_list::<StockBatch>(frame).ok());
    heads.map(|(head, _)| head.stream.partition).collect()
}

#[test]
fn one_that_has_come_to_its_end_goes_on_and_reports_anew() {
    let mut world = World::new(0);
    let own = world.partition();
    cover(&mut world, own, 0, true);
    let digests = |world: &mut World| -> Vec<(u16, u16)> {
        world.now = world.now.after(LIMITS.beat);
        let said = said(world);
        let heads = said
            .iter()
            .filter_map(|one| decode_list::<Digests>(one).ok());
        heads.map(|(head, _)| (head.of, head.partitions)).collect()
    };
    assert_eq!(digests(&mut world), [(1, 1)]);
    world.control(&take(RUN, &[8]));
    assert_eq!(digests(&mut world), []);
    // What is told of the new stream first is that nothing follows.
    cover(&mut world, PARTITION, 5, true);
    assert_eq!(
        world.pi.position(stream(PARTITION)).unwrap().seq_num.raw(),
        5
    );
    // It asks for the book that it lacks, and nobody answers.
    let mut reported = Vec::new();
    for _ in 0..100 {
        reported.extend(digests(&mut world));
    }
    assert!(
        reported.len() > 10 && reported.iter().all(|one| *one == (2, 2)),
        "{reported:?}"
    );
    let ended = std::iter::from_fn(|| world.pi.next_command());
    let ended = ended.filter(|one| matches!(one, Command::Report(Report::Ended { .. })));
    assert_eq!(ended.count(), 2);
}

#[test]
fn a_stream_that_begins_later_is_taken_from_its_beginning() {
    let mut world = World::new(0);
    world.control(&take(RUN, &[8]));
    let table =
        oxberry_cluster::partition::PartitionTable::balanced([(one_pi::SYMBOL, 1), (TAKEN, 1)], 2);
    assert_eq!(table.partition_of(TAKEN), PARTITION);
    let mut channel =
        oxberry_cluster::channel::ChannelStreams::new(RUN, CHANNEL, table.partitions(), LIMITS);
    let mut frames = Vec::new();
    let beginning = Beginning {
        is_announced: true,
        numbering: oxberry_core::units::Numbering::from_raw(2_000),
        after: SeqNum::from_raw(0),
        failover: false,
    };
    let clear = FeedEvent {
        seq_num: SeqNum::from_raw(2),
        symbol_index: TAKEN,
        symbol_seq_num: None,
        ts_event: None,
        action: Action::Define {
            scale: PriceScale::new(4).unwrap(),
            is_whole: true,
        },
    };
    for occurrence in [Occurrence::Begins(beginning), Occurrence::Event(clear)] {
        let mut send = |frame: &[u8]| frames.push(frame.to_vec());
        channel
            .push(&occurrence, &table, one_pi::WALL, &mut send)
            .unwrap();
        channel.flush(one_pi::WALL, &mut send);
    }
    for frame in frames {
        let (topic, message) = Topic::split(&frame).unwrap();
        if topic.partition == PARTITION && kind_of(message) == Ok(Kind::Batch) {
            world.pi.handle_data(world.now, one_pi::WALL, &frame);
        }
    }
    assert_eq!(world.pi.counters().holes, 0);
    assert_eq!(world.pi.counters().rejected, 0);
    assert!(
        world
            .pi
            .position(stream(PARTITION))
            .unwrap()
            .numbering
            .raw()
            == 2_000
    );
}
