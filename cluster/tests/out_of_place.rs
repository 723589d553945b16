//! What nobody says who is as far as the sender is counted and told, and changes nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use oxberry_cluster::controller::{self, Controller, ControllerConfig, RimStatus, Symbol};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_cluster::pi::{self, Pi, PiConfig};
use oxberry_core::book::{Books, Capacity};
use oxberry_core::units::{
    ChannelId, Instant, Numbering, Position, PriceScale, SeqNum, SymbolIndex, UnixNanos,
};
use oxberry_proto::flow::{Ack, Farewell, Finish, RepairWish, StreamPosition};
use oxberry_proto::membership::{Introduction, MemberStage, Membership};
use oxberry_proto::start::{Hello, Ready, Replica, SetupPi, SetupVisualRequest, SymbolAssignment};
use oxberry_proto::{
    Head, Kind, Libzmq, NodeId, NodeName, Partition, RecordsWriter, Run, SCHEMA_FINGERPRINT,
    StreamId, SymbolName, decode, encode,
};

const RUN: Run = Run {
    identity: 7,
    generation: 1,
};
const NOW: Instant = Instant::from_raw(1_000_000_000);
const WALL: UnixNanos = UnixNanos::from_raw(1_340_285_400_000_000_000);
const PEER: &[u8] = b"peer";
const CHANNEL: ChannelId = ChannelId::from_raw(1);
const PARTITION: Partition = Partition::from_raw(0);

