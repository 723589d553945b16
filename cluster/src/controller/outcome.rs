//! How a run ended: the replicas of every partition, side by side.

use std::collections::BTreeMap;

use oxberry_core::book::{Digest, Trust};
use oxberry_core::units::SymbolIndex;
use oxberry_proto::Partition;
use oxberry_proto::flow::SymbolDigest;

use super::node::{Node, NodeState};
use super::nodes::Nodes;
use crate::partition::PartitionTable;

/// How the run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Every partition of the cluster.
    pub partitions: Vec<PartitionOutcome>,
    /// Nodes that lived, but did not say that all they had said was taken.
    pub missing: Vec<String>,
}

/// How one partition ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionOutcome {
    /// The partition.
    pub partition: Partition,
    /// What each replica that lived to the end reports.
    pub replicas: Vec<ReplicaDigest>,
    /// Symbols that are live on several replicas, whose books differ.
    pub different: Vec<SymbolIndex>,
}

/// The books of one partition on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaDigest {
    /// The node.
    pub node: String,
    /// The digest of all its books.
    pub digest: u64,
    /// How many symbols it holds.
    pub symbols: u32,
    /// Symbols that are not live.
    pub not_live: u32,
}

impl Outcome {
    /// Sets the digests of all nodes that lived side by side.
    pub(super) fn compare(table: &PartitionTable, nodes: &Nodes) -> Self {
        let reported = nodes
            .all()
            .filter(|node| matches!(node.state, NodeState::Done | NodeState::Gone));
        let mut by_partition: BTreeMap<Partition, Vec<(&Node, Vec<SymbolDigest>)>> =
            table.partitions().map(|one| (one, Vec::new())).collect();
        for node in reported {
            let mut of_node: BTreeMap<Partition, Vec<SymbolDigest>> = BTreeMap::new();
            for digest in node.digests.values() {
                let partition = table.partition_of(digest.symbol_index);
                of_node.entry(partition).or_default().push(*digest);
            }
            for (partition, digests) in of_node {
                by_partition
                    .entry(partition)
                    .or_default()
                    .push((node, digests));
            }
        }
        let partitions = by_partition.into_iter();
        Self {
            partitions: partitions
                .map(|(partition, replicas)| PartitionOutcome::of(partition, &replicas))
                .collect(),
            missing: nodes
                .all()
                .filter(|node| node.state == NodeState::Done)
                .map(|node| node.name.to_string())
                .collect(),
        }
    }

    /// Whether every partition is [good](PartitionOutcome::is_good).
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.partitions.iter().all(PartitionOutcome::is_good)
    }

    /// Whether there is a partition that has books which are not live on each of its replicas.
    #[must_use]
    pub fn has_distrusted(&self) -> bool {
        let mut partitions = self.partitions.iter();
        partitions.any(|one| one.replicas.iter().all(|replica| replica.not_live > 0))
    }
}

impl PartitionOutcome {
    fn of(partition: Partition, replicas: &[(&Node, Vec<SymbolDigest>)]) -> Self {
        // Only live books can be compared: what is missing in the others is known.
        let mut live: BTreeMap<SymbolIndex, Vec<u64>> = BTreeMap::new();
        for digest in replicas.iter().flat_map(|(_, digests)| digests) {
            if digest.trust == Trust::Live {
                live.entry(digest.symbol_index)
                    .or_default()
                    .push(digest.digest);
            }
        }
        let differ = |digests: &Vec<u64>| digests.iter().any(|one| Some(one) != digests.first());
        let different = live
            .into_iter()
            .filter(|(_, digests)| differ(digests))
            .map(|(symbol_index, _)| symbol_index)
            .collect();
        let replicas = replicas.iter().map(|(node, digests)| {
            let all = digests.iter().map(|one| Digest::from_raw(one.digest));
            let not_live = digests.iter().filter(|one| one.trust != Trust::Live);
            ReplicaDigest {
                node: node.name.to_string(),
                digest: all.fold(Digest::EMPTY, Digest::combine).raw(),
                symbols: u32::try_from(digests.len()).unwrap_or(u32::MAX),
                not_live: u32::try_from(not_live.count()).unwrap_or(u32::MAX),
            }
        });
        Self {
            partition,
            replicas: replicas.collect(),
            different,
        }
    }

    /// Whether a replica lived, and no book that is live on two of them differs.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.replicas.is_empty() && self.different.is_empty()
    }
}
