//! Passes on wishes for books and the books themselves: Pis do not know each other.

use oxberry_proto::snapshot::{NoSnapshot, Snapshot, SnapshotRefused, SnapshotWish};
use oxberry_proto::{Kind, NodeId};

use super::message::plain;
use super::node::{Node, NodeState};
use super::{Command, Controller, Peer};

impl Controller {
    /// A node would like to have a book: another one that holds its partition is asked. Where there are
    /// several, each wish goes to another one, since one of them may not trust its own.
    pub(super) fn pass_wish(&mut self, id: NodeId, head: &SnapshotWish, message: &[u8]) {
        if !self.nodes.get(id).is_some_and(Node::is_alive) {
            // One that died held it before.
            return;
        }
        let holders = self.replicas.get(&head.partition);
        let holders = holders.map_or(&[][..], Vec::as_slice);
        if head.node != id || !holders.contains(&id) {
            return self.out_of_place(id, Kind::SnapshotWish);
        }
        let can_give = |&other: &NodeId| {
            let state = self.nodes.get(other).map(|node| node.state);
            other != id && matches!(state, Some(NodeState::Ready | NodeState::Done))
        };
        let givers: Vec<_> = holders.iter().copied().filter(can_give).collect();
        let turn = usize::try_from(head.wish).unwrap_or_default();
        if let Some(&giver) = givers.get(turn % givers.len().max(1)) {
            self.counters.snapshots_asked += 1;
            self.pass_on_to(giver, message);
        } else {
            let refused = SnapshotRefused {
                run: head.run,
                to: id,
                wish: head.wish,
                reason: NoSnapshot::Alone,
            };
            self.pass_on_to(id, &plain(&refused));
        }
    }

    /// A node gives a part of a book.
    pub(super) fn pass_snapshot(&mut self, head: &Snapshot, message: &[u8]) {
        self.counters.snapshot_bytes += message.len() as u64;
        self.pass_on_to(head.to, message);
    }

    /// Sends a message on to a node, unless that is dead by now.
    pub(super) fn pass_on_to(&mut self, to: NodeId, message: &[u8]) {
        let Some(node) = self.nodes.get(to).filter(|node| node.is_alive()) else {
            return;
        };
        let peer: Peer = node.peer.clone();
        let message = message.to_vec();
        self.commands.push_back(Command::Send { peer, message });
    }
}
