//! How far the Pis are, and how far the channels may go.

use oxberry_proto::flow::StreamPosition;
use oxberry_proto::{NodeId, ProtoError, Records, StreamId};

use super::{Command, Controller};

impl Controller {
    pub(super) fn handle_ack(
        &mut self,
        id: NodeId,
        positions: Records<'_, StreamPosition>,
    ) -> Result<(), ProtoError> {
        for told in positions {
            let told = told?;
            if let Some(node) = self.nodes.get_mut(id) {
                node.applied.insert(told.stream, told.position);
            }
            self.give_credit(told.stream);
        }
        Ok(())
    }

    /// Passes on how far the slowest living replica of a stream is.
    pub(super) fn give_credit(&mut self, stream: StreamId) {
        let Some(holders) = self.replicas.get(&stream.partition) else {
            return;
        };
        let applied = holders.iter().map(|&id| {
            let node = self.nodes.get(id);
            node.and_then(|node| node.applied.get(&stream).copied())
                .unwrap_or_default()
        });
        let Some(slowest) = applied.min() else { return };
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
