//! Directories: nodes that lead to some of the nodes of a long ladder.
//!
//! An entry is a node of the ladder and a rank that every level before that node has, or a better one.
//! So a worse rank is looked for from that node on. The first entry is the head. Entries only save
//! steps: a node without one is found from the last entry before it.

use super::node::{self, FANOUT, Node};
use super::{Ladders, Rank};
use crate::book::memory::NONE;
use crate::book::steps;

/// A ladder of that many nodes gets a directory; one that leads to a single node is dropped.
const NODES: usize = 4;

/// What tells a directory from a head.
const FLAG: u32 = 1 << 31;

/// The directory of a ladder, if it has one.
#[inline(always)]
fn directory(ladder: u32) -> Option<u32> {
    (ladder & FLAG != 0).then_some(first_node(ladder))
}

/// The directory of a ladder, or else its head; of no ladder no node.
#[inline(always)]
pub(super) fn first_node(ladder: u32) -> u32 {
    ladder & !FLAG
}

/// Puts an entry into a directory that has room, after the first.
fn put(entries: &mut Node, rank: Rank, node: u32) {
    let entry = node::position(entries, rank).max(1);
    node::put(entries, entry, rank, node);
}

impl Ladders<'_> {
    /// The node with the best levels of a ladder, which must have one.
    #[inline(always)]
    pub(super) fn head(&self, ladder: u32) -> u32 {
        directory(ladder).map_or(ladder, |directory| node::link(self.node(directory), 0))
    }

    /// The node with the best levels of a ladder, if it has one.
    pub(super) fn head_or_none(&self, ladder: u32) -> u32 {
        if ladder == NONE {
            NONE
        } else {
            self.head(ladder)
        }
    }

    /// The node from which on a rank is to be looked for.
    #[inline(always)]
    pub(super) fn start_of_search(&self, ladder: u32, rank: Rank) -> u32 {
        let Some(directory) = directory(ladder) else {
            return ladder;
        };
        steps::count();
        let directory = self.node(directory);
        let entries = node::position(directory, rank);
        node::link(directory, entries.saturating_sub(1))
    }

    /// Gives a ladder without a directory one, if it is long; returns the ladder.
    pub(super) fn with_directory(&mut self, head: u32) -> u32 {
        if self.chain(head).take(NODES).count() < NODES {
            return head;
        }
        let directory = self.take();
        let (mut node, mut rank) = (head, Rank::MOST);
        for entry in 0..FANOUT {
            if node == NONE {
                break;
            }
            steps::count();
            node::put(self.node_mut(directory), entry, rank, node);
            (rank, node) = (node::last(self.node(node)), self.next(node));
        }
        directory | FLAG
    }

    /// Takes the directory from a ladder, if it has one; returns its head.
    pub(super) fn drop_directory(&mut self, ladder: u32) -> u32 {
        let head = self.head(ladder);
        if let Some(directory) = directory(ladder) {
            self.give(directory);
        }
        head
    }

    /// Notes that the node `right` is new after `left`; returns the ladder.
    pub(super) fn note_split(&mut self, ladder: u32, left: u32, right: u32) -> u32 {
        let Some(directory) = directory(ladder) else {
            return self.with_directory(ladder);
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
    pub(super) fn note_walk(&mut self, ladder: u32, node: u32) {
        let Some(directory) = directory(ladder) else {
            return;
        };
        if node::len(self.node(directory)) == FANOUT {
            return;
        }
        let rank = node::last(self.node(node::prev(self.node(node))));
        let entries = self.node_mut(directory);
        if let Some(entry) = node::place_of(entries, node) {
            // Its rank was that of a level that is gone.
            node::cut(entries, entry);
        }
        put(entries, rank, node);
    }

    /// Notes that a node that was not the head is gone; returns the ladder.
    pub(super) fn note_gone(&mut self, ladder: u32, gone: u32) -> u32 {
        let Some(directory) = directory(ladder) else {
            return ladder;
        };
        let entries = self.node_mut(directory);
        if let Some(entry) = node::place_of(entries, gone) {
            node::cut(entries, entry);
        }
        if node::len(entries) > 1 {
            return ladder;
        }
        self.drop_directory(ladder)
    }

    /// Why the directory of a ladder breaks the rules, or `None`.
    pub(super) fn broken_directory(&self, ladder: u32) -> Option<&'static str> {
        let directory = directory(ladder).filter(|_| ladder != NONE)?;
        let entries = self.node(directory);
        if node::len(entries) < 2 {
            return Some("a directory leads to a single node");
        }
        let (mut worst, mut found) = (Rank::MOST, 0);
        for at_node in self.chain(self.head(ladder)) {
            if let Some(entry) = node::place_of(entries, at_node) {
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

    #[test]
    fn a_node_that_a_search_came_to_by_a_walk_is_found_at_once_next_time() {
        const LEVELS: u32 = 400;
        let mut lines = vec![[0; WORDS]; nodes(1, LEVELS) * LINES];
        let mut ladders = Ladders::new(&mut lines);
        let rank = |number: i32| Rank::from_raw((-number).cast_unsigned());
        let mut ladder = ladders.start(rank(0), 0);
        for number in 1..300 {
            let rung = ladders.search(ladder, rank(2 * number)).unwrap_err();
            ladder = ladders.insert(ladder, rung, rank(2 * number), 0);
        }
        let mut walks = 0;
        for number in (1..599).step_by(8) {
            let rung = ladders.search(ladder, rank(number)).unwrap_err();
            let has_room = node::len(ladders.node(first_node(ladder))) < FANOUT;
            ladder = ladders.insert(ladder, rung, rank(number), 0);
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
