//! Which nodes are dead, and who goes on without them.

use core::time::Duration;

use oxberry_core::units::Instant;
use oxberry_proto::{NodeId, Partition};

use super::node::NodeState;
use super::{Controller, Phase, Report};

impl Controller {
    /// Who was away himself cannot say that the others were silent.
    pub(super) fn excuse(&mut self, now: Instant) {
        let late = self
            .watch_due()
            .map_or(Duration::ZERO, |due| now.since(due));
        if late > self.config.limits.beat {
            for node in self.nodes.all_mut() {
                node.last_heard = node.last_heard.after(late).min(now);
                node.claims.excuse(now, late);
            }
            self.replacing.excuse(now, late);
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
            Phase::AwaitReady => Vec::new(),
            Phase::Running | Phase::AwaitDigests | Phase::AwaitFarewell { .. } => self.release(id),
            Phase::Over => return,
        };
        self.report(report(name, orphaned));
        self.note_lack(now);
        self.finish_when_complete(now);
        self.leave_when_all_are_gone();
    }

    /// A node that counts as dead is heard. While its place waits for another one before the feed, it
    /// was only away; later it is a stranger, who has to join anew under another number: what it says
    /// under this one, nobody waits for, and nobody takes for the word of the one who has its place.
    ///
    /// Says whether it is a stranger.
    pub(super) fn hear_the_dead(&mut self, id: NodeId) -> bool {
        let Some(node) = self.nodes.get_mut(id) else {
            return false;
        };
        let has_reported = matches!(node.before_death, NodeState::Done | NodeState::Gone);
        match self.phase {
            Phase::AwaitReady => {
                node.state = node.before_death;
                return false;
            }
            // It has nothing more to say than its farewell.
            Phase::AwaitFarewell { .. } if has_reported => return false,
            Phase::AwaitVisual
            | Phase::AwaitNodes
            | Phase::Running
            | Phase::AwaitDigests
            | Phase::AwaitFarewell { .. }
            | Phase::Over => {}
        }
        if !core::mem::replace(&mut node.was_fenced, true) {
            let name = node.name.to_string();
            self.counters.fenced += 1;
            self.report(Report::Fenced { name });
        }
        true
    }
}
