//! Passes on wishes for books and the books themselves: Pis do not know each other.

use std::collections::BTreeSet;

use oxberry_core::units::Instant;
use oxberry_proto::flow::StreamPosition;
use oxberry_proto::snapshot::{NoSnapshot, Snapshot, SnapshotRefused, SnapshotWish};
use oxberry_proto::{Kind, NodeId, Partition, ProtoError, Records, StreamId};

use super::message::plain;
use super::node::{Node, NodeState};
use super::wishes::Wished;
use super::{Command, Controller, Peer};

impl Controller {
    /// A node would like to have a book: the others that hold its partition are asked, one after the
    /// other, and then the feed.
    pub(super) fn pass_wish(
        &mut self,
        now: Instant,
        id: NodeId,
        head: &SnapshotWish,
        positions: Records<'_, StreamPosition>,
        message: &[u8],
    ) -> Result<(), ProtoError> {
        if !self.nodes.get(id).is_some_and(Node::is_alive) {
            // One that died held it before.
            return Ok(());
        }
        let holders = self.replicas.get(&head.partition);
        if head.node != id || !holders.is_some_and(|holders| holders.contains(&id)) {
            self.out_of_place(id, Kind::SnapshotWish);
            return Ok(());
        }
        let from = positions.collect::<Result<Vec<_>, _>>()?;
        if !self.can_be_wished(head, &from) {
            self.out_of_place(id, Kind::SnapshotWish);
            return Ok(());
        }
        let most = self.config.limits.snapshot_wishes;
        self.wishes.note(Wished::new(head, from, message), most);
        self.ask_next(now, id, head.wish);
        Ok(())
    }

    /// Whether a wish is for a symbol of its partition, as of streams of that, each named once.
    fn can_be_wished(&self, head: &SnapshotWish, from: &[StreamPosition]) -> bool {
        let streams: BTreeSet<_> = from.iter().map(|one| one.stream).collect();
        let is_of_day = |stream: &StreamId| {
            stream.partition == head.partition && self.config.channels.contains(&stream.channel)
        };
        streams.len() == from.len()
            && streams.iter().all(is_of_day)
            && self.config.table.partition_of(head.symbol_index) == head.partition
    }

    /// Passes a wish on to the next replica that was not asked. Where there are several, each wish goes
    /// to another one first, since one of them may not trust its own.
    fn ask_next(&mut self, now: Instant, id: NodeId, wish: u32) {
        let Some(wished) = self.wishes.of(id, wish) else {
            return;
        };
        let (partition, asked) = (wished.partition, wished.asked);
        let givers = self.givers(partition, id);
        let turn = usize::try_from(wish).unwrap_or_default();
        let place = turn.wrapping_add(asked) % givers.len().max(1);
        if let Some(&giver) = givers.get(place).filter(|_| asked < givers.len())
            && let Some(wished) = self.wishes.of(id, wish)
        {
            wished.asked += 1;
            let message = wished.message.clone();
            self.counters.snapshots_asked += 1;
            self.pass_on_to(giver, &message);
        } else {
            self.ask_source(now, id, wish);
        }
    }

    /// The nodes beside this one that can be asked for books of a partition.
    fn givers(&self, partition: Partition, id: NodeId) -> Vec<NodeId> {
        let can_give = |&other: &NodeId| {
            let state = self.nodes.get(other).map(|node| node.state);
            other != id && matches!(state, Some(NodeState::Ready | NodeState::Done))
        };
        let holders = self.replicas.get(&partition).into_iter().flatten();
        holders.copied().filter(can_give).collect()
    }

    /// A node cannot give a book. If it does not trust its own, another one may.
    pub(super) fn pass_refusal(&mut self, now: Instant, refused: &SnapshotRefused) {
        let SnapshotRefused {
            to, wish, reason, ..
        } = *refused;
        let is_waiting = self
            .wishes
            .of(to, wish)
            .is_some_and(|one| !one.is_at_source);
        if is_waiting && reason == NoSnapshot::NotLive {
            self.ask_next(now, to, wish);
        } else if is_waiting {
            self.refuse_book(to, wish, reason);
        }
    }

    /// Tells a node that a book which it wished for cannot be had.
    pub(super) fn refuse_book(&mut self, to: NodeId, wish: u32, reason: NoSnapshot) {
        self.wishes.take(to, wish);
        let refused = SnapshotRefused {
            run: self.run,
            to,
            wish,
            reason,
        };
        self.pass_on_to(to, &plain(&refused));
    }

    /// A node gives a part of a book.
    pub(super) fn pass_snapshot(&mut self, head: &Snapshot, message: &[u8]) {
        if head.is_last {
            self.wishes.take(head.to, head.wish);
        }
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
