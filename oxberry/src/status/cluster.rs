//! A cluster as its controller told it, put together from records.

use anyhow::bail;
use oxberry_core::units::{ChannelId, Position};
use oxberry_net::Endpoint;
use oxberry_proto::NodeId;
use oxberry_proto::status::{
    ChannelPosition, ChannelStatus, ControllerStatus, NodeState, NodeStatus, PartitionStatus,
    RunPhase, Status, StatusRecord, TrustTotals,
};

/// All that was told.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// Whom it was told by.
    pub(super) controller: Endpoint,
    /// The whole.
    pub(crate) head: Status,
    /// What the controller counted.
    pub(super) counters: ControllerStatus,
    pub(crate) nodes: Vec<NodeStatus>,
    pub(super) channels: Vec<ChannelStatus>,
    pub(super) partitions: Vec<Partition>,
}

/// A partition, and who was to hold it.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    pub(super) status: PartitionStatus,
    pub(super) replicas: Vec<Replica>,
}

/// A partition on one node.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) node: NodeId,
    pub(super) is_alive: bool,
    pub(super) positions: Vec<ChannelPosition>,
}

impl Cluster {
    /// Of which only the whole is known.
    pub(super) fn new(controller: Endpoint, head: Status) -> Self {
        Self {
            controller,
            head,
            counters: ControllerStatus::default(),
            nodes: Vec::new(),
            channels: Vec::new(),
            partitions: Vec::new(),
        }
    }

    /// Takes the next record.
    ///
    /// # Errors
    ///
    /// When it belongs to nothing that was told before.
    pub(super) fn take(&mut self, record: StatusRecord) -> anyhow::Result<()> {
        match record {
            StatusRecord::Controller(counters) => self.counters = counters,
            StatusRecord::Node(node) => self.nodes.push(node),
            StatusRecord::Channel(channel) => self.channels.push(channel),
            StatusRecord::Partition(status) => self.partitions.push(Partition {
                status,
                replicas: Vec::new(),
            }),
            StatusRecord::Replica(told) => {
                let Some(partition) = self.partitions.last_mut() else {
                    bail!("a replica of no partition");
                };
                partition.replicas.push(Replica {
                    node: told.node,
                    is_alive: told.is_alive,
                    positions: Vec::new(),
                });
            }
            StatusRecord::Position(position) => {
                let partition = self.partitions.last_mut();
                let replica = partition.and_then(|partition| partition.replicas.last_mut());
                let Some(replica) = replica else {
                    bail!("a position of no replica");
                };
                replica.positions.push(position);
            }
        }
        Ok(())
    }

    /// The name of a node, or its number if it was not told.
    pub(super) fn name(&self, node: NodeId) -> String {
        let told = self.nodes.iter().find(|told| told.node == node);
        told.map_or_else(|| node.to_string(), |told| told.name.to_string())
    }

    /// How many numbers a replica is behind what was published of the channel; `None` in another
    /// numbering, where numbers say nothing.
    pub(super) fn lag(&self, at: &ChannelPosition) -> Option<u32> {
        let published = self.published(at.channel)?;
        if at.position >= published {
            return Some(0);
        }
        let is_same = at.position.numbering == published.numbering;
        let behind = published
            .seq_num
            .raw()
            .saturating_sub(at.position.seq_num.raw());
        is_same.then_some(behind)
    }

    /// How many numbers a replica is behind in the channel in which it is furthest behind.
    pub(super) fn worst_lag(&self, replica: &Replica) -> Option<u32> {
        let mut lags = replica.positions.iter().map(|at| self.lag(at));
        lags.try_fold(0, |worst, lag| Some(worst.max(lag?)))
    }

    /// Whether the feed is being played.
    pub(crate) fn is_playing(&self) -> bool {
        self.head.phase == RunPhase::Running
    }

