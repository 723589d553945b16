//! A Pi that has started again, and the node that it was before.

use oxberry_core::units::Instant;
use oxberry_proto::{NodeId, NodeName};

use super::{Controller, Report};

/// What a newcomer's name is among those who are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Nobody's, any more.
    Free,
    /// That of a node that was heard not long ago. It may be the newcomer's former self, which its
    /// silence will show.
    InQuestion,
    /// That of a node that has spoken since the newcomer asked for it.
    Taken,
}

impl Controller {
    /// Looks whose a newcomer's name is. Its connection is a new one, so it is another process than the
    /// node of that name: the next life of the same machine, whose former self says nothing any more,
    /// or another machine that was given the same name. Three beats tell them apart.
    ///
    /// The one who was there wins, so that two machines of one name never take turns.
    pub(super) fn claim(&mut self, now: Instant, peer: &[u8], name: &NodeName) -> Name {
        let Some((id, node)) = self.nodes.alive_of_name(name) else {
            return Name::Free;
        };
        let silence = self.config.limits.silence();
        if node.last_heard.after(silence) <= now {
            self.succeed(now, id);
            return Name::Free;
        }
        // What a dead one had sent may be read behind the newcomer's first word. Only what it says later than
        // that shows that it lives: time alone passes at once where a clock jumps.
        let since = node.claims.since(now, peer);
        if since.after(silence) <= node.last_heard {
            Name::Taken
        } else {
            Name::InQuestion
        }
    }

    /// A node has started again: what it was before is dead, and nobody has to wait for that.
    fn succeed(&mut self, now: Instant, former: NodeId) {
        self.bury(now, former, |name, orphaned| Report::StartedAgain {
            name,
            orphaned,
        });
    }
}
