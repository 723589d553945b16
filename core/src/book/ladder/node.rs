//! Nodes: two lines with up to [`FANOUT`] ranks, best first, and what each leads to.
//!
//! All words of a line are moved at once and chosen by masks, since a copy of varying length or a
//! branch on where something goes takes longer than a few instructions more.

use super::rank::Rank;
use super::root::NodeRef;
use crate::book::memory::{Line, WORDS};

/// Lines of a node: one with the ranks, one with what they lead to.
pub(in super::super) const LINES: usize = 2;
/// Ranks in a node.
pub(super) const FANOUT: usize = 14;

/// The two lines.
pub(super) type Node = [Line; LINES];

/// In the line of the ranks, after them: the node before.
const PREV: usize = 14;
/// In the line of what they lead to, after that: how many there are, and the next node.
const LEN: usize = 14;
const NEXT: usize = 15;

/// Makes a node empty and alone.
pub(super) fn reset([ranks, links]: &mut Node) {
    *ranks = [Rank::LEAST.raw(); WORDS];
    *links = [0; WORDS];
    ranks[PREV] = NodeRef::NONE.raw();
    links[NEXT] = NodeRef::NONE.raw();
}

#[inline(always)]
pub(super) fn len([_, links]: &Node) -> usize {
    links[LEN] as usize
}

/// How many ranks there are, but never more than a node has room for: damaged memory may count any number.
pub(super) fn bounded_len(node: &Node) -> usize {
    len(node).min(FANOUT)
}

#[inline(always)]
pub(super) fn next([_, links]: &Node) -> NodeRef {
    NodeRef::from_raw(links[NEXT])
}

pub(super) fn set_next([_, links]: &mut Node, next: NodeRef) {
    links[NEXT] = next.raw();
}

pub(super) fn prev([ranks, _]: &Node) -> NodeRef {
    NodeRef::from_raw(ranks[PREV])
}

pub(super) fn set_prev([ranks, _]: &mut Node, prev: NodeRef) {
    ranks[PREV] = prev.raw();
}

/// The rank at a position.
#[inline(always)]
pub(super) fn rank([ranks, _]: &Node, at: usize) -> Rank {
    Rank::from_raw(ranks[at % WORDS])
}

pub(super) fn set_rank([ranks, _]: &mut Node, at: usize, rank: Rank) {
    ranks[at % FANOUT] = rank.raw();
}

/// The last rank; of an empty node something.
#[inline(always)]
pub(super) fn last(node: &Node) -> Rank {
    rank(node, len(node).wrapping_sub(1))
}

/// What the rank at a position leads to.
#[inline(always)]
pub(super) fn link([_, links]: &Node, at: usize) -> u32 {
    links[at % WORDS]
}

pub(super) fn set_link([_, links]: &mut Node, at: usize, link: u32) {
    links[at % FANOUT] = link;
}

/// The position that leads there.
pub(super) fn position_of(node: &Node, link: u32) -> Option<usize> {
    node[1][..bounded_len(node)]
        .iter()
        .position(|&other| other == link)
}

/// How many of the ranks, from the first on, are better than this one.
#[inline(always)]
pub(super) fn position([ranks, _]: &Node, rank: Rank) -> usize {
    let mut better = 0u32;
    for (bit, &word) in ranks.iter().enumerate() {
        better |= if Rank::from_raw(word) > rank {
            1 << bit
        } else {
            0
        };
    }
    // Unused ranks are the least; the words after them are none.
    (better & ((1 << FANOUT) - 1)).trailing_ones() as usize
}

/// Puts a rank into a node that has room.
#[inline(always)]
pub(super) fn put([ranks, links]: &mut Node, at: usize, rank: Rank, link: u32) {
    insert_word(ranks, at, rank.raw());
    insert_word(links, at, link);
    links[LEN] = links[LEN].wrapping_add(1);
}

/// Takes a rank out of a node.
#[inline(always)]
pub(super) fn cut([ranks, links]: &mut Node, at: usize) {
    remove_word(ranks, at);
    remove_word(links, at);
    links[LEN] = links[LEN].wrapping_sub(1);
}

/// Changes a rank if it stays between its neighbours; says whether it did. What is beyond the ends of
/// the node only other nodes know.
#[inline(always)]
pub(super) fn shift(node: &mut Node, at: usize, to: Rank) -> bool {
    let is_after = match at.checked_sub(1) {
        Some(before) => rank(node, before) > to,
        None => prev(node) == NodeRef::NONE,
    };
    let is_before = if at + 1 < len(node) {
        to > rank(node, at + 1)
    } else {
        next(node) == NodeRef::NONE
    };
    if is_after & is_before {
        set_rank(node, at, to);
    }
    is_after & is_before
}

/// Keeps only the first ranks of a node.
pub(super) fn truncate(node: &mut Node, len: usize) {
    node[0][len..FANOUT].fill(Rank::LEAST.raw());
    node[1][LEN] = len as u32;
}

/// Moves the second half of a full node to an empty one.
pub(super) fn split(node: &mut Node, other: &mut Node) {
    const HALF: usize = FANOUT / 2;
    for (from, to) in node.iter_mut().zip(other.iter_mut()) {
        to[..HALF].copy_from_slice(&from[HALF..FANOUT]);
    }
    other[1][LEN] = HALF as u32;
    truncate(node, HALF);
}

/// Appends all ranks of another node, for which there must be room.
pub(super) fn append(node: &mut Node, other: &Node) {
    let (start, count) = (bounded_len(node), bounded_len(other) as u32);
    for (to, from) in node.iter_mut().zip(other) {
        let mut words = [0; 2 * WORDS];
        words[..WORDS].copy_from_slice(to);
        words[start..start + WORDS].copy_from_slice(from);
        to[..FANOUT].copy_from_slice(&words[..FANOUT]);
    }
    node[1][LEN] = node[1][LEN].wrapping_add(count);
}

/// Inserts a word before the one at `at`; the last of the first [`FANOUT`] is lost.
#[inline(always)]
fn insert_word(line: &mut Line, at: usize, word: u32) {
    let old = *line;
    for to in 1..FANOUT {
        line[to] = if to > at { old[to - 1] } else { old[to] };
    }
    line[at % FANOUT] = word;
}

/// Removes the word at `at`; the last of the first [`FANOUT`] is then the least rank.
#[inline(always)]
fn remove_word(line: &mut Line, at: usize) {
    let old = *line;
    for to in 0..FANOUT - 1 {
        line[to] = if to >= at { old[to + 1] } else { old[to] };
    }
    line[FANOUT - 1] = Rank::LEAST.raw();
}
