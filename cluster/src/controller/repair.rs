//! What a Pi lacks is published again by the channel that has it.

use oxberry_proto::flow::RepairWish;
use oxberry_proto::{Kind, NodeId, StreamId};

use super::{Command, Controller};

impl Controller {
    /// Passes on what a Pi lacks, if it counts as a replica of the stream. One that does not gets nothing:
    /// no window keeps anything for it, and all others would have to read what is published for it.
    pub(super) fn handle_repair_wish(&mut self, id: NodeId, wish: &RepairWish) {
        let RepairWish {
            stream, from, to, ..
        } = *wish;
        if !self.may_hold(id, stream) || from >= to {
            self.out_of_place(id, Kind::RepairWish);
        } else if self.is_replica(id, stream) {
            self.commands
                .push_back(Command::Repair { stream, from, to });
        }
    }

    /// Whether a node is alive and holds a stream.
    fn is_replica(&self, id: NodeId, stream: StreamId) -> bool {
        let holders = self.replicas.get(&stream.partition);
        holders.is_some_and(|holders| holders.contains(&id))
    }
}
