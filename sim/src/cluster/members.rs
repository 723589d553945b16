//! The members of a run: who holds what, who was taken for dead, and for whom the feed may wait.

use std::collections::{BTreeMap, BTreeSet};

use oxberry_cluster::page::{Page, Voice};
use oxberry_core::units::{Instant, Position};
use oxberry_proto::flow::Ack;
use oxberry_proto::start::SetupPi;
use oxberry_proto::taking::TakePartition;
use oxberry_proto::{Kind, NodeId, Partition, Run, StreamId, decode_list, kind_of};

use super::oracle::Violation;

/// All nodes of the run that is played.
#[derive(Debug, Default)]
pub(super) struct Members {
    run: Option<Run>,
    nodes: BTreeMap<NodeId, Member>,
}

/// One node.
#[derive(Debug)]
struct Member {
    /// The place of its Pi.
    pi: usize,
    partitions: BTreeSet<Partition>,
    /// Whether it came when the feed ran already.
    came_late: bool,
    /// Those of its partitions that it was told to take when the feed ran.
    taken: BTreeSet<Partition>,
    /// What the controller has heard of its positions.
    acked: BTreeMap<StreamId, Position>,
    /// Whether the controller took it for dead while the feed ran.
    is_dead: bool,
    /// Whether it was ever let to tell its state.
    was_asked: bool,
    /// Whether the page took it for dead as well, and heard it again.
    is_fenced: bool,
}

impl Members {
    /// Notes what the controller sends to a Pi.
    pub(super) fn note_sent(&mut self, pi: usize, message: &[u8]) {
        if kind_of(message) == Ok(Kind::TellState)
            && let Some(member) = self.last_of(pi)
        {
            member.was_asked = true;
        }
        if let Ok((head, _)) = decode_list::<TakePartition>(message)
            && self.run == Some(head.run)
            && let Some(member) = self.nodes.get_mut(&head.node)
        {
            // It may have held it before, under a controller before this one.
            if member.partitions.insert(head.partition) {
                member.taken.insert(head.partition);
            }
            return;
        }
        if kind_of(message) != Ok(Kind::SetupPi) {
            return;
        }
        let Ok((head, symbols)) = decode_list::<SetupPi>(message) else {
            return;
        };
        if self.run != Some(head.run) {
            self.run = Some(head.run);
            self.nodes.clear();
        }
        let partitions = symbols.flatten().map(|symbol| symbol.partition).collect();
        self.nodes.entry(head.node).or_insert(Member {
            pi,
            partitions,
            came_late: head.feed_runs,
            taken: BTreeSet::new(),
            acked: BTreeMap::new(),
            is_dead: false,
            was_asked: false,
            is_fenced: false,
        });
    }

    /// Notes how far a Pi says to the controller that it is.
    pub(super) fn note_heard(&mut self, message: &[u8]) {
        if kind_of(message) != Ok(Kind::Ack) {
            return;
        }
        let Ok((head, positions)) = decode_list::<Ack>(message) else {
            return;
        };
        if self.run == Some(head.run)
            && let Some(member) = self.nodes.get_mut(&head.node)
        {
            let positions = positions.flatten();
            let positions = positions.map(|told| (told.stream, told.position));
            member.acked.extend(positions);
        }
    }

    /// Another controller starts, and takes nobody for dead yet.
    pub(super) fn forget_dead(&mut self) {
        for member in self.nodes.values_mut() {
            member.is_dead = false;
            member.is_fenced = false;
        }
    }

    /// The controller takes a Pi for dead while the feed runs.
    pub(super) fn note_dead(&mut self, pi: usize) {
        if let Some(member) = self.last_of(pi) {
            member.is_dead = true;
        }
    }

    /// The page hears a node again that it took for dead.
    pub(super) fn note_returned(&mut self, run: Option<Run>, node: NodeId) {
        if run == self.run
            && let Some(member) = self.nodes.get_mut(&node)
        {
            member.is_fenced |= member.is_dead && !member.was_asked;
        }
    }

    /// A new page knows nobody.
    pub(super) fn forget_returned(&mut self) {
        for member in self.nodes.values_mut() {
            member.is_fenced = false;
        }
    }

    /// Checks that no row is live on the word of none but nodes that controller and page took for dead.
    pub(super) fn judge_page(&self, page: &Page, now: Instant) -> Result<(), Violation> {
        if page.run().is_none() || page.run() != self.run {
            return Ok(());
        }
        if !self.nodes.values().any(|member| member.is_fenced) {
            return Ok(());
        }
        let speaks = |voice| voice != Voice::Dead;
        let speaking: Vec<_> = page
            .voices()
            .filter(|&(_, voice)| speaks(voice))
            .filter_map(|(node, _)| self.nodes.get(&node))
            .filter(|member| !member.is_fenced)
            .collect();
        for (at, row) in page.rows().iter().enumerate() {
            let is_held = |member: &&Member| member.partitions.contains(&row.partition);
            if page.standing(at, now).is_live() && !speaking.iter().any(is_held) {
                return Err(format!(
                    "the page calls symbol {} live on the word of a node that was taken for dead",
                    row.symbol_index
                ));
            }
        }
        Ok(())
    }

    /// Checks that a stream that was published up to a position waits for somebody who has yet to
    /// acknowledge that. Whoever came late is not waited for before its first word.
    pub(super) fn judge_wait(
        &self,
        stream: StreamId,
        published: Position,
    ) -> Result<(), Violation> {
        let is_behind = |member: &Member| {
            let position = member.acked.get(&stream).copied();
            let is_late = member.came_late || member.taken.contains(&stream.partition);
            let position = position.or((!is_late).then(Position::default));
            position.is_some_and(|position| position < published)
        };
        let mut holders = self.nodes.values();
        let is_waited_for = holders.any(|member| {
            !member.is_dead && member.partitions.contains(&stream.partition) && is_behind(member)
        });
        if is_waited_for {
            Ok(())
        } else {
            Err(format!(
                "stream {stream} waits at {published}, but for nobody who holds it"
            ))
        }
    }

    /// The node that a Pi is, or was last.
    fn last_of(&mut self, pi: usize) -> Option<&mut Member> {
        let mut nodes = self.nodes.values_mut().rev();
        nodes.find(|member| member.pi == pi)
    }
}
