//! How a cluster stands at a moment, beside the totals: for whoever looks on.

use super::node::NodeState;
use super::{Controller, Phase};

/// How many of what there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Whether the feed is being played: it has started, and not all channels have ended.
    pub is_playing: bool,
    /// Nodes that are waited for before the start.
    pub nodes_expected: usize,
    /// Nodes that said Hello and were told nothing yet.
    pub joined: usize,
    /// Nodes that were told their partitions and do not hear them all yet.
    pub assigned: usize,
    /// Nodes that hear all their partitions.
    pub ready: usize,
    /// Nodes that reported their books at the end.
    pub done: usize,
    /// Nodes that have taken leave.
    pub gone: usize,
    /// Nodes that were silent for too long, or sent away, and whose place nobody has.
    pub dead: usize,
    /// Partitions that were assigned.
    pub partitions: usize,
    /// Those of them that no living node holds any more.
    pub partitions_orphaned: usize,
}

impl Controller {
    /// How the cluster stands.
    #[must_use]
    pub fn census(&self) -> Census {
        let of = |state| self.nodes.all().filter(|node| node.state == state).count();
        let orphaned = self.replicas.values().filter(|nodes| nodes.is_empty());
        Census {
            is_playing: self.phase == Phase::Running,
            nodes_expected: self.config.nodes,
            joined: of(NodeState::Joined),
            assigned: of(NodeState::Assigned),
            ready: of(NodeState::Ready),
            done: of(NodeState::Done),
            gone: of(NodeState::Gone),
            dead: of(NodeState::Dead),
            partitions: self.replicas.len(),
            partitions_orphaned: orphaned.count(),
        }
    }
}
