//! What the controller tells whoever asks how the cluster is.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use core::time::Duration;

use oxberry_cluster::controller::{
    Command, Controller, ControllerConfig, Report, RimStatus, Symbol,
};
use oxberry_cluster::limits::Limits;
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::units::{
    ChannelId, Instant, Numbering, Position, PriceScale, SeqNum, SymbolIndex,
};
use oxberry_proto::flow::{Ack, Heartbeat, StreamPosition};
use oxberry_proto::limits::{
    MAX_CHANNELS, MAX_CONTROL_BYTES, MAX_NODE_NAME_BYTES, MAX_NODES, MAX_PARTITIONS,
};
use oxberry_proto::start::{Hello, Ready, SetupVisualRequest};
use oxberry_proto::status::{
    ChannelStatus, NodeBeat, NodeState, RunPhase, Status, StatusFrom, StatusRecord, StatusRequest,
    TrustTotals,
};
use oxberry_proto::{
    Answer, Head, Health, Libzmq, NodeId, Partition, RecordsWriter, Run, SCHEMA_FINGERPRINT,
    StreamId, Throttling, encode,
};

const START: Instant = Instant::from_raw(1_000_000_000_000);

const LIBZMQ: Libzmq = Libzmq {
    major: 4,
    minor: 3,
    patch: 4,
    has_curve: true,
};

