//! How the cluster is, as the controller tells whoever asks. Nothing changes by it.

use oxberry_core::units::Instant;
use oxberry_proto::limits::{
    MAX_CONTROL_BYTES, MAX_STATUS_POSITION_BYTES, MAX_STATUS_RECORD_BYTES,
};
use oxberry_proto::status::{
    ChannelPosition, ChannelStatus, ControllerStatus, NodeStatus, PartitionStatus, ReplicaStatus,
    RunPhase, Status, StatusFrom, StatusRecord, StatusRequest,
};
use oxberry_proto::{Libzmq, NodeId, Partition, RecordsWriter, SCHEMA_FINGERPRINT, StreamId};

use super::message::count;
use super::node::Node;
use super::{Command, Controller, Counters, Phase};

/// What of a status only the rim knows.
#[derive(Clone, Debug, Default)]
pub struct RimStatus {
    /// The ZeroMQ library.
    pub libzmq: Libzmq,
    /// The channels of the feed, in the order of their numbers.
    pub channels: Vec<ChannelStatus>,
}

/// How far a run is, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    phase: RunPhase,
    since: Instant,
}

impl Stage {
    pub(super) const fn new(phase: Phase, now: Instant) -> Self {
        Self {
            phase: phase.in_words(),
            since: now,
        }
    }

    /// Notes how far it is now.
    pub(super) fn note(&mut self, phase: Phase, now: Instant) {
        if self.phase != phase.in_words() {
            *self = Self::new(phase, now);
        }
    }
}

impl Phase {
    const fn in_words(self) -> RunPhase {
        match self {
            Self::AwaitVisual => RunPhase::AwaitingPage,
            Self::AwaitNodes => RunPhase::AwaitingNodes,
            Self::AwaitReady => RunPhase::AwaitingReady,
            Self::Running => RunPhase::Running,
            Self::AwaitDigests => RunPhase::AwaitingDigests,
            Self::AwaitFarewell { .. } => RunPhase::AwaitingFarewells,
            Self::Over => RunPhase::Over,
        }
    }
}

impl Controller {
    /// Tells as much as one message holds, from where it is asked for.
    pub(super) fn answer_status(&mut self, now: Instant, request: StatusRequest, rim: &RimStatus) {
        let mut writer = RecordsWriter::new(vec![0; MAX_CONTROL_BYTES]);
        let mut head = self.status_head(now, rim);
        let symbols = self.symbols_by_partition();
        for place in self.places(rim).filter(|place| *place >= request.from) {
            let records = self.records_at(place, now, rim, &symbols);
            let positions = records.len().saturating_sub(1) * MAX_STATUS_POSITION_BYTES;
            let has_room = writer.room() >= MAX_STATUS_RECORD_BYTES + positions
                && writer.count() + records.len() <= usize::from(u16::MAX);
            if !has_room {
                head.next = Some(place);
                break;
            }
            for record in &records {
                writer.push(record).expect("there is room for all of them");
            }
        }
        let message = writer.finish(&[], head);
        let message = message
            .expect("MAX_LIST_HEAD_BYTES holds every head")
            .to_vec();
        self.commands.push_back(Command::Answer { message });
    }

    fn status_head(&self, now: Instant, rim: &RimStatus) -> Status {
        let config = &self.config;
        Status {
            schema: SCHEMA_FINGERPRINT,
            run: self.run,
            phase: self.stage.phase,
            phase_ms: milliseconds(now, self.stage.since),
            nodes: count(config.nodes),
            replicas: count(config.replicas),
            partitions: count(config.table.len()),
            channels: count(config.channels.len()),
            symbols: count(config.symbols.len()),
            libzmq: rim.libzmq,
            next: None,
            records: 0,
        }
    }

    /// How many symbols are in each partition, in their order.
    fn symbols_by_partition(&self) -> Vec<u16> {
        let mut symbols = vec![0_u16; self.config.table.len()];
        for (_, partition) in self.config.table.symbols() {
            if let Some(symbols) = symbols.get_mut(usize::from(partition.raw())) {
                *symbols = symbols.saturating_add(1);
            }
        }
        symbols
    }

    /// The places of all that there is to be told, in their order.
    fn places(&self, rim: &RimStatus) -> impl Iterator<Item = StatusFrom> {
        let nodes = self.nodes.iter().map(|(id, _)| StatusFrom::Node(id));
        let channels = rim.channels.iter();
        let channels = channels.map(|one| StatusFrom::Channel(one.channel));
        let partitions = self.config.table.partitions().map(StatusFrom::Partition);
        [StatusFrom::Start]
            .into_iter()
            .chain(nodes)
            .chain(channels)
            .chain(partitions)
    }

    /// What there is to be told at a place. Behind the first record none is longer than a position's.
    fn records_at(
        &self,
        place: StatusFrom,
        now: Instant,
        rim: &RimStatus,
        symbols: &[u16],
    ) -> Vec<StatusRecord> {
        match place {
            StatusFrom::Start => vec![StatusRecord::Controller(self.counters.into())],
            StatusFrom::Node(id) => {
                let node = self.nodes.get(id);
                let told = node.map(|node| StatusRecord::Node(node_status(id, node, now)));
                told.into_iter().collect()
            }
            StatusFrom::Channel(channel) => {
                let mut channels = rim.channels.iter();
                let told = channels.find(|one| one.channel == channel).copied();
                told.map(StatusRecord::Channel).into_iter().collect()
            }
            StatusFrom::Partition(partition) => self.partition_records(partition, symbols),
        }
    }

    /// A partition, its replicas, and where they are.
    fn partition_records(&self, partition: Partition, symbols: &[u16]) -> Vec<StatusRecord> {
        let symbols = symbols.get(usize::from(partition.raw()));
        let mut records = vec![StatusRecord::Partition(PartitionStatus {
            partition,
            symbols: symbols.copied().unwrap_or_default(),
        })];
        let living = self.replicas.get(&partition);
        for &node in self.placed.get(&partition).into_iter().flatten() {
            let is_alive = living.is_some_and(|living| living.contains(&node));
            records.push(StatusRecord::Replica(ReplicaStatus { node, is_alive }));
            let applied = self.nodes.get(node).map(|node| &node.applied);
            records.extend(self.config.channels.iter().map(|&channel| {
                let stream = StreamId { channel, partition };
                let position = applied.and_then(|applied| applied.get(&stream));
                StatusRecord::Position(ChannelPosition {
                    channel,
                    position: position.copied().unwrap_or_default(),
                })
            }));
        }
        records
    }
}

fn node_status(id: NodeId, node: &Node, now: Instant) -> NodeStatus {
    NodeStatus {
        node: id,
        name: node.name.clone(),
        state: node.state,
        heard_ms: milliseconds(now, node.last_heard),
        max_orders: node.max_orders,
        max_symbols: node.max_symbols,
        libzmq: node.libzmq,
        beat: node.beat,
    }
}

impl From<Counters> for ControllerStatus {
    fn from(counters: Counters) -> Self {
        let Counters {
            out_of_place,
            foreign,
            bad_messages,
            refused,
            vain_wishes,
            snapshots_asked: _,
            snapshot_bytes: _,
            joined_late,
            takes,
            takes_refused: _,
            fenced,
            books_rebuilt: _,
        } = counters;
        Self {
            out_of_place,
            foreign,
            bad_messages,
            refused,
            vain_wishes,
            joined_late,
            takes,
            fenced,
        }
    }
}

fn milliseconds(now: Instant, since: Instant) -> u64 {
    u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX)
}
