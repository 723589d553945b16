//! Ladders: the levels of one side, sorted from the best.
//!
//! A ladder is a chain of nodes. Two neighbours hold at least [`PAIR`] levels together, so that the
//! pool can be sized once and never runs out. A long ladder has a directory, which leads to a node
//! near the one that is looked for.

#[cfg(test)]
mod against_map;
mod directory;
mod node;
mod rank;
mod reading;
mod root;

use super::memory::{Line, WORDS};
use super::refs::LevelRef;
use super::steps;
pub(super) use node::LINES;
use node::{FANOUT, Node};
pub(super) use rank::Rank;
pub(super) use root::{LadderRoot, NodeRef};

/// A node with no more levels is sparse: when it loses one, it joins a neighbour if it can.
const SPARSE: usize = 5;
/// Levels of two nodes that are joined, at most: two sparse nodes always are, and some room is left
/// before they are split again.
const JOINED: usize = 2 * SPARSE;
/// Levels that two neighbours hold at least: one in the first, and in the second more than in a sparse
/// one, since two sparse neighbours would have been joined.
const PAIR: usize = SPARSE + 2;

/// Nodes that suffice for that many symbols and levels, whatever their distribution.
pub(super) const fn nodes(symbols: u32, levels: u32) -> usize {
    // A side of n levels has at most n * 2 / PAIR + 1 nodes, and a directory only if it has two.
    let (sides, pairs) = (2 * symbols as usize, levels as usize / PAIR);
    let directories = if pairs < sides { pairs } else { sides };
    sides + levels as usize * 2 / PAIR + 1 + directories
}

/// The level at a position of a node.
#[inline(always)]
fn level_at(node: &Node, at: usize) -> LevelRef {
    LevelRef::from_raw(node::link(node, at))
}

/// A position in a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rung {
    node: NodeRef,
    at: u32,
    /// Whether the search passed another node on its way.
    walked: bool,
}

/// The pool of all nodes.
///
/// A ladder is named by its head, or by its directory.
#[derive(Debug)]
pub(super) struct Ladders<'s> {
    nodes: &'s mut [Node],
    free: NodeRef,
}

