//! Ladders: the levels of one side, sorted from the best.
//!
//! A ladder is a chain of nodes of up to [`FANOUT`] levels each. Of two neighbours at least one is
//! more than half full, so that the pool can be sized once and never runs out.

use super::memory::{Line, NONE, WORDS};
use super::steps;
use crate::units::{RawPrice, Side};

/// Lines of a node: one with the ranks, one with the levels.
pub(super) const LINES: usize = 2;
/// Levels in a node.
pub(super) const FANOUT: usize = 14;

/// Words of a node's second line, after the levels.
const LEN: usize = 14;
const NEXT: usize = 15;

/// Nodes that suffice for that many symbols and levels, whatever their distribution.
pub(super) const fn nodes(symbols: u32, levels: u32) -> usize {
    // Two neighbours hold at least FANOUT / 2 + 2 levels together, so a side of n levels has at
    // most n * 2 / (FANOUT / 2 + 2) + 1 nodes.
    2 * symbols as usize + levels as usize * 2 / (FANOUT / 2 + 2) + 1
}

/// A price as the ladder of its side sorts it: the best price has the highest rank.
///
/// The bits of the price are turned so that ranks compare as signed numbers, several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(i32);

impl Rank {
    /// Not better than any.
    pub(super) const LEAST: Self = Self(i32::MIN);

    #[inline(always)]
    pub(super) fn new(side: Side, price: RawPrice) -> Self {
        Self((price.raw() ^ Self::turn(side)).cast_signed())
    }

    #[inline(always)]
    pub(super) fn price(self, side: Side) -> RawPrice {
        RawPrice::from_raw(self.raw() ^ Self::turn(side))
    }

    /// The bits that differ between a price and its rank.
    #[inline(always)]
    fn turn(side: Side) -> u32 {
        // Asks: all but the sign, since the lowest is the best.
        (1 << 31) ^ 0u32.wrapping_sub(side as u32)
    }

    #[inline(always)]
    pub(super) fn from_raw(raw: u32) -> Self {
        Self(raw.cast_signed())
    }

    #[inline(always)]
    pub(super) fn raw(self) -> u32 {
        self.0.cast_unsigned()
    }
}

/// A place in a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rung {
    /// The node before, for unlinking; none at the head.
    before: u32,
    node: u32,
    at: u32,
}

/// The pool of all nodes.
#[derive(Debug)]
pub(super) struct Ladders<'s> {
    /// Ranks and levels of each node.
    nodes: &'s mut [[Line; LINES]],
    free: u32,
}

