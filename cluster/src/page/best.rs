//! Whose word on a row is the best, and what the row shows of it.

use oxberry_core::units::{ChannelId, Position};
use oxberry_proto::{NodeId, Partition, StreamId};

use super::Page;
use super::replica::{Node, State};
use super::word::{Rank, is_newer};

/// How good the word of a node on a row is.
pub(super) fn rank_of(node: &Node, row: usize, partition: Partition) -> Rank {
    match node.partitions.get(&partition) {
        Some(part) if !node.is_dead && !part.has_missed => Rank::Of(node.cell(row).trust),
        Some(_) | None => Rank::NoWord,
    }
}

impl Page {
    /// How the rows of a partition stand has changed.
    pub(super) fn restate(&mut self, partition: Partition) {
        let rows = self.by_partition.get(&partition).map_or(0, Vec::len);
        for at in 0..rows {
            let rows = self.by_partition.get(&partition);
            if let Some(&row) = rows.and_then(|rows| rows.get(at)) {
                self.restate_row(row);
            }
        }
        self.note_none_live(partition);
        self.note_restated(partition);
    }

    /// Shows what the best word on a row is, as far as that goes on and not back.
    fn restate_row(&mut self, row: usize) {
        // What nobody will tell any better comes before the state that follows from it.
        self.release(row);
        let Some(shown) = self.rows.get(row) else {
            return;
        };
        let partition = shown.partition;
        let best = self.best_rank(row, partition, None);
        let is_new = |state: &State| match state.seen.at {
            Some(at) => is_newer(at, shown.at),
            None => shown.view.is_none(),
        };
        let words = || {
            self.nodes
                .values()
                .filter(|node| best < Rank::NoWord && rank_of(node, row, partition) == best)
                .filter_map(|node| node.state(row, partition))
        };
        let newest = words().max_by_key(|state| state.as_of.map(|(_, position)| position));
        let Some(state) = newest else { return };
        // Of several that are as good, one that is not as far as the newest state tells each event that
        // is still to be shown; to take that state would pass them over.
        let is_new_state = is_new(&state);
        let will_be_told = is_new_state
            && (state.seen.at).is_some_and(|newest| self.will_be_told(row, newest, best));
        let is_next = is_new_state && !will_be_told;
        // What is right as of where the row stands, or later, replaces what was told on a lesser word.
        let is_better = best < shown.rank
            && !state.is_pending
            && !will_be_told
            && match state.as_of {
                Some(as_of) => Some(as_of) == shown.at || is_newer(as_of, shown.at),
                None => shown.at.is_none(),
            };
        if will_be_told || (best < shown.rank && !is_better) {
            // A node has to come further first.
            self.owed.insert(row);
        }
        if (is_next || is_better)
            && let Some(shown) = self.rows.get_mut(row)
        {
            let before = shown.at;
            shown.at = if is_new_state && state.seen.rank <= best {
                state.seen.at.or(shown.at)
            } else {
                // Where it was told, or where the row stood, the node may not have known better.
                state.as_of.or(shown.at)
            };
            shown.ts_event = state.seen.ts_event;
            shown.view = Some(state.seen.view);
            shown.last_trade = state.seen.last_trade.or(shown.last_trade);
            shown.rank = best;
            if shown.at != before {
                self.pass_over(row);
            }
        }
    }

    /// A node trusts its book less than when it told what a row shows. Unless another one that is as good
    /// as can be has told the same, what that has as of there is shown instead: the memory of the first may
    /// have changed by itself.
    pub(super) fn doubt(&mut self, id: NodeId, row: usize, rank: Rank) {
        let Some(shown) = self.rows.get(row) else {
            return;
        };
        let (partition, at, view) = (shown.partition, shown.at, shown.view);
        let told_that = |node: &Node| {
            let seen = node.cell(row).seen;
            seen.is_some_and(|seen| seen.at == at && Some(seen.view) == view)
        };
        let is_its = self.nodes.get(&id).is_some_and(told_that);
        let mut others = self.nodes.iter().filter(|&(&other, _)| other != id);
        let is_confirmed =
            others.any(|(_, node)| told_that(node) && rank_of(node, row, partition) == Rank::BEST);
        if is_its
            && !is_confirmed
            && let Some(shown) = self.rows.get_mut(row)
        {
            shown.rank = shown.rank.max(rank);
        }
    }

    /// Whether a node with this word is not as far as there yet, and will tell what is between there and
    /// the row.
    pub(super) fn will_be_told(&self, row: usize, at: (ChannelId, Position), word: Rank) -> bool {
        let Some(shown) = self.rows.get(row) else {
            return false;
        };
        let (partition, (channel, position)) = (shown.partition, at);
        self.nodes.values().any(|node| {
            let is_behind = match node.state(row, partition) {
                Some(state) => {
                    let has_more = state.seen.at.is_some_and(|at| is_newer(at, shown.at));
                    is_newer(at, state.as_of) && !has_more
                }
                None => node.position(StreamId { channel, partition }) < position,
            };
            is_behind && !node.has_ended && rank_of(node, row, partition) == word
        })
    }

    /// Shows what was owed, as far as those who owe it have come.
    pub(super) fn settle_owed(&mut self) {
        for row in core::mem::take(&mut self.owed) {
            let before = self.rows.get(row).map(|row| (row.partition, row.rank));
            self.restate_row(row);
            if let Some((partition, rank)) = before
                && self.rows.get(row).is_some_and(|row| row.rank != rank)
            {
                self.note_restated(partition);
            }
        }
    }

    pub(super) fn note_restated(&mut self, partition: Partition) {
        if !self.restated.contains(&partition) {
            self.restated.push(partition);
        }
    }

    /// The best word on a row of all living nodes, or of all but one.
    pub(super) fn best_rank(
        &self,
        row: usize,
        partition: Partition,
        except: Option<NodeId>,
    ) -> Rank {
        let others = self.nodes.iter().filter(|&(&id, _)| Some(id) != except);
        let ranks = others.map(|(_, node)| rank_of(node, row, partition));
        ranks.min().unwrap_or(Rank::NoWord)
    }
}
