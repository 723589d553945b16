//! The Pis of a run, each under a number that no other one ever gets.

use std::collections::BTreeMap;

use oxberry_proto::NodeId;

use super::node::{Node, NodeState};

/// The Pis, in the order of their arrival.
///
/// Numbers count up and none is given twice, whoever leaves: what a node said, or what was said to it,
/// is never taken for another one's.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: BTreeMap<NodeId, Node>,
    /// Numbers that were given.
    given: u16,
}

impl Nodes {
    /// The number that the next one gets, unless there is none left.
    pub(super) fn next_id(&self) -> Option<NodeId> {
        (self.given < u16::MAX).then_some(NodeId::from_raw(self.given))
    }

    /// Takes a node in under the next number.
    pub(super) fn join(&mut self, id: NodeId, node: Node) {
        debug_assert_eq!(self.next_id(), Some(id), "a number is never given again");
        self.given = id.raw().saturating_add(1);
        self.nodes.insert(id, node);
    }

    /// Takes a node out that was told nothing yet.
    pub(super) fn remove(&mut self, id: NodeId) -> Option<Node> {
        self.nodes.remove(&id)
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(&id, node)| (id, node))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.nodes.values_mut()
    }

    /// Those that are not dead.
    pub(super) fn alive(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.iter().filter(|(_, node)| node.is_alive())
    }

    /// The node at the other end of a connection. One whose place was given away is as unknown as any
    /// other.
    pub(super) fn of_peer(&self, peer: &[u8]) -> Option<NodeId> {
        let is_peer = |node: &Node| node.peer == peer && node.state != NodeState::Replaced;
        let mut nodes = self.iter();
        nodes.find_map(|(id, node)| is_peer(node).then_some(id))
    }

    /// The first dead node whose place nobody has taken.
    pub(super) fn first_dead(&self) -> Option<NodeId> {
        let mut nodes = self.iter();
        nodes.find_map(|(id, node)| (node.state == NodeState::Dead).then_some(id))
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::Instant;
    use oxberry_proto::start::Hello;
    use oxberry_proto::{Libzmq, NodeName};

    use super::*;

    fn join(nodes: &mut Nodes) -> NodeId {
        let id = nodes.next_id().unwrap();
        let hello = Hello {
            name: NodeName::new(),
            schema: 0,
            last_run: None,
            max_orders: 0,
            max_symbols: 0,
            libzmq: Libzmq::default(),
        };
        let node = Node::new(Vec::new(), hello, Instant::default());
        nodes.join(id, node);
        id
    }

    #[test]
    fn who_leaves_takes_its_number_along() {
        let mut nodes = Nodes::default();
        let first = [join(&mut nodes), join(&mut nodes)];
        nodes.remove(first[1]).unwrap();
        let third = join(&mut nodes);
        assert!(!first.contains(&third));
        nodes.remove(first[0]).unwrap();
        nodes.remove(third).unwrap();
        assert!(![first[0], first[1], third].contains(&join(&mut nodes)));
        assert_eq!(nodes.len(), 1);
    }

    #[test]
    fn when_all_numbers_are_given_there_is_none_left() {
        let mut nodes = Nodes::default();
        for _ in 0..u16::MAX {
            let id = join(&mut nodes);
            nodes.remove(id).unwrap();
        }
        assert_eq!(nodes.next_id(), None);
    }
}