impl<'s> Ladders<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        let mut ladders = Self::resume(lines, NodeRef::NONE);
        ladders.reset();
        ladders
    }

    /// Makes all nodes free.
    pub(super) fn reset(&mut self) {
        self.nodes.as_flattened_mut().fill([0; WORDS]);
        self.free = NodeRef::NONE;
        for node in (0..self.count() as u32).rev() {
            self.give(NodeRef::from_raw(node));
        }
    }

    /// The ladders as they were left, with the first free node of then.
    pub(super) fn resume(lines: &'s mut [Line], free: NodeRef) -> Self {
        let (nodes, _) = lines.as_chunks_mut();
        Self { nodes, free }
    }

    /// The first free node.
    pub(super) fn free(&self) -> NodeRef {
        self.free
    }

    #[inline(always)]
    fn node(&self, node: NodeRef) -> &Node {
        &self.nodes[node.number()]
    }

    #[inline(always)]
    fn node_mut(&mut self, node: NodeRef) -> &mut Node {
        &mut self.nodes[node.number()]
    }

    /// Loads the node that stands for a ladder, its head or its directory, if there is one.
    #[inline(always)]
    pub(super) fn load(&self, ladder: LadderRoot) -> u32 {
        (self.nodes.get(ladder.node().number())).map_or(0, |[ranks, links]| ranks[0] ^ links[0])
    }

    #[inline(always)]
    fn next(&self, node: NodeRef) -> NodeRef {
        node::next(self.node(node))
    }

    fn len(&self, node: NodeRef) -> usize {
        node::len(self.node(node))
    }

    /// Makes one node follow another, or none.
    fn link(&mut self, node: NodeRef, next: NodeRef) {
        node::set_next(self.node_mut(node), next);
        if next != NodeRef::NONE {
            node::set_prev(self.node_mut(next), node);
        }
    }

    /// An empty node.
    fn take(&mut self) -> NodeRef {
        let node = self.free;
        // There is one, since the pool is sized for every distribution.
        self.free = self.next(node);
        node::reset(self.node_mut(node));
        node
    }

    fn give(&mut self, node: NodeRef) {
        let free = self.free;
        node::set_next(self.node_mut(node), free);
        self.free = node;
    }

    /// Where the rank is, or where it would go.
    #[inline(always)]
    pub(super) fn search(&self, ladder: LadderRoot, rank: Rank) -> Result<Rung, Rung> {
        let start = self.start_of_search(ladder, rank);
        let mut at_node = start;
        // So that links that lead in a circle come to an end.
        let mut left = self.nodes.len();
        loop {
            steps::count();
            let node = self.node(at_node);
            if node::last(node) > rank && node::next(node) != NodeRef::NONE && left > 0 {
                at_node = node::next(node);
                left -= 1;
                continue;
            }
            let at = node::position(node, rank);
            let rung = Rung {
                node: at_node,
                at: at as u32,
                walked: at_node != start,
            };
            // Unused ranks are the least, which may be the one that is looked for.
            let found = at < node::len(node) && node::rank(node, at) == rank;
            return if found { Ok(rung) } else { Err(rung) };
        }
    }

    /// The level at a rung.
    #[inline(always)]
    pub(super) fn level(&self, rung: Rung) -> LevelRef {
        level_at(self.node(rung.node), rung.at as usize)
    }

    /// Puts another level where there is one at a rung.
    pub(super) fn set_level(&mut self, rung: Rung, level: LevelRef) {
        node::set_link(self.node_mut(rung.node), rung.at as usize, level.raw());
    }

    /// Gives the level at a rung another rank if that lies between those before and after it; says
    /// whether it did.
    #[inline(always)]
    pub(super) fn shift(&mut self, rung: Rung, rank: Rank) -> bool {
        let node = self.node_mut(rung.node);
        node::shift(node, rung.at as usize, rank)
    }

    /// The best level and its rank.
    #[inline(always)]
    pub(super) fn best(&self, ladder: LadderRoot) -> Option<(Rank, LevelRef)> {
        (ladder != LadderRoot::NONE).then(|| {
            let head = self.node(self.head(ladder));
            (node::rank(head, 0), level_at(head, 0))
        })
    }

    /// Starts a ladder with its first level; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    pub(super) fn start(&mut self, rank: Rank, level: LevelRef) -> LadderRoot {
        let head = self.take();
        node::put(self.node_mut(head), 0, rank, level.raw());
        LadderRoot::of_head(head)
    }

    /// Adds a level at a rung where its rank was not found; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    #[inline(always)]
    pub(super) fn insert(
        &mut self,
        ladder: LadderRoot,
        rung: Rung,
        rank: Rank,
        level: LevelRef,
    ) -> LadderRoot {
        if rung.walked {
            self.note_walk(ladder, rung.node);
        }
        let node = self.node_mut(rung.node);
        if node::len(node) == FANOUT {
            return self.insert_into_full(ladder, rung, rank, level);
        }
        node::put(node, rung.at as usize, rank, level.raw());
        ladder
    }

    /// Adds a level to a full node, half of which becomes a new one; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    #[cold]
    fn insert_into_full(
        &mut self,
        ladder: LadderRoot,
        rung: Rung,
        rank: Rank,
        level: LevelRef,
    ) -> LadderRoot {
        let Rung { node: left, at, .. } = rung;
        steps::count();
        let (right, next) = (self.take(), self.next(left));
        if let Ok([left, right]) = self.nodes.get_disjoint_mut([left.number(), right.number()]) {
            node::split(left, right);
        }
        self.link(right, next);
        self.link(left, right);
        let half = self.len(left);
        if at as usize <= half {
            node::put(self.node_mut(left), at as usize, rank, level.raw());
        } else {
            node::put(self.node_mut(right), at as usize - half, rank, level.raw());
        }
        self.note_split(ladder, left, right)
    }

    /// Removes the level at a rung; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    #[inline(always)]
    pub(super) fn remove(&mut self, ladder: LadderRoot, rung: Rung) -> LadderRoot {
        if rung.walked {
            self.note_walk(ladder, rung.node);
        }
        let node = self.node_mut(rung.node);
        node::cut(node, rung.at as usize);
        if node::len(node) > SPARSE {
            return ladder;
        }
        self.join_neighbours(ladder, rung.node)
    }

    /// Joins a sparse node with a neighbour if that leaves room; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    #[inline(never)]
    fn join_neighbours(&mut self, ladder: LadderRoot, node: NodeRef) -> LadderRoot {
        let (len, next) = (self.len(node), self.next(node));
        let prev = node::prev(self.node(node));
        let fits = |other| other != NodeRef::NONE && (len == 0 || len + self.len(other) <= JOINED);
        if fits(next) {
            self.merge(ladder, node, next)
        } else if fits(prev) {
            self.merge(ladder, prev, node)
        } else if len == 0 {
            self.give(node);
            LadderRoot::NONE
        } else {
            ladder
        }
    }

    /// Moves all levels of `next` to the end of `node`, its neighbour, and frees it; returns the ladder.
    #[must_use = "the ladder may have another root now"]
    fn merge(&mut self, ladder: LadderRoot, node: NodeRef, next: NodeRef) -> LadderRoot {
        steps::count();
        if let Ok([to, from]) = self.nodes.get_disjoint_mut([node.number(), next.number()]) {
            node::append(to, from);
        }
        self.link(node, self.next(next));
        self.give(next);
        self.note_gone(ladder, next)
    }

    /// Keeps only the levels for which `keep` holds; it may change ranks, but not their order, and put
    /// another level where each is. Returns the ladder.
    #[must_use = "the ladder may have another root now"]
    pub(super) fn retain(
        &mut self,
        ladder: LadderRoot,
        mut keep: impl FnMut(&mut Rank, &mut LevelRef) -> bool,
    ) -> LadderRoot {
        if ladder == LadderRoot::NONE {
            return LadderRoot::NONE;
        }
        // Levels move towards the head, which writing never overtakes reading.
        let head = self.drop_directory(ladder);
        let (mut from, mut to, mut filled) = (head, head, 0);
        // So that links that lead in a circle come to an end.
        let mut nodes = self.nodes.len();
        while from != NodeRef::NONE && nodes > 0 {
            nodes -= 1;
            let read = *self.node(from);
            for at in 0..node::bounded_len(&read) {
                steps::count();
                let (mut rank, mut level) = (node::rank(&read, at), level_at(&read, at));
                if !keep(&mut rank, &mut level) {
                    continue;
                }
                if filled == FANOUT {
                    node::truncate(self.node_mut(to), FANOUT);
                    (to, filled) = (self.next(to), 0);
                }
                let node = self.node_mut(to);
                node::set_rank(node, filled, rank);
                node::set_link(node, filled, level.raw());
                filled += 1;
            }
            from = node::next(&read);
        }
        node::truncate(self.node_mut(to), filled);
        let mut rest = self.next(to);
        self.link(to, NodeRef::NONE);
        while rest != NodeRef::NONE && nodes > 0 {
            nodes -= 1;
            let next = self.next(rest);
            self.give(rest);
            rest = next;
        }
        if filled == 0 {
            self.give(head);
            return LadderRoot::NONE;
        }
        self.with_directory(head)
    }

    /// The levels with their ranks, best first.
    pub(super) fn iter(&self, ladder: LadderRoot) -> Iter<'_> {
        Iter {
            ladders: self,
            position: Position::first(self, ladder),
        }
    }

    /// Why a ladder breaks the rules, or `None`.
    pub(super) fn broken(&self, ladder: LadderRoot) -> Option<&'static str> {
        let mut at_node = self.head_or_none(ladder);
        let (mut before, mut last) = (NodeRef::NONE, None);
        while at_node != NodeRef::NONE {
            let node = self.node(at_node);
            let (len, next) = (node::len(node), node::next(node));
            if len == 0 || len > FANOUT {
                return Some("a ladder node is empty or too full");
            }
            if next != NodeRef::NONE && len + self.len(next) < PAIR {
                return Some("two neighbours of a ladder hold too few levels");
            }
            if node::prev(node) != before {
                return Some("a ladder node does not lead back");
            }
            for at in 0..FANOUT {
                let rank = node::rank(node, at);
                if at >= len {
                    if rank != Rank::LEAST {
                        return Some("an unused rank of a ladder node is not the least");
                    }
                    continue;
                }
                if last.is_some_and(|last| rank >= last) {
                    return Some("a ladder is not sorted");
                }
                last = Some(rank);
            }
            (before, at_node) = (at_node, next);
        }
        self.broken_directory(ladder)
    }

    /// All words.
    pub(super) fn words(&mut self) -> &mut [u32] {
        self.nodes.as_flattened_mut().as_flattened_mut()
    }

    /// All nodes of the pool.
    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Nodes that are free.
    pub(super) fn free_nodes(&self) -> usize {
        self.chain(self.free).count()
    }

    /// Nodes of a ladder, its directory included.
    pub(super) fn nodes_of(&self, ladder: LadderRoot) -> usize {
        let head = self.head_or_none(ladder);
        self.chain(head).count() + usize::from(LadderRoot::of_head(head) != ladder)
    }

    /// The nodes from this one on.
    fn chain(&self, node: NodeRef) -> impl Iterator<Item = NodeRef> {
        core::iter::successors(node.some(), |&node| self.next(node).some()).take(self.nodes.len())
    }
}

