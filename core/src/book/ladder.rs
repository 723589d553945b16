//! Ladders: the levels of one side, sorted from the best.
//!
//! A ladder is a chain of nodes of up to [`FANOUT`] levels each. Two neighbours never fit into one
//! node together, so that the pool can be sized once and never runs out.

use super::memory::{Line, NONE};
use super::steps;
use crate::units::{RawPrice, Side};

/// Lines of a node: one with the keys, one with the levels.
pub(super) const LINES: usize = 2;
/// Levels in a node.
const FANOUT: usize = 15;

/// Word of a node's first line: how many levels it has; their keys follow.
const LEN: usize = 0;
/// Word of a node's second line: the next node; the levels follow.
const NEXT: usize = 0;

/// Nodes that suffice for that many symbols and levels, whatever their distribution.
pub(super) const fn nodes(symbols: u32, levels: u32) -> u32 {
    // Neighbours hold at least FANOUT + 1 levels together, so a side of n levels has at most
    // n / 8 + 1 nodes; a split needs one more for a moment.
    2 * symbols + levels / 8 + 1
}

/// A price as the ladder of its side sorts it: the best has the highest key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u32);

impl Key {
    pub(super) fn new(side: Side, price: RawPrice) -> Self {
        match side {
            Side::Bid => Self(price.raw()),
            Side::Ask => Self(!price.raw()),
        }
    }

    pub(super) fn price(self, side: Side) -> RawPrice {
        match side {
            Side::Bid => RawPrice::from_raw(self.0),
            Side::Ask => RawPrice::from_raw(!self.0),
        }
    }

    pub(super) fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    pub(super) fn raw(self) -> u32 {
        self.0
    }
}

/// A place in a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rung {
    /// The node before, for unlinking; none at the head.
    before: u32,
    node: u32,
    at: usize,
}

/// The pool of all nodes.
#[derive(Debug)]
pub(super) struct Ladders<'s> {
    lines: &'s mut [Line],
    free: u32,
}

impl<'s> Ladders<'s> {
    pub(super) fn new(lines: &'s mut [Line]) -> Self {
        lines.fill(Line::EMPTY);
        let mut ladders = Self { lines, free: NONE };
        for node in (0..(ladders.lines.len() / LINES) as u32).rev() {
            ladders.give(node);
        }
        ladders
    }

    fn keys(&self, node: u32) -> &Line {
        &self.lines[node as usize * LINES]
    }

    fn keys_mut(&mut self, node: u32) -> &mut Line {
        &mut self.lines[node as usize * LINES]
    }

    fn levels(&self, node: u32) -> &Line {
        &self.lines[node as usize * LINES + 1]
    }

    fn levels_mut(&mut self, node: u32) -> &mut Line {
        &mut self.lines[node as usize * LINES + 1]
    }

    fn len(&self, node: u32) -> usize {
        self.keys(node)[LEN] as usize
    }

    fn next(&self, node: u32) -> u32 {
        self.levels(node)[NEXT]
    }

    fn take(&mut self) -> u32 {
        let node = self.free;
        debug_assert_ne!(node, NONE, "the pool is sized for every distribution");
        self.free = self.next(node);
        *self.keys_mut(node) = Line::EMPTY;
        self.levels_mut(node)[NEXT] = NONE;
        node
    }

    fn give(&mut self, node: u32) {
        let free = self.free;
        self.levels_mut(node)[NEXT] = free;
        self.free = node;
    }

    /// How many keys of the node are better than this one.
    fn better(&self, node: u32, key: Key) -> usize {
        // Unused words are zero, which is better than nothing.
        self.keys(node).words()[1..]
            .iter()
            .map(|&other| usize::from(other > key.0))
            .sum()
    }

    /// Where the key is, or where it would go.
    fn search(&self, head: u32, key: Key) -> Result<Rung, Rung> {
        let (mut before, mut node) = (NONE, head);
        loop {
            steps::count();
            let at = self.better(node, key);
            let len = self.len(node);
            if at < len {
                let rung = Rung { before, node, at };
                let found = self.keys(node)[1 + at] == key.0;
                return if found { Ok(rung) } else { Err(rung) };
            }
            let next = self.next(node);
            if next == NONE {
                return Err(Rung { before, node, at });
            }
            (before, node) = (node, next);
        }
    }

