//! How a run ends: digests, comparison, farewell.

use oxberry_core::units::Instant;
use oxberry_proto::flow::{Finish, SymbolDigest};
use oxberry_proto::{Kind, NodeId, ProtoError, Records};

use super::message::plain;
use super::node::NodeState;
use super::{Command, Controller, Outcome, Phase};
use crate::reminder::Reminder;

impl Controller {
    pub(super) fn handle_digests(
        &mut self,
        now: Instant,
        id: NodeId,
        (of, partitions): (usize, usize),
        digests: Records<'_, SymbolDigest>,
    ) -> Result<(), ProtoError> {
        if partitions < self.held_by(id) {
            // It was told to take another one since, and reports again.
            return Ok(());
        }
        let Some(node) = self.nodes.get_mut(id) else {
            return Ok(());
        };
        for digest in digests {
            let digest = digest?;
            node.digests.insert(digest.symbol_index, digest);
        }
        if node.digests.len() >= of && node.state == NodeState::Ready {
            node.state = NodeState::Done;
            self.finish_when_complete(now);
        }
        Ok(())
    }

    pub(super) fn handle_farewell(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        match node.state {
            NodeState::Done => node.state = NodeState::Gone,
            // Said again, or after nobody waited for it any more.
            NodeState::Gone | NodeState::Dead | NodeState::Replaced => {}
            // It was not told yet that it is over.
            NodeState::Joined | NodeState::Assigned | NodeState::Ready => {
                self.out_of_place(id, Kind::Farewell);
            }
        }
        self.leave_when_all_are_gone();
    }

    /// Compares the digests once every living node has sent its own.
    pub(super) fn finish_when_complete(&mut self, now: Instant) {
        let waiting = self
            .nodes
            .alive()
            .any(|(_, node)| node.state != NodeState::Done);
        if self.phase != Phase::AwaitDigests || waiting {
            return;
        }
        self.outcome = Some(Outcome::compare(&self.config.table, &self.nodes));
        self.reminder = Reminder::new(now);
        self.send_finish(now, now.after(self.config.limits.end_timeout));
        self.leave_when_all_are_gone();
    }

    /// Tells all who have not said farewell that the run is over.
    pub(super) fn send_finish(&mut self, now: Instant, until: Instant) {
        let next = now.after(self.config.limits.beat);
        self.phase = Phase::AwaitFarewell { until, next };
        let finish = plain(&Finish {
            run: self.run,
            equal: self.outcome.as_ref().is_some_and(Outcome::is_good),
        });
        let waiting = self.nodes.alive();
        let waiting = waiting.filter(|(_, node)| node.state == NodeState::Done);
        let peers: Vec<_> = waiting.map(|(_, node)| node.peer.clone()).collect();
        for peer in peers {
            self.commands.push_back(Command::Send {
                peer,
                message: finish.clone(),
            });
        }
    }

    pub(super) fn leave_when_all_are_gone(&mut self) {
        let Phase::AwaitFarewell { .. } = self.phase else {
            return;
        };
        if self
            .nodes
            .alive()
            .all(|(_, node)| node.state == NodeState::Gone)
        {
            self.leave();
        }
    }

    pub(super) fn leave(&mut self) {
        self.phase = Phase::Over;
        if let Some(mut outcome) = self.outcome.take() {
            let missing = self.nodes.alive();
            let missing = missing.filter(|(_, node)| node.state != NodeState::Gone);
            outcome.missing = missing.map(|(_, node)| node.name.to_string()).collect();
            self.commands.push_back(Command::Stop(outcome));
        }
    }
}
