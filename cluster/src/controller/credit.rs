//! How far the Pis are, and how far the channels may go.

use oxberry_proto::flow::StreamPosition;
use oxberry_proto::{Kind, NodeId, ProtoError, Records, StreamId};

use super::node::Node;
use super::{Command, Controller};

impl Controller {
    pub(super) fn handle_ack(
        &mut self,
        id: NodeId,
        positions: Records<'_, StreamPosition>,
    ) -> Result<(), ProtoError> {
        let mut is_in_place = true;
        for told in positions {
            let told = told?;
            if !self.may_hold(id, told.stream) {
                is_in_place = false;
                continue;
            }
            if let Some(node) = self.nodes.get_mut(id)
                && node.applied.insert(told.stream, told.position).is_none()
                && node.comes_late_to(told.stream.partition)
            {
                self.tell_held(told.stream);
            }
            self.give_credit(told.stream);
        }
        if !is_in_place {
            self.out_of_place(id, Kind::Ack);
        }
        Ok(())
    }

    /// Whether a node has a stream. A dead one may have had it.
    pub(super) fn may_hold(&self, id: NodeId, stream: StreamId) -> bool {
        let StreamId { channel, partition } = stream;
        let is_alive = self.nodes.get(id).is_some_and(Node::is_alive);
        let mut holders = self.replicas.get(&partition).into_iter().flatten();
        self.config.channels.contains(&channel) && (!is_alive || holders.any(|&one| one == id))
    }

    /// Passes on how far the slowest living replica of a stream is.
    pub(super) fn give_credit(&mut self, stream: StreamId) {
        let Some(slowest) = self.acknowledged(stream).min() else {
            return;
        };
        let acked = self.acked.entry(stream).or_default();
        if slowest > *acked {
            *acked = slowest;
            self.commands.push_back(Command::Credit {
                stream,
                acked: slowest,
            });
        }
    }
}