    /// The first level of this key.
    pub(super) fn find(&self, head: u32, key: Key) -> Option<u32> {
        if head == NONE {
            return None;
        }
        self.search(head, key)
            .ok()
            .map(|rung| self.levels(rung.node)[1 + rung.at])
    }

    /// Puts another level in the place of the one of this key.
    pub(super) fn replace(&mut self, head: u32, key: Key, level: u32) {
        if let Ok(rung) = self.search(head, key) {
            self.levels_mut(rung.node)[1 + rung.at] = level;
        }
    }

    /// The best level and its key.
    pub(super) fn best(&self, head: u32) -> Option<(Key, u32)> {
        (head != NONE).then(|| (Key(self.keys(head)[1]), self.levels(head)[1]))
    }

    /// Adds a level whose key is not there yet.
    pub(super) fn insert(&mut self, head: &mut u32, key: Key, level: u32) {
        if *head == NONE {
            *head = self.take();
            self.put(*head, 0, key.0, level);
            return;
        }
        let (Err(rung) | Ok(rung)) = self.search(*head, key);
        let (node, at) = (rung.node, rung.at);
        if self.len(node) < FANOUT {
            self.put(node, at, key.0, level);
            return;
        }
        let next = self.next(node);
        if next != NONE && self.len(next) < FANOUT {
            let (last_key, last_level) = self.cut(node, FANOUT - 1);
            self.put(next, 0, last_key, last_level);
            self.put(node, at, key.0, level);
        } else if rung.before != NONE && self.len(rung.before) < FANOUT {
            let end = self.len(rung.before);
            if at == 0 {
                self.put(rung.before, end, key.0, level);
            } else {
                let (first_key, first_level) = self.cut(node, 0);
                self.put(rung.before, end, first_key, first_level);
                self.put(node, at - 1, key.0, level);
            }
        } else {
            let new = self.take();
            self.levels_mut(new)[NEXT] = next;
            self.levels_mut(node)[NEXT] = new;
            let half = FANOUT / 2 + usize::from(at > FANOUT / 2);
            while self.len(node) > half {
                steps::count();
                let (last_key, last_level) = self.cut(node, self.len(node) - 1);
                self.put(new, 0, last_key, last_level);
            }
            if at <= FANOUT / 2 {
                self.put(node, at, key.0, level);
            } else {
                self.put(new, at - half, key.0, level);
            }
        }
    }

    /// Removes the level of this key.
    pub(super) fn remove(&mut self, head: &mut u32, key: Key) {
        let Ok(Rung { before, node, at }) = self.search(*head, key) else {
            debug_assert!(false, "a level is in its ladder");
            return;
        };
        self.cut(node, at);
        let next = self.next(node);
        if self.len(node) == 0 && before == NONE {
            *head = next;
            self.give(node);
        } else if next != NONE && self.len(node) + self.len(next) <= FANOUT {
            self.merge(node, next);
        } else if before != NONE && self.len(before) + self.len(node) <= FANOUT {
            self.merge(before, node);
        }
    }

    /// Removes all levels.
    pub(super) fn clear(&mut self, head: &mut u32) {
        while *head != NONE {
            steps::count();
            let next = self.next(*head);
            self.give(*head);
            *head = next;
        }
    }