impl<'s> Ladders<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        lines.fill([0; WORDS]);
        let (nodes, _) = lines.as_chunks_mut();
        let mut ladders = Self { nodes, free: NONE };
        for node in (0..ladders.count() as u32).rev() {
            ladders.give(node);
        }
        ladders
    }

    #[inline(always)]
    fn node(&self, node: u32) -> &[Line; LINES] {
        &self.nodes[node as usize]
    }

    #[inline(always)]
    fn node_mut(&mut self, node: u32) -> &mut [Line; LINES] {
        &mut self.nodes[node as usize]
    }

    /// Loads a node, if there is one.
    #[inline(always)]
    pub(super) fn load(&self, node: u32) -> u32 {
        self.nodes
            .get(node as usize)
            .map_or(0, |node| node[0][0] ^ node[1][0])
    }

    #[inline(always)]
    fn len(&self, node: u32) -> usize {
        self.node(node)[1][LEN] as usize
    }

    #[inline(always)]
    fn next(&self, node: u32) -> u32 {
        self.node(node)[1][NEXT]
    }

    fn take(&mut self) -> u32 {
        let node = self.free;
        debug_assert_ne!(node, NONE, "the pool is sized for every distribution");
        self.free = self.next(node);
        let [ranks, levels] = self.node_mut(node);
        *ranks = [Rank::LEAST.raw(); WORDS];
        levels[LEN] = 0;
        levels[NEXT] = NONE;
        node
    }

    fn give(&mut self, node: u32) {
        let free = self.free;
        self.node_mut(node)[1][NEXT] = free;
        self.free = node;
    }

    /// Where the rank is, or where it would go.
    #[inline(always)]
    pub(super) fn search(&self, head: u32, rank: Rank) -> Result<Rung, Rung> {
        let (mut before, mut node) = (NONE, head);
        loop {
            steps::count();
            let [ranks, levels] = self.node(node);
            let last = ranks[(levels[LEN] as usize).wrapping_sub(1) % WORDS];
            if Rank::from_raw(last) > rank && levels[NEXT] != NONE {
                (before, node) = (node, levels[NEXT]);
                continue;
            }
            let at = position(ranks, rank);
            let rung = Rung { before, node, at };
            // Unused words have the least rank, which may be the one that is looked for.
            let found = at < levels[LEN] && ranks[at as usize % WORDS] == rank.raw();
            return if found { Ok(rung) } else { Err(rung) };
        }
    }

    /// The level at a rung.
    #[inline(always)]
    pub(super) fn level(&self, rung: Rung) -> u32 {
        self.node(rung.node)[1][rung.at as usize % WORDS]
    }

    /// Puts another level in the place of the one at a rung.
    pub(super) fn set_level(&mut self, rung: Rung, level: u32) {
        self.node_mut(rung.node)[1][rung.at as usize] = level;
    }

    /// The best level and its rank.
    #[inline(always)]
    pub(super) fn best(&self, head: u32) -> Option<(Rank, u32)> {
        (head != NONE).then(|| {
            let [ranks, levels] = self.node(head);
            (Rank::from_raw(ranks[0]), levels[0])
        })
    }

    /// Starts a ladder with its first level; returns its head.
    pub(super) fn start(&mut self, rank: Rank, level: u32) -> u32 {
        let head = self.take();
        self.put(head, 0, rank.raw(), level);
        head
    }

    /// Adds a level at a rung where its rank was not found.
    #[inline(always)]
    pub(super) fn insert(&mut self, rung: Rung, rank: Rank, level: u32) {
        let node = self.node_mut(rung.node);
        if node[1][LEN] as usize != FANOUT {
            put(node, rung.at as usize, rank.raw(), level);
        } else {
            self.insert_into_full(rung, rank, level);
        }
    }

    /// Makes room in a full node, at a neighbour's or by splitting it.
    #[cold]
    fn insert_into_full(&mut self, rung: Rung, rank: Rank, level: u32) {
        let (before, node, at) = (rung.before, rung.node, rung.at as usize);
        let next = self.next(node);
        if next != NONE && self.len(next) < FANOUT {
            let (last_rank, last_level) = self.cut(node, FANOUT - 1);
            self.put(next, 0, last_rank, last_level);
            self.put(node, at, rank.raw(), level);
        } else if before != NONE && self.len(before) < FANOUT {
            let end = self.len(before);
            if at == 0 {
                self.put(before, end, rank.raw(), level);
            } else {
                let (first_rank, first_level) = self.cut(node, 0);
                self.put(before, end, first_rank, first_level);
                self.put(node, at - 1, rank.raw(), level);
            }
        } else {
            let new = self.take();
            self.node_mut(new)[1][NEXT] = next;
            self.node_mut(node)[1][NEXT] = new;
            while self.len(node) > FANOUT / 2 {
                steps::count();
                let (last_rank, last_level) = self.cut(node, self.len(node) - 1);
                self.put(new, 0, last_rank, last_level);
            }
            if at <= FANOUT / 2 {
                self.put(node, at, rank.raw(), level);
            } else {
                self.put(new, at - FANOUT / 2, rank.raw(), level);
            }
        }
    }

    /// Removes the level at a rung; returns the head of the ladder.
    #[inline(always)]
    pub(super) fn remove(&mut self, head: u32, rung: Rung) -> u32 {
        let node = self.node_mut(rung.node);
        cut(node, rung.at as usize);
        if node[1][LEN] as usize > FANOUT / 2 {
            return head;
        }
        self.join_neighbours(head, rung)
    }

    /// Joins a node that lost a level with a neighbour if they fit together.
    #[inline(never)]
    fn join_neighbours(&mut self, head: u32, rung: Rung) -> u32 {
        let Rung {
            before,
            node,
            at: _,
        } = rung;
        let (len, next) = (self.len(node), self.next(node));
        if len == 0 && before == NONE {
            self.give(node);
            return next;
        }
        if next != NONE && len + self.len(next) <= FANOUT {
            self.merge(node, next);
        } else if before != NONE && self.len(before) + len <= FANOUT {
            self.merge(before, node);
        }
        head
    }

    /// Keeps only the levels for which `keep` holds; it may change ranks, but not their order, and put
    /// another level in the place of each. Returns the head.
    pub(super) fn retain(
        &mut self,
        head: u32,
        mut keep: impl FnMut(&mut Rank, &mut u32) -> bool,
    ) -> u32 {
        // Levels move towards the head, which writing never overtakes reading.
        let (mut from, mut to, mut filled) = (head, head, 0);
        let mut full = NONE;
        while from != NONE {
            let [ranks, levels] = *self.node(from);
            for at in 0..levels[LEN] as usize {
                steps::count();
                let (mut rank, mut level) = (Rank::from_raw(ranks[at]), levels[at]);
                if !keep(&mut rank, &mut level) {
                    continue;
                }
                if filled == FANOUT {
                    (full, to, filled) = (to, self.next(to), 0);
                }
                if filled == 0 {
                    self.node_mut(to)[0] = [Rank::LEAST.raw(); WORDS];
                }
                let [ranks, levels] = self.node_mut(to);
                ranks[filled] = rank.raw();
                levels[filled] = level;
                filled += 1;
                levels[LEN] = filled as u32;
            }
            from = levels[NEXT];
        }
        let last = if filled > 0 { to } else { full };
        let mut rest = if last == NONE { head } else { self.next(last) };
        while rest != NONE {
            let next = self.next(rest);
            self.give(rest);
            rest = next;
        }
        if last == NONE {
            return NONE;
        }
        self.node_mut(last)[1][NEXT] = NONE;
        head
    }

    /// The levels with their ranks, best first.
    pub(super) fn iter(&self, head: u32) -> Iter<'_> {
        Iter {
            ladders: self,
            position: Position::first(head),
        }
    }

    /// Puts a level into a node that has room.
    fn put(&mut self, node: u32, at: usize, rank: u32, level: u32) {
        put(self.node_mut(node), at, rank, level);
    }

    /// Takes a level out of a node.
    fn cut(&mut self, node: u32, at: usize) -> (u32, u32) {
        cut(self.node_mut(node), at)
    }

    /// Moves all levels of `next` to the end of `node`, its neighbour, and frees it.
    fn merge(&mut self, node: u32, next: u32) {
        let [ranks, levels] = *self.node(next);
        let [to_ranks, to_levels] = self.node_mut(node);
        let len = to_levels[LEN] as usize;
        for at in 0..levels[LEN] as usize {
            steps::count();
            to_ranks[len + at] = ranks[at];
            to_levels[len + at] = levels[at];
        }
        to_levels[LEN] += levels[LEN];
        to_levels[NEXT] = levels[NEXT];
        self.give(next);
    }

    /// Why a chain breaks the rules of ladders, or `None`.
    pub(super) fn broken(&self, head: u32) -> Option<&'static str> {
        let mut node = head;
        let mut last = None;
        while node != NONE {
            let (len, next) = (self.len(node), self.next(node));
            if len == 0 || len > FANOUT {
                return Some("a ladder node is empty or too full");
            }
            if next != NONE && len.max(self.len(next)) <= FANOUT / 2 {
                return Some("two neighbours of a ladder are at most half full");
            }
            for (at, &word) in self.node(node)[0].iter().enumerate() {
                let rank = Rank::from_raw(word);
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
            node = next;
        }
        None
    }

    /// All nodes of the pool.
    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Nodes that are free.
    pub(super) fn free_nodes(&self) -> usize {
        self.nodes_of(self.free)
    }

    /// Nodes of a ladder.
    pub(super) fn nodes_of(&self, head: u32) -> usize {
        let (mut node, mut count) = (head, 0);
        while node != NONE {
            count += 1;
            node = self.next(node);
        }
        count
    }
}

