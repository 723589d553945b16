//! Which nodes are dead, and who goes on without them.

use core::time::Duration;

use oxberry_core::units::Instant;
use oxberry_proto::{NodeId, Partition, StreamId};

use super::node::NodeState;
use super::{Command, Controller, Phase, Report};

impl Controller {
    /// Who was away himself cannot say that the others were silent.
    pub(super) fn excuse(&mut self, now: Instant) {
        let late = self
            .poll_timeout()
            .map_or(Duration::ZERO, |due| now.since(due));
        if late > self.config.limits.beat {
            for node in self.nodes.all_mut() {
                node.last_heard = node.last_heard.after(late);
            }
        }
    }

    pub(super) fn bury_the_silent(&mut self, now: Instant) {
        let silent: Vec<_> = self
            .nodes
            .alive()
            .filter(|(_, node)| node.last_heard.after(self.config.limits.node_timeout) <= now)
            .map(|(id, _)| id)
            .collect();
        for id in silent {
            self.bury(now, id, |name, orphaned| Report::Died { name, orphaned });
        }
    }

    /// A node is dead: nobody waits for it any more. A person is told its name, and which partitions
    /// nobody else holds.
    pub(super) fn bury(
        &mut self,
        now: Instant,
        id: NodeId,
        report: fn(String, Vec<Partition>) -> Report,
    ) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        node.before_death = core::mem::replace(&mut node.state, NodeState::Dead);
        let name = node.name.to_string();
        let orphaned = match self.phase {
            // It was told nothing yet.
            Phase::AwaitVisual | Phase::AwaitNodes => {
                self.nodes.remove(id);
                Vec::new()
            }
            // Its place waits for another one.
            Phase::AwaitReady { .. } => Vec::new(),
            Phase::Running | Phase::AwaitDigests | Phase::AwaitFarewell { .. } => self.release(id),
            Phase::Over => return,
        };
        self.report(report(name, orphaned));
        self.finish_when_complete(now);
        self.leave_when_all_are_gone();
    }

    /// Takes a node out of all its partitions, so that no stream waits for it; returns those that
    /// nobody holds any more.
    fn release(&mut self, id: NodeId) -> Vec<Partition> {
        let mut released = Vec::new();
        for (&partition, holders) in &mut self.replicas {
            if let Some(at) = holders.iter().position(|&holder| holder == id) {
                holders.remove(at);
                released.push((partition, holders.is_empty()));
            }
        }
        for &(partition, is_orphan) in &released {
            if is_orphan {
                self.commands.push_back(Command::Unheld { partition });
            }
            for channel in self.config.channels.clone() {
                self.give_credit(StreamId { channel, partition });
            }
        }
        let orphaned = released.into_iter().filter(|&(_, is_orphan)| is_orphan);
        orphaned.map(|(partition, _)| partition).collect()
    }
}