/// A position between two levels of a ladder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    node: NodeRef,
    at: usize,
    /// Nodes that follow at most, so that links that lead in a circle come to an end.
    left: u32,
}

impl Position {
    /// Behind the last level.
    pub(super) const END: Self = Self {
        node: NodeRef::NONE,
        at: 0,
        left: 0,
    };

    /// Before the best level.
    pub(super) fn first(ladders: &Ladders<'_>, ladder: LadderRoot) -> Self {
        Self {
            node: ladders.head_or_none(ladder),
            at: 0,
            left: ladders.count() as u32,
        }
    }

    /// The next level with its rank.
    pub(super) fn next(&mut self, ladders: &Ladders<'_>) -> Option<(Rank, LevelRef)> {
        if self.node == NodeRef::NONE || self.left == 0 {
            return None;
        }
        let node = ladders.node(self.node);
        let item = (node::rank(node, self.at), level_at(node, self.at));
        self.at += 1;
        if self.at >= node::len(node) {
            (self.node, self.at) = (node::next(node), 0);
            self.left = self.left.wrapping_sub(1);
        }
        Some(item)
    }
}

/// The levels of a ladder, best first.
#[derive(Clone, Debug)]
pub(super) struct Iter<'a> {
    ladders: &'a Ladders<'a>,
    position: Position,
}

impl Iterator for Iter<'_> {
    type Item = (Rank, LevelRef);

    fn next(&mut self) -> Option<(Rank, LevelRef)> {
        self.position.next(self.ladders)
    }
}
