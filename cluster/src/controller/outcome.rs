//! How a run ended: the replicas of every partition, side by side.

use std::collections::BTreeMap;

use oxberry_proto::{EventNum, Partition, StreamId};

use super::node::{Node, NodeState};

/// How the run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Every partition of the cluster.
    pub partitions: Vec<PartitionOutcome>,
}

/// How one partition ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionOutcome {
    /// The partition.
    pub partition: Partition,
    /// Events published for it.
    pub published: u64,
    /// What each replica that lived to the end reports.
    pub replicas: Vec<ReplicaDigest>,
}

/// The books of one partition on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaDigest {
    /// The node.
    pub node: String,
    /// The digest of its books.
    pub digest: u64,
    /// Events applied to them.
    pub events: u64,
    /// Symbols that are not live.
    pub stale_symbols: u32,
}

impl Outcome {
    /// Sets the digests of all nodes that lived side by side.
    pub(super) fn compare(
        partitions: impl Iterator<Item = Partition>,
        nodes: &[Node],
        lasts: impl Iterator<Item = (StreamId, EventNum)>,
    ) -> Self {
        let mut published = BTreeMap::new();
        for (stream, last) in lasts {
            *published.entry(stream.partition).or_insert(0) += last.raw();
        }
        let of = |partition| PartitionOutcome {
            partition,
            published: published.get(&partition).copied().unwrap_or(0),
            replicas: nodes
                .iter()
                .filter(|node| node.state == NodeState::Done)
                .flat_map(|node| node.digests.iter().map(move |digest| (node, digest)))
                .filter(|(_, digest)| digest.partition == partition)
                .map(|(node, digest)| ReplicaDigest {
                    node: node.name.to_string(),
                    digest: digest.digest,
                    events: digest.events,
                    stale_symbols: digest.stale_symbols,
                })
                .collect(),
        };
        Self {
            partitions: partitions.map(of).collect(),
        }
    }

    /// Whether every partition is [good](PartitionOutcome::is_good).
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.partitions.iter().all(PartitionOutcome::is_good)
    }
}

impl PartitionOutcome {
    /// Whether a replica lived, and all that lived applied everything and are equal.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.replicas.first().is_some_and(|first| {
            self.replicas
                .iter()
                .all(|replica| replica.digest == first.digest && replica.events == self.published)
        })
    }
}
