//! What a fault cost: how long until it was noticed, until its process was back, and until every book was
//! on all its replicas again.

use std::{
    fmt,
    time::{Duration, Instant},
};

use oxberry_proto::status::{NodeState, NodeStatus};

use super::fault::Fault;
use crate::status::Cluster;

/// What is known of one fault so far.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    fault: Fault,
    struck: Instant,
    /// The number under which the controller knew the process.
    former: Option<u16>,
    noticed: Option<Duration>,
    back: Option<Duration>,
    whole: Option<Duration>,
}

impl Bill {
    /// Of a fault that was done just now.
    pub(super) fn new(fault: Fault, struck: Instant, before: Option<&Cluster>) -> Self {
        let former = before.and_then(|before| newest(before, &fault.node));
        Self {
            former: former.map(|node| node.node.raw()),
            fault,
            struck,
            noticed: None,
            back: None,
            whole: None,
        }
    }

    /// Whether it is complete.
    pub(super) const fn is_settled(&self) -> bool {
        self.whole.is_some()
    }

    /// Takes how the cluster is now.
    pub(super) fn look(&mut self, now: Instant, cluster: &Cluster) {
        let passed = now.saturating_duration_since(self.struck);
        let node = newest(cluster, &self.fault.node);
        let is_former = |node: &NodeStatus| Some(node.node.raw()) == self.former;
        let is_dead =
            |node: &NodeStatus| matches!(node.state, NodeState::Dead | NodeState::Replaced);
        let is_noticed = node.is_none_or(|node| !is_former(node) || is_dead(node));
        if self.noticed.is_none() && is_noticed {
            self.noticed = Some(passed);
        }
        let is_ready = |node: &NodeStatus| node.state == NodeState::Ready;
        // A pause that nobody noticed ends without a new number.
        let is_back = node.is_some_and(is_ready) && passed >= self.fault.back_after;
        if self.back.is_none() && is_back {
            self.back = Some(passed);
        }
        if self.back.is_some() && self.whole.is_none() && cluster.is_whole() {
            self.whole = Some(passed);
        }
    }
}

/// The process of a name that joined last.
fn newest<'s>(cluster: &'s Cluster, name: &str) -> Option<&'s NodeStatus> {
    let of_name = cluster.nodes.iter();
    let of_name = of_name.filter(|node| node.name.as_str() == name);
    of_name.max_by_key(|node| node.node)
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { what, node, at, .. } = &self.fault;
        write!(f, "bill: {node} {what} at {:.1} s", at.as_secs_f64())?;
        let parts = [
            (self.noticed, "noticed", "not noticed"),
            (self.back, "back", "not back"),
            (
                self.whole,
                "all books on all replicas",
                "not all books on all replicas",
            ),
        ];
        for (place, (passed, done, undone)) in parts.into_iter().enumerate() {
            let comma = if place == 0 { ": " } else { ", " };
            match passed {
                Some(passed) => write!(f, "{comma}{done} after {:.1} s", passed.as_secs_f64())?,
                None => write!(f, "{comma}{undone}")?,
            }
        }
        Ok(())
    }
}
