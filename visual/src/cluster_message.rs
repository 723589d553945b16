//! The cluster as JSON: how the Pis are heard here, and what the controller says of them.

use std::time::Duration;

use oxberry_cluster::told::{Cluster, Partition};
use oxberry_core::units::Instant;
use oxberry_proto::status::{ChannelStatus, NodeStatus as Told};
use oxberry_proto::{NodeId, Run};
use serde::Serialize;

use crate::board::Phase;
use crate::json_text::Text;
use crate::page_message::voice_name;
use crate::screen::{BoardStatus, NodeStatus};
use crate::source::Source;

/// The cluster as it is at a time of the dashboard's clock.
pub(crate) fn cluster(
    board: &BoardStatus,
    source: Option<Source>,
    faults: &[String],
    now: Instant,
) -> Result<String, serde_json::Error> {
    let told = board.cluster.as_ref();
    let told = told.filter(|(_, told)| told.head.run == board.run);
    let age = told.map(|(at, _)| milliseconds(now.since(*at)));
    let told = told.map(|(_, told)| told.as_ref());
    serde_json::to_string(&ClusterObject {
        source,
        phase: board.phase,
        run: Text(board.run),
        nodes_expected: board.nodes_expected,
        nodes: nodes(board, told),
        told_ms_ago: age,
        run_phase: told.map(|told| told.head.phase.word()),
        channels: told
            .iter()
            .flat_map(|told| &told.channels)
            .map(channel)
            .collect(),
        partitions: told.map_or_else(Vec::new, |told| {
            let partitions = told.partitions.iter();
            partitions.map(|one| partition(told, one)).collect()
        }),
        faults,
    })
}

#[derive(Serialize)]
struct ClusterObject<'f> {
    source: Option<Source>,
    phase: Phase,
    run: Text<Run>,
    nodes_expected: u16,
    nodes: Vec<NodeObject>,
    /// How old what the controller told is; nothing when it has told nothing of this run.
    told_ms_ago: Option<u64>,
    run_phase: Option<&'static str>,
    channels: Vec<ChannelObject>,
    partitions: Vec<PartitionObject>,
    /// Who can be killed and paused on purpose.
    faults: &'f [String],
}

#[derive(Serialize)]
struct NodeObject {
    node: u16,
    name: Option<String>,
    /// How it is heard here; nothing if it never was.
    voice: Option<&'static str>,
    /// Events that it was the first to bring.
    firsts: u64,
    /// What the controller says of it.
    state: Option<&'static str>,
    heard_ms: Option<u64>,
    orders: Option<u32>,
    max_orders: Option<u32>,
    books_not_live: Option<u32>,
    resident_bytes: Option<u64>,
    millicelsius: Option<i32>,
    is_slowed: Option<bool>,
    is_under_voltage: Option<bool>,
}

#[derive(Serialize)]
struct ChannelObject {
    channel: u8,
    numbering: u64,
    seq: u32,
    ended: bool,
    packets: u64,
    events: u64,
    losses: u64,
    lost_messages: u64,
}

#[derive(Serialize)]
struct PartitionObject {
    partition: u16,
    symbols: u16,
    replicas: Vec<ReplicaObject>,
}

#[derive(Serialize)]
struct ReplicaObject {
    node: u16,
    is_alive: bool,
    /// Messages behind what was published; nothing where numbers have begun anew.
    behind: Option<u32>,
}

/// All nodes that somebody knows, by number.
fn nodes(board: &BoardStatus, told: Option<&Cluster>) -> Vec<NodeObject> {
    let told: Vec<_> = told.iter().flat_map(|told| &told.nodes).collect();
    let heard = board.nodes.iter().map(|heard| heard.node);
    let mut numbers: Vec<NodeId> = told.iter().map(|told| told.node).chain(heard).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let of = |number: NodeId| {
        let heard = board.nodes.iter().find(|heard| heard.node == number);
        let told = told.iter().rev().find(|told| told.node == number);
        node(number, heard, told.copied())
    };
    numbers.into_iter().map(of).collect()
}

fn node(number: NodeId, heard: Option<&NodeStatus>, told: Option<&Told>) -> NodeObject {
    let beat = told.and_then(|told| told.beat);
    let health = beat.map(|beat| beat.health);
    NodeObject {
        node: number.raw(),
        name: told.map(|told| told.name.to_string()),
        voice: heard.map(|heard| voice_name(heard.voice)),
        firsts: heard.map_or(0, |heard| heard.firsts),
        state: told.map(|told| told.state.word()),
        heard_ms: told.map(|told| told.heard_ms),
        orders: beat.map(|beat| beat.orders),
        max_orders: told.map(|told| told.max_orders),
        books_not_live: beat.map(|beat| beat.trust.not_live()),
        resident_bytes: health.and_then(|health| health.resident_bytes),
        millicelsius: health.and_then(|health| health.millicelsius),
        is_slowed: health.and_then(|health| health.is_slowed()),
        is_under_voltage: health.and_then(|health| health.is_under_voltage()),
    }
}

const fn channel(told: &ChannelStatus) -> ChannelObject {
    ChannelObject {
        channel: told.channel.raw(),
        numbering: told.position.numbering.raw(),
        seq: told.position.seq_num.raw(),
        ended: told.ended,
        packets: told.packets,
        events: told.events,
        losses: told.losses,
        lost_messages: told.lost_messages,
    }
}

fn partition(told: &Cluster, of: &Partition) -> PartitionObject {
    PartitionObject {
        partition: of.status.partition.raw(),
        symbols: of.status.symbols,
        replicas: of
            .replicas
            .iter()
            .map(|replica| ReplicaObject {
                node: replica.node.raw(),
                is_alive: replica.is_alive,
                behind: told.worst_lag(replica),
            })
            .collect(),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