/// How many of the ranks of a node are better than this one, without a branch for each.
#[inline(always)]
fn position(ranks: &Line, rank: Rank) -> u32 {
    let mut better = 0u32;
    for (bit, &word) in ranks.iter().enumerate() {
        better |= if Rank::from_raw(word) > rank {
            1 << bit
        } else {
            0
        };
    }
    better.trailing_ones()
}

/// Puts a level into a node that has room.
#[inline(always)]
fn put([ranks, levels]: &mut [Line; LINES], at: usize, rank: u32, level: u32) {
    let len = levels[LEN];
    insert_word(ranks, at, rank, WORDS);
    insert_word(levels, at, level, FANOUT);
    levels[LEN] = len + 1;
}

/// Takes a level out of a node.
#[inline(always)]
fn cut([ranks, levels]: &mut [Line; LINES], at: usize) -> (u32, u32) {
    let len = levels[LEN];
    let rank = remove_word(ranks, at, WORDS);
    let level = remove_word(levels, at, FANOUT);
    levels[LEN] = len - 1;
    (rank, level)
}

/// Inserts a word before the one at `at`; the last of the first `end` words is lost.
///
/// All words are written, since a copy of varying length is slower than one of a few instructions.
#[inline(always)]
fn insert_word(line: &mut Line, at: usize, word: u32, end: usize) {
    let old = *line;
    for to in 1..end {
        line[to] = if to > at { old[to - 1] } else { old[to] };
    }
    line[at % WORDS] = word;
}

/// Removes the word at `at`; the last of the first `end` words is then the least rank.
#[inline(always)]
fn remove_word(line: &mut Line, at: usize, end: usize) -> u32 {
    let old = *line;
    for to in 0..end - 1 {
        line[to] = if to >= at { old[to + 1] } else { old[to] };
    }
    line[end - 1] = Rank::LEAST.raw();
    old[at % WORDS]
}

/// A place between two levels of a ladder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    node: u32,
    at: usize,
}

impl Position {
    /// Before the best level.
    pub(super) fn first(head: u32) -> Self {
        Self { node: head, at: 0 }
    }

    /// The next level with its rank.
    pub(super) fn next(&mut self, ladders: &Ladders<'_>) -> Option<(Rank, u32)> {
        if self.node == NONE {
            return None;
        }
        let [ranks, levels] = ladders.node(self.node);
        let item = (Rank::from_raw(ranks[self.at]), levels[self.at]);
        self.at += 1;
        if self.at == levels[LEN] as usize {
            *self = Self::first(levels[NEXT]);
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
    type Item = (Rank, u32);

    fn next(&mut self) -> Option<(Rank, u32)> {
        self.position.next(self.ladders)
    }
}
