//! Which nodes hold a partition, and which of them its streams wait for.

use oxberry_core::units::Position;
use oxberry_proto::{NodeId, Partition, StreamId};

use super::{Command, Controller};

impl Controller {
    /// Gives what a dead node was to hold to another one, which has a number of its own: should the
    /// dead one come back, nobody takes its word for that of the other.
    pub(super) fn give_place(&mut self, dead: NodeId, to: NodeId) {
        self.nodes.replace(dead);
        for (&partition, placed) in &mut self.placed {
            let Some(place) = placed.iter_mut().find(|holder| **holder == dead) else {
                continue;
            };
            *place = to;
            let holders = self.replicas.entry(partition).or_default();
            // Once the feed runs, the dead one holds it no longer.
            holders.retain(|&holder| holder != dead);
            holders.push(to);
        }
    }

    /// How many partitions a living node holds, or was told to.
    pub(super) fn held_by(&self, id: NodeId) -> usize {
        let holders = self.replicas.values();
        holders.filter(|holders| holders.contains(&id)).count()
    }

    /// Takes a node out of all its partitions, so that no stream waits for it; returns those that
    /// nobody holds any more.
    pub(super) fn release(&mut self, id: NodeId) -> Vec<Partition> {
        let mut released = Vec::new();
        for (&partition, holders) in &mut self.replicas {
            if let Some(at) = holders.iter().position(|&holder| holder == id) {
                holders.remove(at);
                released.push((partition, holders.is_empty()));
            }
        }
        for &(partition, _) in &released {
            for channel in self.config.channels.clone() {
                let stream = StreamId { channel, partition };
                self.tell_held(stream);
                self.give_credit(stream);
            }
        }
        let orphaned = released.into_iter().filter(|&(_, is_orphan)| is_orphan);
        orphaned.map(|(partition, _)| partition).collect()
    }

    /// Tells a channel whether anybody is waited for in its stream, if that is another word than before.
    /// One that came late is from its first acknowledgement of the stream on: until it has found its
    /// way in, the feed goes on without it.
    pub(super) fn tell_held(&mut self, stream: StreamId) {
        let is_held = self.acknowledged(stream).next().is_some();
        let is_news = if is_held {
            self.unheld.remove(&stream)
        } else {
            self.unheld.insert(stream)
        };
        if is_news {
            self.commands.push_back(if is_held {
                Command::Held { stream }
            } else {
                Command::Unheld { stream }
            });
        }
    }

    /// How far those are in a stream for whom it waits.
    pub(super) fn acknowledged(&self, stream: StreamId) -> impl Iterator<Item = Position> + '_ {
        let holders = self.replicas.get(&stream.partition).into_iter().flatten();
        let holders = holders.filter_map(|&id| self.nodes.get(id));
        holders.filter_map(move |node| node.acknowledged(stream))
    }
}