    /// Whether every partition is on as many living nodes as it should be, and every book live on each.
    pub(crate) fn is_whole(&self) -> bool {
        let replicas = self.head.replicas.min(self.head.nodes);
        let is_held = |partition: &Partition| {
            let living = partition.replicas.iter().filter(|replica| replica.is_alive);
            living.count() >= usize::from(replicas)
        };
        // A node that has just come has not told of all its books yet.
        let books = u32::from(self.head.symbols) * u32::from(replicas);
        let trust = self.trust();
        self.partitions.iter().all(is_held) && trust.not_live() == 0 && trust.live >= books
    }

    /// The books of all nodes that are not dead, by how far they can be trusted: each replica counts.
    pub(super) fn trust(&self) -> TrustTotals {
        let is_dead =
            |node: &&NodeStatus| matches!(node.state, NodeState::Dead | NodeState::Replaced);
        let living = self.nodes.iter().filter(|node| !is_dead(node));
        let beats = living.filter_map(|node| node.beat);
        beats.fold(TrustTotals::default(), |all, beat| all.plus(beat.trust))
    }

    fn published(&self, channel: ChannelId) -> Option<Position> {
        let told = self.channels.iter().find(|told| told.channel == channel);
        told.map(|told| told.position)
    }
}

#[cfg(test)]
impl Cluster {
    /// A cluster that plays one symbol on one node.
    pub(crate) fn of_one_symbol() -> Self {
        use oxberry_proto::{Libzmq, Run, status::RunPhase};

        let head = Status {
            schema: 0,
            run: Run::default(),
            phase: RunPhase::Running,
            phase_ms: 0,
            nodes: 1,
            replicas: 1,
            partitions: 1,
            channels: 2,
            symbols: 1,
            libzmq: Libzmq::default(),
            next: None,
            records: 0,
        };
        Self::new(Endpoint::loopback(1), head)
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::{Numbering, SeqNum};
    use oxberry_proto::status::ReplicaStatus;

    use super::*;

    fn at(channel: u8, numbering: u64, number: u32) -> ChannelPosition {
        ChannelPosition {
            channel: ChannelId::from_raw(channel),
            position: Position {
                numbering: Numbering::from_raw(numbering),
                seq_num: SeqNum::from_raw(number),
            },
        }
    }

    fn cluster(published: &[ChannelPosition]) -> Cluster {
        let mut cluster = Cluster::of_one_symbol();
        cluster.channels = (published.iter())
            .map(|at| ChannelStatus {
                channel: at.channel,
                position: at.position,
                ended: false,
                packets: 0,
                events: 0,
                losses: 0,
                lost_messages: 0,
            })
            .collect();
        cluster
    }

    #[test]
    fn a_lag_is_the_numbers_between_and_nothing_between_numberings() {
        let cluster = cluster(&[at(1, 5, 100), at(2, 7, 3)]);
        assert_eq!(cluster.lag(&at(1, 5, 90)), Some(10));
        // What is published is left now and then; a replica may be ahead of that.
        assert_eq!(cluster.lag(&at(1, 5, 120)), Some(0));
        assert_eq!(cluster.lag(&at(1, 6, 1)), Some(0));
        assert_eq!(cluster.lag(&at(2, 6, 90)), None);
        assert_eq!(cluster.lag(&at(9, 5, 1)), None);
        let replica = |positions: &[ChannelPosition]| Replica {
            node: NodeId::from_raw(0),
            is_alive: true,
            positions: positions.to_vec(),
        };
        let worst = |positions: &[ChannelPosition]| cluster.worst_lag(&replica(positions));
        assert_eq!(worst(&[at(1, 5, 90), at(2, 7, 1)]), Some(10));
        assert_eq!(worst(&[at(1, 5, 90), at(2, 6, 1)]), None);
    }

    #[test]
    fn records_that_belong_to_nothing_are_refused() {
        let replica = StatusRecord::Replica(ReplicaStatus {
            node: NodeId::from_raw(0),
            is_alive: true,
        });
        let position = StatusRecord::Position(at(1, 1, 1));
        assert!(cluster(&[]).take(replica).is_err());
        assert!(cluster(&[]).take(position).is_err());
    }
}
