//! Reading a ladder whose memory may not hold what was written there.

use super::node::{self, FANOUT, Node};
use super::{LadderRoot, Ladders, NodeRef, Rank, level_at};
use crate::book::damage::Wrong;
use crate::book::refs::LevelRef;

impl Ladders<'_> {
    /// Reads a ladder, wherever its links lead, and hands over its levels, best first.
    pub(in super::super) fn read(
        &self,
        ladder: LadderRoot,
        mut each: impl FnMut(Rank, LevelRef) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        if ladder == LadderRoot::NONE {
            return Ok(());
        }
        let directory = (ladder.directory().map(|at| self.read_node(at))).transpose()?;
        let mut at_node = match directory {
            Some(entries) => NodeRef::from_raw(node::link(entries, 0)),
            None => ladder.node(),
        };
        // Each level is worse than the one before, so that links that lead in a circle come to an end.
        let (mut before, mut last, mut entries_met) = (NodeRef::NONE, None, 0);
        while at_node != NodeRef::NONE {
            let node = self.read_node(at_node)?;
            if node::prev(node) != before {
                let (expected, found) = (before.raw(), node::prev(node).raw());
                let what = "a ladder node does not lead back";
                return Err(Wrong::link(what, expected, found));
            }
            if let Some(entries) = directory
                && let Some(entry) = node::position_of(entries, at_node.raw())
            {
                let rank = node::rank(entries, entry);
                if last.is_some_and(|last| rank > last) {
                    let what = "a directory leads past a level";
                    return Err(Wrong::link(what, 0, rank.raw()));
                }
                entries_met += 1;
            }
            read_levels(node, &mut last, &mut each)?;
            (before, at_node) = (at_node, node::next(node));
        }
        let entries = directory.map_or(0, node::len);
        if entries_met != entries {
            let what = "a directory leads to a node of another ladder";
            return Err(Wrong::link(what, entries as u32, entries_met as u32));
        }
        Ok(())
    }

    fn read_node(&self, at: NodeRef) -> Result<&Node, Wrong> {
        let what = "a ladder leads to no node";
        let node = self.nodes.get(at.number());
        node.ok_or_else(|| Wrong::link(what, self.nodes.len() as u32, at.raw()))
    }
}

/// Reads the levels of a node, which are worse than the last one.
fn read_levels(
    node: &Node,
    last: &mut Option<Rank>,
    each: &mut impl FnMut(Rank, LevelRef) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let len = node::len(node);
    if len == 0 || len > FANOUT {
        let what = "a ladder node is empty or too full";
        return Err(Wrong::link(what, FANOUT as u32, len as u32));
    }
    for at in 0..FANOUT {
        let rank = node::rank(node, at);
        let is_sorted = if at < len {
            last.is_none_or(|last| rank < last)
        } else {
            rank == Rank::LEAST
        };
        if !is_sorted {
            return Err(Wrong::link("a ladder is not sorted", 0, rank.raw()));
        }
        if at < len {
            *last = Some(rank);
            each(rank, level_at(node, at))?;
        }
    }
    Ok(())
}
