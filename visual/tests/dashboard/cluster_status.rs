//! What a made-up controller says of its cluster.

use oxberry_core::units::{ChannelId, Numbering, Position, SeqNum};
use oxberry_proto::limits::MAX_CONTROL_BYTES;
use oxberry_proto::start::SetupVisual;
use oxberry_proto::status::{
    ChannelPosition, ChannelStatus, NodeBeat, NodeState, NodeStatus, PartitionStatus,
    ReplicaStatus, RunPhase, Status, StatusRecord, TrustTotals,
};
use oxberry_proto::{
    Health, Libzmq, NodeId, NodeName, Partition, RecordsWriter, SCHEMA_FINGERPRINT,
};

use crate::cluster::NUMBERING;

/// How the cluster of these symbols is: all its nodes are ready, the last one is a little behind, and so many messages are lost.
pub(crate) fn status(setup: &SetupVisual, lost_messages: u64) -> Vec<u8> {
    let channel = ChannelId::from_raw(1);
    let at = |number: u32| Position {
        numbering: Numbering::from_raw(NUMBERING),
        seq_num: SeqNum::from_raw(number),
    };
    let mut writer = RecordsWriter::<_, Status>::new(vec![0; MAX_CONTROL_BYTES]);
    for node in 0..setup.nodes {
        let told = NodeStatus {
            node: NodeId::from_raw(node),
            name: NodeName::try_from(format!("pi-{}", node + 1).as_str()).unwrap(),
            state: NodeState::Ready,
            heard_ms: 20,
            max_orders: 1_000_000,
            max_symbols: 16_384,
            libzmq: Libzmq::default(),
            beat: Some(NodeBeat {
                events: 1_000,
                orders: 500,
                trust: TrustTotals {
                    live: 3,
                    ..TrustTotals::default()
                },
                health: Health {
                    millicelsius: Some(48_700),
                    ..Health::default()
                },
            }),
        };
        writer.push(&StatusRecord::Node(told)).unwrap();
    }
    let records = [StatusRecord::Channel(ChannelStatus {
        channel,
        position: at(1_000),
        ended: false,
        packets: 90,
        events: 1_000,
        losses: u64::from(lost_messages > 0),
        lost_messages,
    })];
    let partitions = (0..setup.partitions).map(Partition::from_raw);
    let of_partitions = partitions.flat_map(|partition| {
        let symbols = 2 - partition.raw() % 2;
        let replicas = (0..setup.nodes).flat_map(|node| {
            let position = at(1_000 - u32::from(node));
            [
                StatusRecord::Replica(ReplicaStatus {
                    node: NodeId::from_raw(node),
                    is_alive: true,
                }),
                StatusRecord::Position(ChannelPosition { channel, position }),
            ]
        });
        let head = StatusRecord::Partition(PartitionStatus { partition, symbols });
        [head].into_iter().chain(replicas).collect::<Vec<_>>()
    });
    for record in records.into_iter().chain(of_partitions) {
        writer.push(&record).unwrap();
    }
    let head = Status {
        schema: SCHEMA_FINGERPRINT,
        run: setup.run,
        phase: RunPhase::Running,
        phase_ms: 60_000,
        nodes: setup.nodes,
        replicas: setup.nodes,
        partitions: setup.partitions,
        channels: 1,
        symbols: setup.symbols,
        libzmq: Libzmq::default(),
        next: None,
        records: 0,
    };
    writer.finish(&[], head).unwrap().to_vec()
}
