//! Who speaks: the Pis that were heard, who fell silent and who is done.

use oxberry_core::units::Instant;
use oxberry_proto::NodeId;
use oxberry_proto::limits::MAX_NODES;

use crate::limits::NODE_SILENT_AFTER;

/// The Pis of the cluster as the dashboard hears them.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// How many there are to be.
    expected: u16,
    /// When the first of all messages came.
    first_heard: Option<Instant>,
    /// By node number.
    heard: Vec<Option<Node>>,
    /// The nodes that fell silent.
    silent: NodeSet,
}

/// One Pi that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// When it last spoke.
    pub last_heard: Instant,
    /// Events it brought, duplicates included.
    pub events: u64,
    /// Whether it said that it is done.
    pub ended: bool,
}

/// A set of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeSet(u64);

const _: () = assert!(MAX_NODES <= u64::BITS as usize);

impl Nodes {
    /// No node heard of `expected` ones.
    #[must_use]
    pub fn new(expected: u16) -> Self {
        Self {
            expected,
            first_heard: None,
            heard: vec![None; MAX_NODES],
            silent: NodeSet::default(),
        }
    }

    /// A message of `node` came; `None` when no cluster has a node of that number.
    pub fn handle_message(&mut self, now: Instant, node: NodeId) -> Option<&mut Node> {
        let heard = self.heard.get_mut(usize::from(node.raw()))?;
        self.first_heard.get_or_insert(now);
        self.silent.remove(node);
        let heard = heard.get_or_insert(Node {
            last_heard: now,
            events: 0,
            ended: false,
        });
        heard.last_heard = now;
        Some(heard)
    }

    /// Notes who has been silent for too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Self { heard, silent, .. } = self;
        for (node, heard) in each(heard) {
            if !heard.ended && now.since(heard.last_heard) >= NODE_SILENT_AFTER {
                silent.insert(node);
            }
        }
    }

    /// How many there are to be.
    #[must_use]
    pub const fn expected(&self) -> u16 {
        self.expected
    }

    /// The nodes heard so far, in the order of their numbers.
    pub fn heard(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        each(&self.heard)
    }

    /// The nodes that fell silent without saying that they are done.
    #[must_use]
    pub const fn silent(&self) -> NodeSet {
        self.silent
    }

    /// Whether nothing more is to come: some are done, and nobody else is left who could speak.
    #[must_use]
    pub fn ended(&self, now: Instant) -> bool {
        let Some(first_heard) = self.first_heard else {
            return false;
        };
        let all_came = self.heard().count() >= usize::from(self.expected);
        let others_are_overdue = now.since(first_heard) >= NODE_SILENT_AFTER;
        (all_came || others_are_overdue)
            && self.heard().any(|(_, node)| node.ended)
            && self
                .heard()
                .all(|(id, node)| node.ended || self.silent.contains(id))
    }
}

fn each(heard: &[Option<Node>]) -> impl Iterator<Item = (NodeId, &Node)> {
    heard
        .iter()
        .zip(0_u16..)
        .filter_map(|(node, id)| node.as_ref().map(|node| (NodeId::from_raw(id), node)))
}

impl NodeSet {
    /// Puts a node in; it is one of at most [`MAX_NODES`].
    pub const fn insert(&mut self, node: NodeId) {
        self.0 |= Self::bit(node);
    }

    /// Takes a node out.
    pub const fn remove(&mut self, node: NodeId) {
        self.0 &= !Self::bit(node);
    }

    /// Whether a node is in it.
    #[must_use]
    pub const fn contains(self, node: NodeId) -> bool {
        self.0 & Self::bit(node) != 0
    }

    /// Whether no node is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all its nodes are in `other`.
    #[must_use]
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    const fn bit(node: NodeId) -> u64 {
        assert!(
            (node.raw() as usize) < MAX_NODES,
            "a node number beyond the most nodes"
        );
        1 << node.raw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: NodeId = NodeId::from_raw(0);
    const ONE: NodeId = NodeId::from_raw(1);
    const START: Instant = Instant::from_raw(5);

    #[test]
    fn a_node_is_silent_until_it_speaks_again() {
        let mut nodes = Nodes::new(2);
        nodes.handle_message(START, ZERO).unwrap();
        let later = START.after(NODE_SILENT_AFTER);
        nodes.handle_message(later, ONE).unwrap();
        nodes.handle_timeout(later);
        assert!(nodes.silent().contains(ZERO));
        assert!(!nodes.silent().contains(ONE));
        nodes.handle_message(later, ZERO).unwrap();
        assert!(nodes.silent().is_empty());
    }

    #[test]
    fn the_end_is_when_all_said_so() {
        let mut nodes = Nodes::new(2);
        assert!(!nodes.ended(START));
        nodes.handle_message(START, ZERO).unwrap().ended = true;
        assert!(!nodes.ended(START));
        nodes.handle_message(START, ONE).unwrap();
        assert!(!nodes.ended(START));
        nodes.handle_message(START, ONE).unwrap().ended = true;
        assert!(nodes.ended(START));
    }

    #[test]
    fn a_dead_node_does_not_hold_up_the_end() {
        let mut nodes = Nodes::new(3);
        nodes.handle_message(START, ZERO).unwrap().ended = true;
        nodes.handle_message(START, ONE).unwrap();
        let later = START.after(NODE_SILENT_AFTER);
        nodes.handle_timeout(later);
        assert!(nodes.ended(later), "one is silent, one never came");
        assert!(!nodes.silent().contains(ZERO), "who is done may be silent");
    }

    #[test]
    fn a_number_beyond_all_nodes_is_nobody() {
        assert_eq!(
            Nodes::new(2).handle_message(START, NodeId::from_raw(64)),
            None
        );
    }
}