fn message<H: Head>(head: &H) -> Vec<u8> {
    let mut buffer = [0; 128];
    let length = encode(head, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

fn controller() -> Controller {
    let symbol_index = SymbolIndex::from_raw(100);
    let config = ControllerConfig {
        nodes: 1,
        replicas: 1,
        await_visual: false,
        channels: vec![CHANNEL],
        symbols: vec![Symbol {
            symbol_index,
            name: SymbolName::try_from("A").unwrap(),
            scale: PriceScale::new(4).unwrap(),
        }],
        table: PartitionTable::balanced([(symbol_index, 1)], 1),
        identity: RUN.identity,
        generation: RUN.generation,
        continues: true,
        limits: Limits::DEFAULT,
    };
    Controller::new(config, NOW)
}

fn hello(name: &str) -> Vec<u8> {
    message(&Hello {
        name: NodeName::try_from(name).unwrap(),
        schema: SCHEMA_FINGERPRINT,
        last_run: None,
        max_orders: 16,
        max_symbols: 16,
        libzmq: Libzmq::default(),
    })
}

/// The kinds of what the controller reports to be out of place.
fn told(controller: &mut Controller) -> Vec<Kind> {
    std::iter::from_fn(|| controller.next_command())
        .filter_map(|command| {
            let controller::Command::Report(controller::Report::OutOfPlace { kind, .. }) = command
            else {
                return None;
            };
            Some(kind)
        })
        .collect()
}

#[test]
fn a_controller_tells_what_a_node_that_is_only_ready_does_not_say() {
    let mut controller = controller();
    let (run, node) = (RUN, NodeId::from_raw(0));
    controller.handle_message(NOW, PEER, &hello("one"));
    // The same again is the answer's fault, not the node's.
    controller.handle_message(NOW, PEER, &hello("one"));
    controller.handle_message(NOW, PEER, &message(&Ready { run, node }));
    controller.handle_message(NOW, PEER, &message(&Ready { run, node }));
    assert_eq!(told(&mut controller), []);
    controller.handle_message(NOW, PEER, &message(&Farewell { run, node }));
    controller.handle_message(NOW, PEER, &hello("one"));
    let mut writer = RecordsWriter::<_, Ack>::new(vec![0; 512]);
    let ack = |partition| StreamPosition {
        stream: StreamId {
            channel: CHANNEL,
            partition,
        },
        position: Position::default(),
    };
    let head = Ack {
        run,
        node,
        streams: 0,
    };
    writer.push(&ack(PARTITION)).unwrap();
    controller.handle_message(NOW, PEER, writer.finish(&[], head).unwrap());
    writer.push(&ack(Partition::from_raw(9))).unwrap();
    controller.handle_message(NOW, PEER, writer.finish(&[], head).unwrap());
    let out_of_place = [Kind::Farewell, Kind::Hello, Kind::Ack];
    assert_eq!(told(&mut controller), out_of_place);
    assert_eq!(controller.counters().out_of_place, 3);
}

#[test]
fn a_controller_passes_on_what_a_replica_lacks_and_what_nobody_can_lack_it_tells() {
    let mut controller = controller();
    let (run, node) = (RUN, NodeId::from_raw(0));
    controller.handle_message(NOW, PEER, &hello("one"));
    controller.handle_message(NOW, PEER, &message(&Ready { run, node }));
    while controller.next_command().is_some() {}
    let position = |number| Position {
        numbering: Numbering::from_raw(1),
        seq_num: SeqNum::from_raw(number),
    };
    let wish = |partition, from, to| {
        let stream = StreamId {
            channel: CHANNEL,
            partition,
        };
        message(&RepairWish {
            run,
            node,
            stream,
            from: position(from),
            to: position(to),
        })
    };
    controller.handle_message(NOW, PEER, &wish(PARTITION, 5, 9));
    let repair = controller::Command::Repair {
        stream: StreamId {
            channel: CHANNEL,
            partition: PARTITION,
        },
        from: position(5),
        to: position(9),
    };
    assert_eq!(controller.next_command(), Some(repair));
    // Nothing is between, and nobody gave it that partition.
    controller.handle_message(NOW, PEER, &wish(PARTITION, 9, 9));
    controller.handle_message(NOW, PEER, &wish(Partition::from_raw(9), 5, 9));
    assert_eq!(told(&mut controller), [Kind::RepairWish; 2]);
    // Who is dead is nobody's replica.
    controller.handle_timeout(NOW.after(Limits::DEFAULT.node_timeout));
    while controller.next_command().is_some() {}
    controller.handle_message(NOW, PEER, &wish(PARTITION, 5, 9));
    let is_repair = |command| matches!(command, controller::Command::Repair { .. });
    assert!(!core::iter::from_fn(|| controller.next_command()).any(is_repair));
}

#[test]
fn a_controller_counts_wishes_for_nodes_that_are_not_there() {
    let mut controller = controller();
    let request = SetupVisualRequest {
        schema: SCHEMA_FINGERPRINT,
        tell: Some(Replica {
            node: NodeId::from_raw(5),
            partition: PARTITION,
        }),
    };
    controller.handle_question(NOW, &message(&request), &RimStatus::default());
    assert_eq!(controller.counters().vain_wishes, 1);
}

#[test]
fn a_pi_tells_what_is_not_said_to_one_that_has_joined_and_is_not_at_its_end() {
    const CAPACITY: Capacity = Capacity {
        symbols: 16,
        orders: 64,
        levels: 64,
    };
    let mut memory = vec![0; CAPACITY.words()];
    let config = PiConfig {
        name: NodeName::try_from("one").unwrap(),
        max_orders: CAPACITY.orders,
        max_symbols: CAPACITY.symbols,
        receivers: 1,
        libzmq: Libzmq::default(),
        limits: Limits::DEFAULT,
    };
    let mut pi = Pi::new(config, Books::new(CAPACITY, &mut memory).unwrap(), NOW);
    let setup = |run| {
        let mut writer = RecordsWriter::<_, SetupPi>::new(vec![0; 512]);
        let head = SetupPi {
            run,
            node: NodeId::from_raw(0),
            channels: 1,
            partitions: 1,
            feed_runs: false,
            symbols: 0,
        };
        let assignment = SymbolAssignment {
            symbol_index: SymbolIndex::from_raw(100),
            scale: PriceScale::new(4).unwrap(),
            partition: PARTITION,
        };
        writer.push(&assignment).unwrap();
        writer.finish(&[], head).unwrap().to_vec()
    };
    let another = Run {
        generation: 2,
        ..RUN
    };
    pi.handle_control(NOW, WALL, &setup(RUN));
    // It answers a Hello that was repeated.
    pi.handle_control(NOW, WALL, &setup(RUN));
    assert_eq!(pi.counters().out_of_place, 0);
    pi.handle_control(NOW, WALL, &setup(another));
    assert_eq!(pi.run(), RUN);
    let finish = |run| message(&Finish { run, equal: true });
    pi.handle_control(NOW, WALL, &finish(another));
    assert_eq!(pi.counters().foreign, 1);
    pi.handle_control(NOW, WALL, &finish(RUN));
    let told = std::iter::from_fn(|| pi.next_command()).filter_map(|command| {
        let pi::Command::Report(pi::Report::OutOfPlace(kind)) = command else {
            return None;
        };
        Some(kind)
    });
    assert_eq!(told.collect::<Vec<_>>(), [Kind::SetupPi, Kind::Finish]);
    assert_eq!(pi.counters().out_of_place, 2);
}

/// A controller to which somebody says that it holds these partitions under this number, and how far it is.
fn told_of_membership(node: NodeId, partitions: &[Partition]) -> Controller {
    let mut controller = controller();
    let mut hear = |message: &[u8]| controller.handle_message(NOW, PEER, message);
    hear(&message(&Introduction {
        hello: decode(&hello("one")).unwrap(),
    }));
    let mut writer = RecordsWriter::<_, Membership>::new(vec![0; 512]);
    for partition in partitions {
        writer.push(partition).unwrap();
    }
    let head = Membership {
        run: RUN,
        node,
        stage: MemberStage::Running,
        came_late: false,
        streams: 1,
        cluster_partitions: 1,
        partitions: 0,
    };
    hear(writer.finish(&[], head).unwrap());
    let mut writer = RecordsWriter::<_, Ack>::new(vec![0; 512]);
    writer.push(&position()).unwrap();
    let head = Ack {
        run: RUN,
        node,
        streams: 0,
    };
    hear(writer.finish(&[], head).unwrap());
    controller
}

fn position() -> StreamPosition {
    StreamPosition {
        stream: StreamId {
            channel: CHANNEL,
            partition: PARTITION,
        },
        position: Position {
            numbering: Numbering::from_raw(1),
            seq_num: SeqNum::from_raw(5),
        },
    }
}

#[test]
fn a_controller_goes_on_with_a_run_only_with_those_who_can_be_in_it() {
    let goes_on = |node, partitions: &[Partition]| {
        let mut controller = told_of_membership(node, partitions);
        let mut commands = std::iter::from_fn(|| controller.next_command());
        commands.any(|command| {
            use controller::{Command, Report};
            matches!(command, Command::Report(Report::GoesOn { .. }))
        })
    };
    let one = NodeId::from_raw(0);
    assert!(goes_on(one, &[PARTITION]));
    assert!(!goes_on(one, &[PARTITION, PARTITION]), "one is held twice");
    assert!(!goes_on(one, &[Partition::from_raw(1)]), "there is none");
    assert!(!goes_on(NodeId::CONTROLLER, &[PARTITION]), "it is no node");
}

#[test]
fn who_introduces_itself_unasked_and_too_often_is_sent_away_and_counted() {
    let mut controller = controller();
    let introduction = message(&Introduction {
        hello: decode(&hello("one")).unwrap(),
    });
    let count = 10_000_u32;
    for peer in 0..count {
        controller.handle_message(NOW, &peer.to_be_bytes(), &introduction);
    }
    let foreign = controller.counters().foreign;
    assert!(foreign > u64::from(count / 2), "{foreign} sent away");
}
