//! The Pis of a run, each under a number that no other one gets once it was told.

use std::collections::BTreeMap;

use oxberry_proto::{NodeId, NodeName};

use super::node::{Node, NodeState};

/// The Pis, in the order of their numbers.
///
/// A number that was told is never given again, whoever leaves: what a node said, or what was said to
/// it, is never taken for another one's. One that leaves before it was told its number leaves it to
/// others, so that whoever comes and goes while a run waits does not use them up.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: BTreeMap<NodeId, Node>,
    /// All numbers below this one may have been told to somebody.
    told: u16,
}

impl Nodes {
    /// The number that the next one gets, unless there is none left.
    pub(super) fn next_id(&self) -> Option<NodeId> {
        let mut free = (self.told..u16::MAX).map(NodeId::from_raw);
        free.find(|id| !self.nodes.contains_key(id))
    }

    /// Takes a node in under the next number.
    pub(super) fn join(&mut self, id: NodeId, node: Node) {
        debug_assert_eq!(self.next_id(), Some(id), "a number is never given again");
        self.nodes.insert(id, node);
    }

    /// All numbers below this one may have been told to somebody.
    pub(super) fn leave_out(&mut self, below: u16) {
        self.told = self.told.max(below);
    }

    /// Takes a node in under the number that it was told by another controller.
    pub(super) fn admit(&mut self, id: NodeId, node: Node) {
        debug_assert!(id.raw() < self.told, "it was told");
        self.nodes.insert(id, node);
    }

    /// A node is told its number.
    pub(super) fn tell(&mut self, id: NodeId) -> Option<&mut Node> {
        self.told = self.told.max(id.raw().saturating_add(1));
        self.nodes.get_mut(&id)
    }

    /// Takes a node out that is nobody: it was told nothing yet, or only had a place.
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

    /// The one of this name that is not dead; there is one at most.
    pub(super) fn alive_of_name(&mut self, name: &NodeName) -> Option<(NodeId, &mut Node)> {
        let mut nodes = self.nodes.iter_mut();
        let found = nodes.find(|(_, node)| node.is_alive() && node.name == *name);
        found.map(|(&id, node)| (id, node))
    }

    /// Those whose state it is.
    pub(super) fn of_state(&self, state: NodeState) -> impl Iterator<Item = (NodeId, &Node)> {
        self.iter().filter(move |(_, node)| node.state == state)
    }

    /// Another one has the place of this node. Of each name only the last such node is remembered, so
    /// that a Pi which dies again and again does not fill the list.
    pub(super) fn replace(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        node.state = NodeState::Replaced;
        let name = node.name.clone();
        let is_older = |other: NodeId, node: &Node| {
            other < id && node.state == NodeState::Replaced && node.name == name
        };
        self.nodes.retain(|&other, node| !is_older(other, node));
    }

    /// The node at the other end of a connection. One whose place was given away is as unknown as any
    /// other.
    pub(super) fn of_peer(&self, peer: &[u8]) -> Option<NodeId> {
        let is_peer = |node: &Node| node.peer == peer && node.state != NodeState::Replaced;
        let mut nodes = self.iter();
        nodes.find_map(|(id, node)| is_peer(node).then_some(id))
    }

    /// The dead nodes whose places nobody has taken, in the order in which a newcomer of this name
    /// gets one: that of its former self before the others.
    pub(super) fn places_left_to(&self, name: &NodeName) -> impl Iterator<Item = NodeId> {
        let dead = || self.of_state(NodeState::Dead);
        let own = dead().filter(|(_, node)| node.name == *name);
        let others = dead().filter(|(_, node)| node.name != *name);
        own.chain(others).map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::Instant;
    use oxberry_proto::start::Hello;
    use oxberry_proto::{Libzmq, NodeName};

    use super::*;

    fn join(nodes: &mut Nodes, name: &str) -> NodeId {
        let id = nodes.next_id().unwrap();
        let hello = Hello {
            name: NodeName::try_from(name).unwrap(),
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
    fn a_number_that_was_told_is_never_given_again() {
        let mut nodes = Nodes::default();
        let first = [join(&mut nodes, "a"), join(&mut nodes, "b")];
        for id in first {
            nodes.tell(id).unwrap();
        }
        nodes.remove(first[1]).unwrap();
        let third = join(&mut nodes, "c");
        assert!(!first.contains(&third));
        nodes.tell(third).unwrap();
        nodes.remove(first[0]).unwrap();
        nodes.remove(third).unwrap();
        assert!(![first[0], first[1], third].contains(&join(&mut nodes, "d")));
        assert_eq!(nodes.len(), 1);
    }

    #[test]
    fn whoever_goes_before_it_was_told_a_number_uses_none_up() {
        let mut nodes = Nodes::default();
        let stays = join(&mut nodes, "stays");
        for _ in 0..=u32::from(u16::MAX) {
            let id = join(&mut nodes, "goes");
            nodes.remove(id).unwrap();
        }
        nodes.tell(stays).unwrap();
        assert_ne!(join(&mut nodes, "comes"), stays);
    }

    #[test]
    fn when_all_numbers_were_told_there_is_none_left() {
        let mut nodes = Nodes::default();
        for _ in 0..u16::MAX {
            let id = join(&mut nodes, "a");
            nodes.tell(id).unwrap();
            nodes.remove(id).unwrap();
        }
        assert_eq!(nodes.next_id(), None);
    }

    #[test]
    fn a_place_falls_to_the_next_life_of_the_one_who_had_it() {
        let mut nodes = Nodes::default();
        let ids = ["a", "b", "c"].map(|name| join(&mut nodes, name));
        for node in nodes.all_mut().take(2) {
            node.state = NodeState::Dead;
        }
        let places = |name: &str| -> Vec<_> {
            let name = NodeName::try_from(name).unwrap();
            nodes.places_left_to(&name).collect()
        };
        assert_eq!(places("b"), [ids[1], ids[0]]);
        assert_eq!(places("d"), [ids[0], ids[1]]);
        assert_eq!(places("c"), [ids[0], ids[1]]);
    }

    #[test]
    fn of_a_pi_that_dies_again_and_again_only_its_last_life_is_remembered() {
        let mut nodes = Nodes::default();
        join(&mut nodes, "other");
        for _ in 0..100 {
            let id = join(&mut nodes, "again");
            nodes.tell(id).unwrap();
            nodes.replace(id);
            assert_eq!(nodes.get(id).unwrap().state, NodeState::Replaced);
        }
        assert_eq!(nodes.len(), 2);
    }
}