fn message<H: Head>(head: &H) -> Vec<u8> {
    let mut buffer = [0; 128];
    let length = encode(head, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

fn config(nodes: usize, replicas: usize, partitions: u32, channels: usize) -> ControllerConfig {
    let symbols = || (0..partitions).map(SymbolIndex::from_raw);
    ControllerConfig {
        nodes,
        replicas,
        await_visual: false,
        channels: channel_ids(channels).collect(),
        symbols: symbols()
            .map(|symbol_index| Symbol {
                symbol_index,
                name: format!("S{symbol_index}").as_str().try_into().unwrap(),
                scale: PriceScale::new(4).unwrap(),
            })
            .collect(),
        table: PartitionTable::balanced(symbols().map(|symbol| (symbol, 1)), MAX_PARTITIONS),
        identity: 7,
        generation: 1,
        continues: true,
        limits: Limits::DEFAULT,
    }
}

fn channel_ids(count: usize) -> impl Iterator<Item = ChannelId> {
    (0..=u8::MAX).map(ChannelId::from_raw).take(count)
}

fn rim(channels: usize) -> RimStatus {
    let channel = |channel| ChannelStatus {
        channel,
        position: position(90),
        ended: false,
        packets: u64::MAX,
        events: u64::MAX,
        losses: u64::MAX,
        lost_messages: u64::MAX,
    };
    RimStatus {
        libzmq: LIBZMQ,
        channels: channel_ids(channels).map(channel).collect(),
    }
}

/// A position whose record is as long as one can be.
fn position(number: u32) -> Position {
    Position {
        numbering: Numbering::from_raw(u64::MAX),
        seq_num: SeqNum::from_raw(u32::MAX - number),
    }
}

/// The node of this number says Hello, under a name as long as one can be.
fn join(controller: &mut Controller, number: usize) {
    let name = format!("{number:0>MAX_NODE_NAME_BYTES$}");
    let hello = Hello {
        name: name.as_str().try_into().unwrap(),
        schema: SCHEMA_FINGERPRINT,
        last_run: None,
        max_orders: 1_000,
        max_symbols: 20_000,
        libzmq: LIBZMQ,
    };
    controller.handle_message(START, name.as_bytes(), &message(&hello));
}

/// What the node of this number says.
fn say(controller: &mut Controller, now: Instant, number: usize, told: &[u8]) {
    let name = format!("{number:0>MAX_NODE_NAME_BYTES$}");
    controller.handle_message(now, name.as_bytes(), told);
}

fn node(number: usize) -> NodeId {
    NodeId::from_raw(u16::try_from(number).unwrap())
}

/// All nodes join and hear their partitions, so that the feed starts.
fn started(nodes: usize, replicas: usize, partitions: u32, channels: usize) -> Controller {
    let config = config(nodes, replicas, partitions, channels);
    let mut controller = Controller::new(config, START);
    (0..nodes).for_each(|number| join(&mut controller, number));
    for number in 0..nodes {
        let (run, node) = (controller.run(), node(number));
        say(
            &mut controller,
            START,
            number,
            &message(&Ready { run, node }),
        );
    }
    while controller.next_command().is_some() {}
    controller
}

/// The one answer to a question.
fn answer(controller: &mut Controller, now: Instant, question: &[u8], rim: &RimStatus) -> Vec<u8> {
    controller.handle_question(now, question, rim);
    let commands = std::iter::from_fn(|| controller.next_command());
    let answers: Vec<_> = commands
        .filter_map(|command| {
            let Command::Answer { message } = command else {
                return None;
            };
            Some(message)
        })
        .collect();
    let [answer] = &answers[..] else {
        panic!("{} answers to one question", answers.len());
    };
    assert!(answer.len() <= MAX_CONTROL_BYTES, "{} bytes", answer.len());
    answer.clone()
}

fn ask(from: StatusFrom) -> Vec<u8> {
    let schema = SCHEMA_FINGERPRINT;
    message(&StatusRequest { schema, from })
}

/// The first head, all records, and in how many answers they came.
fn status(
    controller: &mut Controller,
    now: Instant,
    rim: &RimStatus,
) -> (Status, Vec<StatusRecord>, usize) {
    let (mut told, mut answers, mut from) = (Vec::new(), 0, StatusFrom::Start);
    let mut first = None;
    loop {
        let answer = answer(controller, now, &ask(from), rim);
        answers += 1;
        let Answer::Status(head, records) = Answer::decode(&answer).unwrap() else {
            panic!("another answer");
        };
        told.extend(records.map(Result::unwrap));
        first.get_or_insert(head);
        match head.next {
            Some(next) => from = next,
            None => return (first.unwrap(), told, answers),
        }
    }
}

/// Partition, node, whether it is alive, channel and position of every replica.
fn positions(records: &[StatusRecord]) -> Vec<(Partition, NodeId, bool, ChannelId, Position)> {
    let (mut partition, mut replica) = (None, None);
    let mut found = Vec::new();
    for record in records {
        match record {
            StatusRecord::Partition(told) => partition = Some(told.partition),
            StatusRecord::Replica(told) => replica = Some((told.node, told.is_alive)),
            StatusRecord::Position(told) => {
                let (node, is_alive) = replica.unwrap();
                let at = (
                    partition.unwrap(),
                    node,
                    is_alive,
                    told.channel,
                    told.position,
                );
                found.push(at);
            }
            StatusRecord::Controller(_) | StatusRecord::Node(_) | StatusRecord::Channel(_) => {}
        }
    }
    found
}

fn node_told(records: &[StatusRecord], number: usize) -> oxberry_proto::status::NodeStatus {
    let told = records.iter().find_map(|record| {
        let StatusRecord::Node(told) = record else {
            return None;
        };
        (told.node == node(number)).then(|| told.clone())
    });
    told.unwrap()
}

fn beat(health: Health) -> NodeBeat {
    NodeBeat {
        events: 5,
        orders: 6,
        trust: TrustTotals {
            live: 7,
            stale: 2,
            ..TrustTotals::default()
        },
        health,
    }
}

fn heartbeat(run: Run, number: usize, health: Health) -> Vec<u8> {
    message(&Heartbeat {
        run,
        node: node(number),
        beat: beat(health),
    })
}

#[test]
fn a_status_tells_what_is_known_of_every_part() {
    let mut controller = started(3, 2, 6, 2);
    let run = controller.run();
    let health = Health {
        resident_bytes: Some(1 << 27),
        millicelsius: Some(61_500),
        throttling: Some(Throttling::from_raw(0)),
        low_voltage_alarm: None,
    };
    let now = START.after(Duration::from_secs(2));
    say(&mut controller, now, 1, &heartbeat(run, 1, health));
    let now = now.after(Duration::from_millis(1_500));
    let (head, records, answers) = status(&mut controller, now, &rim(2));
    assert_eq!(answers, 1);
    assert_eq!(
        (head.run, head.phase, head.phase_ms),
        (run, RunPhase::Running, 3_500)
    );
    assert_eq!((head.nodes, head.replicas, head.partitions), (3, 2, 6));
    assert_eq!((head.channels, head.symbols, head.libzmq), (2, 6, LIBZMQ));

    let told = node_told(&records, 1);
    assert_eq!((told.state, told.heard_ms), (NodeState::Ready, 1_500));
    assert_eq!((told.max_orders, told.libzmq), (1_000, LIBZMQ));
    assert_eq!(told.beat, Some(beat(health)));
    assert_eq!(node_told(&records, 0).beat, None);
    let partitions = records.iter().filter_map(|record| {
        let StatusRecord::Partition(told) = record else {
            return None;
        };
        Some((told.partition.raw(), told.symbols))
    });
    assert!(partitions.eq((0..6).map(|number| (number, 1))));
    // Each of six partitions is on two nodes, each with two channels.
    let told = positions(&records);
    assert_eq!(told.len(), 6 * 2 * 2);
    assert!(told.iter().all(|&(_, _, is_alive, _, _)| is_alive));
}

#[test]
fn a_dead_replica_stays_in_its_partition_with_its_last_position() {
    let mut controller = started(2, 2, 1, 1);
    let run = controller.run();
    let stream = StreamId {
        channel: ChannelId::from_raw(0),
        partition: Partition::from_raw(0),
    };
    for number in 0..2 {
        let mut writer = RecordsWriter::<_, Ack>::new(vec![0; 512]);
        let at = position(10 - u32::try_from(number).unwrap());
        let position = StreamPosition {
            stream,
            position: at,
        };
        writer.push(&position).unwrap();
        let head = Ack {
            run,
            node: node(number),
            streams: 0,
        };
        let ack = writer.finish(&[], head).unwrap().to_vec();
        say(&mut controller, START, number, &ack);
    }
    // One is heard all the time, the other one never.
    let mut now = START;
    while now < START.after(Duration::from_secs(7)) {
        now = now.after(Duration::from_millis(250));
        say(
            &mut controller,
            now,
            1,
            &heartbeat(run, 1, Health::default()),
        );
        controller.handle_timeout(now);
    }
    let (_, records, _) = status(&mut controller, now, &rim(1));
    assert_eq!(node_told(&records, 0).state, NodeState::Dead);
    let mut told: Vec<_> = positions(&records)
        .into_iter()
        .map(|told| (told.1, told.2, told.4))
        .collect();
    told.sort_unstable_by_key(|told| told.0);
    assert_eq!(
        told,
        [(node(0), false, position(10)), (node(1), true, position(9))]
    );
}

#[test]
fn a_question_changes_nothing_and_one_that_cannot_be_read_is_answered() {
    let mut controller = Controller::new(config(1, 1, 1, 1), START);
    let mut waiting = Controller::new(
        ControllerConfig {
            await_visual: true,
            ..config(1, 1, 1, 1)
        },
        START,
    );
    let phase = |controller: &mut Controller| status(controller, START, &rim(1)).0.phase;
    assert_eq!(phase(&mut controller), RunPhase::AwaitingNodes);
    assert_eq!(phase(&mut waiting), RunPhase::AwaitingPage);
    let cut = ask(StatusFrom::Start);
    for question in [
        &[][..],
        b"GET / HTTP/1.1",
        &cut[..cut.len() - 1],
        &[2, 1, 0],
    ] {
        answer(&mut waiting, START, question, &rim(1));
    }
    assert_eq!(phase(&mut waiting), RunPhase::AwaitingPage);
    let (_, records, _) = status(&mut waiting, START, &rim(1));
    let StatusRecord::Controller(counters) = &records[0] else {
        panic!("the controller comes first");
    };
    assert_eq!(counters.bad_messages, 4);
    let page = message(&SetupVisualRequest {
        schema: SCHEMA_FINGERPRINT,
        tell: None,
    });
    let symbols = answer(&mut waiting, START, &page, &rim(1));
    assert!(matches!(
        Answer::decode(&symbols),
        Ok(Answer::SetupVisual(..))
    ));
    assert_eq!(phase(&mut waiting), RunPhase::AwaitingNodes);
}

#[test]
fn the_largest_cluster_is_told_in_several_answers_and_every_part_once() {
    let (nodes, partitions) = (MAX_NODES, u32::try_from(MAX_PARTITIONS).unwrap());
    let mut controller = started(nodes, 2, partitions, MAX_CHANNELS);
    let run = controller.run();
    let holders = positions(&status(&mut controller, START, &rim(MAX_CHANNELS)).1);
    for number in 0..nodes {
        say(
            &mut controller,
            START,
            number,
            &heartbeat(run, number, Health::default()),
        );
        let own = holders.iter().filter(|held| held.1 == node(number));
        let own: Vec<_> = own
            .map(|&(partition, _, _, channel, _)| StreamPosition {
                stream: StreamId { channel, partition },
                position: position(0),
            })
            .collect();
        for streams in own.chunks(1_000) {
            let mut writer = RecordsWriter::<_, Ack>::new(vec![0; MAX_CONTROL_BYTES]);
            streams.iter().for_each(|one| writer.push(one).unwrap());
            let head = Ack {
                run,
                node: node(number),
                streams: 0,
            };
            let ack = writer.finish(&[], head).unwrap().to_vec();
            say(&mut controller, START, number, &ack);
        }
        while controller.next_command().is_some() {}
    }
    let (_, records, answers) = status(&mut controller, START, &rim(MAX_CHANNELS));
    assert!(answers > 1, "{answers}");
    let mut told = positions(&records);
    assert!(told.iter().all(|told| told.4 == position(0)));
    assert_eq!(told.len(), 2 * MAX_PARTITIONS * MAX_CHANNELS);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 2 * MAX_PARTITIONS * MAX_CHANNELS);
    let parts = |of: fn(&StatusRecord) -> bool| records.iter().filter(|one| of(one)).count();
    assert_eq!(parts(|one| matches!(one, StatusRecord::Controller(_))), 1);
    assert_eq!(parts(|one| matches!(one, StatusRecord::Node(_))), MAX_NODES);
    assert_eq!(
        parts(|one| matches!(one, StatusRecord::Channel(_))),
        MAX_CHANNELS
    );
    assert_eq!(
        parts(|one| matches!(one, StatusRecord::Partition(_))),
        MAX_PARTITIONS
    );
}

#[test]
fn a_partition_on_all_nodes_fits_one_answer() {
    let mut controller = started(MAX_NODES, MAX_NODES, 2, MAX_CHANNELS);
    let (_, records, _) = status(&mut controller, START, &rim(MAX_CHANNELS));
    assert_eq!(positions(&records).len(), 2 * MAX_NODES * MAX_CHANNELS);
}

#[test]
fn a_weak_supply_and_a_slowed_processor_are_told_once_a_node() {
    let mut controller = started(2, 2, 1, 1);
    let run = controller.run();
    let health = |bits| Health {
        millicelsius: Some(82_000),
        throttling: Some(Throttling::from_raw(bits)),
        ..Health::default()
    };
    let mut told = |number: usize, bits: u32| {
        say(
            &mut controller,
            START,
            number,
            &heartbeat(run, number, health(bits)),
        );
        let commands = std::iter::from_fn(|| controller.next_command());
        let reports = commands.filter_map(|command| {
            if let Command::Report(Report::UnderVoltage { .. }) = command {
                Some('v')
            } else if let Command::Report(Report::Slowed { millicelsius, .. }) = command {
                assert_eq!(millicelsius, Some(82_000));
                Some('s')
            } else {
                None
            }
        });
        reports.collect::<String>()
    };
    // What was before this program began is no news.
    assert_eq!(told(0, 0xf_0000), "");
    assert_eq!(told(0, 1), "v");
    assert_eq!(told(0, 0), "");
    assert_eq!(told(0, 5), "s");
    assert_eq!(told(0, 0), "");
    assert_eq!(told(0, 5), "");
    assert_eq!(told(1, 5), "vs");
}
