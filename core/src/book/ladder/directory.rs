//! Directories: nodes that lead to some of the nodes of a long ladder.
//!
//! An entry is a node of the ladder and a rank that every level before that node has, or a better one.
//! So a worse rank is looked for from that node on. The first entry is the head. Entries only save
//! steps: a node without one is found from the last entry before it.

use super::node::{self, FANOUT, Node};
use super::root::{LadderRoot, NodeRef};
use super::{Ladders, Rank};
use crate::book::steps;

/// A ladder of that many nodes gets a directory; one that leads to a single node is dropped.
const NODES: usize = 4;

/// Puts an entry into a directory that has room, after the first.
fn put(entries: &mut Node, rank: Rank, node: NodeRef) {
    let entry = node::position(entries, rank).max(1);
    node::put(entries, entry, rank, node.raw());
}

impl Ladders<'_> {
    /// The node with the best levels of a ladder, which must have one.
    #[inline(always)]
    pub(super) fn head(&self, ladder: LadderRoot) -> NodeRef {
        match ladder.directory_or_head() {
            Ok(directory) => NodeRef::from_raw(node::link(self.node(directory), 0)),
            Err(head) => head,
        }
    }

    /// The node with the best levels of a ladder, if it has one.
    pub(super) fn head_or_none(&self, ladder: LadderRoot) -> NodeRef {
        if ladder == LadderRoot::NONE {
            NodeRef::NONE
        } else {
            self.head(ladder)
        }
    }

    /// The node from which on a rank is to be looked for.
    #[inline(always)]
    pub(super) fn start_of_search(&self, ladder: LadderRoot, rank: Rank) -> NodeRef {
        let directory = match ladder.directory_or_head() {
            Ok(directory) => self.node(directory),
            Err(head) => return head,
        };
        steps::count();
        let entries = node::position(directory, rank);
        NodeRef::from_raw(node::link(directory, entries.saturating_sub(1)))
    }

    /// Gives a ladder without a directory one, if it is long; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    pub(super) fn with_directory(&mut self, head: NodeRef) -> LadderRoot {
        if self.chain(head).take(NODES).count() < NODES {
            return LadderRoot::of_head(head);
        }
        let directory = self.take();
        let (mut node, mut rank) = (head, Rank::MOST);
        for entry in 0..FANOUT {
            if node == NodeRef::NONE {
                break;
            }
            steps::count();
            node::put(self.node_mut(directory), entry, rank, node.raw());
            (rank, node) = (node::last(self.node(node)), self.next(node));
        }
        LadderRoot::of_directory(directory)
    }

    /// Takes the directory from a ladder, if it has one; returns its head.
    #[must_use = "the head is the root of the ladder now"]
    pub(super) fn drop_directory(&mut self, ladder: LadderRoot) -> NodeRef {
        let head = self.head(ladder);
        if let Some(directory) = ladder.directory() {
            self.give(directory);
        }
        head
    }

    /// Notes that the node `right` is new after `left`; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    pub(super) fn note_split(
        &mut self,
        ladder: LadderRoot,
        left: NodeRef,
        right: NodeRef,
    ) -> LadderRoot {
        let directory = match ladder.directory_or_head() {
            Ok(directory) => directory,
            Err(head) => return self.with_directory(head),
        };
        let rank = node::last(self.node(left));
        let entries = self.node_mut(directory);
        if node::len(entries) == FANOUT {
            // Every other entry of the worse half goes: most of what is looked for is near the best.
            for entry in FANOUT / 2..FANOUT * 3 / 4 {
                node::cut(entries, entry);
            }
        }
        put(entries, rank, right);
        ladder
    }

    /// Notes that a search came to a node from the one before it, so that the next search comes there
    /// at once.
    #[cold]
    pub(super) fn note_walk(&mut self, ladder: LadderRoot, node: NodeRef) {
        let Some(directory) = ladder.directory() else {
            return;
        };
        if node::len(self.node(directory)) == FANOUT {
            return;
        }
        let rank = node::last(self.node(node::prev(self.node(node))));
        let entries = self.node_mut(directory);
        if let Some(entry) = node::position_of(entries, node.raw()) {
            // Its rank was that of a level that is gone.
            node::cut(entries, entry);
        }
        put(entries, rank, node);
    }

    /// Notes that a node that was not the head is gone; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    pub(super) fn note_gone(&mut self, ladder: LadderRoot, gone: NodeRef) -> LadderRoot {
        let Some(directory) = ladder.directory() else {
            return ladder;
        };
        let entries = self.node_mut(directory);
        if let Some(entry) = node::position_of(entries, gone.raw()) {
            node::cut(entries, entry);
        }
        if node::len(entries) > 1 {
            return ladder;
        }
        LadderRoot::of_head(self.drop_directory(ladder))
    }

    /// Why the directory of a ladder breaks the rules, or `None`.
    pub(super) fn broken_directory(&self, ladder: LadderRoot) -> Option<&'static str> {
        let directory = ladder.directory().filter(|_| ladder != LadderRoot::NONE)?;
        let entries = self.node(directory);
        if node::len(entries) < 2 {
            return Some("a directory leads to a single node");
        }
        let (mut worst, mut found) = (Rank::MOST, 0);
        for at_node in self.chain(self.head(ladder)) {
            if let Some(entry) = node::position_of(entries, at_node.raw()) {
                found += 1;
                if node::rank(entries, entry) > worst {
                    return Some("a directory leads past a level");
                }
            }
            worst = node::last(self.node(at_node));
        }
        (found != node::len(entries)).then_some("a directory leads to a node of another ladder")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec;

    use super::super::{LINES, nodes};
    use super::*;
    use crate::book::memory::WORDS;
    use crate::book::refs::LevelRef;

    #[test]
    fn a_node_that_a_search_came_to_by_a_walk_is_found_at_once_next_time() {
        const LEVELS: u32 = 400;
        const LEVEL: LevelRef = LevelRef::from_raw(0);
        let mut lines = vec![[0; WORDS]; nodes(1, LEVELS) * LINES];
        let mut ladders = Ladders::new(&mut lines);
        let rank = |number: i32| Rank::from_raw((-number).cast_unsigned());
        let mut ladder = ladders.start(rank(0), LEVEL);
        for number in 1..300 {
            let rung = ladders.search(ladder, rank(2 * number)).unwrap_err();
            ladder = ladders.insert(ladder, rung, rank(2 * number), LEVEL);
        }
        let mut walks = 0;
        for number in (1..599).step_by(8) {
            let rung = ladders.search(ladder, rank(number)).unwrap_err();
            let has_room = node::len(ladders.node(ladder.node())) < FANOUT;
            ladder = ladders.insert(ladder, rung, rank(number), LEVEL);
            if rung.walked && has_room {
                walks += 1;
                steps::take();
                let found = ladders.search(ladder, rank(number));
                assert!(found.is_ok());
                assert!(
                    steps::take() <= 3,
                    "the directory, the node, and what split off it"
                );
            }
            assert_eq!(ladders.broken(ladder), None);
        }
        assert!(walks > 0, "the directory led to every node");
    }
}