    /// Keeps only levels for which `keep` holds; it may change their keys, but not their order, and put
    /// another level in their place.
    pub(super) fn retain(
        &mut self,
        head: &mut u32,
        mut keep: impl FnMut(&mut Key, &mut u32) -> bool,
    ) {
        let (mut from, mut to, mut before, mut filled) = (*head, *head, NONE, 0);
        while from != NONE {
            let (keys, levels) = (*self.keys(from), *self.levels(from));
            let next = levels[NEXT];
            for at in 1..=keys[LEN] as usize {
                steps::count();
                let (mut key, mut level) = (Key(keys[at]), levels[at]);
                if !keep(&mut key, &mut level) {
                    continue;
                }
                if filled == FANOUT {
                    (before, to, filled) = (to, self.next(to), 0);
                }
                if filled == 0 {
                    // Everything in this node has been read: writing never overtakes reading.
                    *self.keys_mut(to) = Line::EMPTY;
                }
                filled += 1;
                self.keys_mut(to)[LEN] = filled as u32;
                self.keys_mut(to)[filled] = key.0;
                self.levels_mut(to)[filled] = level;
            }
            from = next;
        }
        if filled > 0 {
            before = to;
        }
        let mut rest = if before == NONE {
            *head
        } else {
            self.next(before)
        };
        self.clear(&mut rest);
        if before == NONE {
            *head = NONE;
        } else {
            self.levels_mut(before)[NEXT] = NONE;
        }
    }

    /// The levels with their keys, best first.
    pub(super) fn iter(&self, head: u32) -> Iter<'_> {
        Iter {
            ladders: self,
            position: Position::first(head),
        }
    }

    /// Puts a level into a node that has room.
    fn put(&mut self, node: u32, at: usize, key: u32, level: u32) {
        let len = self.len(node);
        insert_word(self.keys_mut(node), at, len, key);
        insert_word(self.levels_mut(node), at, len, level);
        self.keys_mut(node)[LEN] += 1;
    }

    /// Takes a level out of a node.
    fn cut(&mut self, node: u32, at: usize) -> (u32, u32) {
        let len = self.len(node);
        let key = remove_word(self.keys_mut(node), at, len);
        let level = remove_word(self.levels_mut(node), at, len);
        self.keys_mut(node)[LEN] -= 1;
        (key, level)
    }

    /// Moves all levels of `next` to the end of `node`, its neighbour, and frees it.
    fn merge(&mut self, node: u32, next: u32) {
        let (keys, levels) = (*self.keys(next), *self.levels(next));
        let len = self.len(node);
        for at in 0..keys[LEN] as usize {
            self.keys_mut(node)[1 + len + at] = keys[1 + at];
            self.levels_mut(node)[1 + len + at] = levels[1 + at];
        }
        self.keys_mut(node)[LEN] += keys[LEN];
        self.levels_mut(node)[NEXT] = levels[NEXT];
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
            if next != NONE && len + self.len(next) <= FANOUT {
                return Some("two neighbours of a ladder fit into one node");
            }
            for (at, &key) in self.keys(node).words()[1..].iter().enumerate() {
                if at >= len && key != 0 {
                    return Some("an unused key of a ladder node is not zero");
                }
                if at < len && last.is_some_and(|last| key >= last) {
                    return Some("a ladder is not sorted");
                }
                if at < len {
                    last = Some(key);
                }
            }
            node = next;
        }
        None
    }

    /// All nodes of the pool.
    pub(super) fn count(&self) -> usize {
        self.lines.len() / LINES
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

/// Inserts a word among the `len` used ones after the first word of the line.
fn insert_word(line: &mut Line, at: usize, len: usize, word: u32) {
    let words = line.words_mut();
    words.copy_within(1 + at..1 + len, 2 + at);
    words[1 + at] = word;
}

/// Removes a word from the `len` used ones after the first word of the line.
fn remove_word(line: &mut Line, at: usize, len: usize) -> u32 {
    let words = line.words_mut();
    let word = words[1 + at];
    words.copy_within(2 + at..1 + len, 1 + at);
    words[len] = 0;
    word
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

    /// The next level with its key.
    pub(super) fn next(&mut self, ladders: &Ladders<'_>) -> Option<(Key, u32)> {
        if self.node == NONE {
            return None;
        }
        self.at += 1;
        let keys = ladders.keys(self.node);
        let item = (Key(keys[self.at]), ladders.levels(self.node)[self.at]);
        if self.at == keys[LEN] as usize {
            *self = Self::first(ladders.next(self.node));
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
    type Item = (Key, u32);

    fn next(&mut self) -> Option<(Key, u32)> {
        self.position.next(self.ladders)
    }
}
