//! Which events are taken when they are told, and which wait for a better word.

use std::collections::BTreeMap;

use oxberry_core::units::{ChannelId, Numbering, Position, SeqNum};
use oxberry_proto::stock::StockEvent;
use oxberry_proto::{NodeId, Partition, StreamId};

use super::best::rank_of;
use super::replica::{Node, Seen};
use super::word::{Rank, is_newer};
use super::{Page, Shown};

/// Events that were told on a word that was not the best, while who knows better had not come as far,
/// by the place of their row.
///
/// They are no more than the nodes of a partition can be apart, which flow control bounds.
#[derive(Debug, Default)]
pub(super) struct Withheld(BTreeMap<usize, BTreeMap<Turn, Untaken>>);

/// In which order the events of a row have their turn: the better word first. Nodes without a word may
/// each tell something else.
type Turn = (Position, Rank, NodeId);

/// One of them.
#[derive(Clone, Copy, Debug)]
struct Untaken {
    event: Shown,
    /// How good the word of its node was.
    rank: Rank,
    /// What its node had told before and was not shown, if there was any; nodes with as good a word may tell
    /// what is between.
    skipped: Option<(ChannelId, Position)>,
}

/// What a node that tells an event says of its symbol.
#[derive(Clone, Copy, Debug)]
struct Said {
    /// How good its word is.
    rank: Rank,
    /// What it had shown before.
    before: Option<(ChannelId, Position)>,
    /// Whether it did not call the symbol live until then, and does now.
    has_lapsed: bool,
}

/// What becomes of an event that was withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Take,
    Wait,
    Drop,
}

impl Withheld {
    fn put(&mut self, untaken: Untaken) {
        let of_row = self.0.entry(untaken.event.row).or_default();
        of_row.insert(untaken.turn(), untaken);
    }
}

impl Untaken {
    const fn turn(&self) -> Turn {
        (self.event.position, self.rank, self.event.node)
    }

    const fn at(&self) -> (ChannelId, Position) {
        (self.event.channel, self.event.position)
    }
}

impl Page {
    /// Takes an event if nobody told it before and nobody has a better word on its symbol.
    pub(super) fn handle_event(
        &mut self,
        id: NodeId,
        stream: StreamId,
        numbering: Numbering,
        event: &StockEvent,
    ) {
        let row = self.row_of(event.symbol_index, stream.partition);
        let position = Position {
            numbering,
            seq_num: event.seq_num,
        };
        let at = (stream.channel, position);
        let Some(said) = self.note_seen(id, stream.partition, row, at, event) else {
            return;
        };
        let Some(shown) = self.rows.get(row) else {
            return;
        };
        if !is_newer(at, shown.at) {
            self.counters.copies += 1;
            let is_better = shown.at == Some(at) && said.rank < shown.rank;
            if is_better && said.rank <= self.best_rank(row, stream.partition, Some(id)) {
                // The event was shown on a word that was not as good.
                if let Some(shown) = self.rows.get_mut(row) {
                    shown.view = Some(event.view);
                    shown.rank = said.rank;
                }
                self.note_restated(stream.partition);
            }
            return;
        }
        let skipped = self.skipped(row, at, &said);
        let untaken = Untaken {
            event: Shown {
                row,
                node: id,
                symbol_index: event.symbol_index,
                channel: stream.channel,
                position,
                ts_event: event.ts_event,
                trust: said.rank.trust(),
                view: event.view,
                trade: event.trade,
            },
            rank: said.rank,
            skipped,
        };
        match self.fate(&untaken, stream.partition) {
            Fate::Take => self.take(&untaken),
            Fate::Wait => self.withheld.put(untaken),
            Fate::Drop => self.counters.untrusted += 1,
        }
    }

    /// Notes that a node has shown an event; says how good its word on the symbol is, and what it had
    /// shown before.
    #[inline]
    fn note_seen(
        &mut self,
        id: NodeId,
        partition: Partition,
        row: usize,
        at: (ChannelId, Position),
        event: &StockEvent,
    ) -> Option<Said> {
        let node = self.nodes.get_mut(&id)?;
        // A node tells the trust of a symbol before its event, even while other changes are pending.
        let has_missed = (node.partitions.get(&partition)).is_none_or(|part| part.has_missed);
        let cell = node.cell_mut(row);
        let rank = if has_missed {
            Rank::NoWord
        } else {
            Rank::Of(cell.trust)
        };
        let scale = event.view.scale;
        let traded = event.trade.map(|trade| trade.price.scaled(scale));
        let before = cell.seen.and_then(|seen| seen.at);
        let last_trade = traded.or(cell.seen.and_then(|seen| seen.last_trade));
        let has_lapsed = rank == Rank::BEST && core::mem::take(&mut cell.has_lapsed);
        cell.seen = Some(Seen {
            at: Some(at),
            ts_event: event.ts_event,
            view: event.view,
            last_trade,
            rank,
        });
        Some(Said {
            rank,
            before,
            has_lapsed,
        })
    }

    /// Up to where a node that tells an event may have left out what is not shown. What it told before was not
    /// shown, since another one seemed to know better; now that it knows no better, it tells what is between.
    /// And one that calls the symbol live again may have told nothing of what a twin will.
    fn skipped(
        &self,
        row: usize,
        (channel, position): (ChannelId, Position),
        said: &Said,
    ) -> Option<(ChannelId, Position)> {
        let before = if said.has_lapsed {
            Some((channel, before(position)))
        } else {
            said.before
        };
        let shown = self.rows.get(row).and_then(|row| row.at);
        before.filter(|&before| is_newer(before, shown) && !self.is_vouched(row, before, said.rank))
    }

    /// Whether a node with as good a word has come as far without telling more than is shown: then nothing
    /// is between. A book that was taken over is told as of where its taker stands, not of its last event.
    fn is_vouched(&self, row: usize, at: (ChannelId, Position), own: Rank) -> bool {
        let Some(shown) = self.rows.get(row) else {
            return false;
        };
        let mut nodes = self.nodes.values();
        nodes.any(|node| {
            let state = node.state(row, shown.partition);
            let has_come =
                state.is_some_and(|state| state.seen.at == shown.at && !is_newer(at, state.as_of));
            has_come && rank_of(node, row, shown.partition) <= own
        })
    }

    /// Takes what was withheld of a row, in its order, as far as nobody will tell it any better.
    ///
    /// It stops at the first that waits: with every frame it would cost too much to look at all of them.
    pub(super) fn release(&mut self, row: usize) {
        let Some(mut untaken) = self.withheld.0.remove(&row) else {
            return;
        };
        while let Some(first) = untaken.first_entry()
            && let Some(shown) = self.rows.get(row)
        {
            let one = *first.get();
            if is_newer(one.at(), shown.at) {
                match self.fate(&one, shown.partition) {
                    Fate::Take => self.take(&one),
                    Fate::Drop => self.counters.untrusted += 1,
                    Fate::Wait => break,
                }
            } else if shown.at == Some(one.at()) {
                self.counters.copies += 1;
            } else {
                self.counters.untrusted += 1;
            }
            first.remove();
        }
        if !untaken.is_empty() {
            self.withheld.0.insert(row, untaken);
        }
    }

    /// Looks again at what was withheld of these partitions: a node has come further there, or its word
    /// is no longer as good.
    pub(super) fn settle_withheld(&mut self, is_meant: impl Fn(Partition) -> bool) {
        let rows = self.withheld.0.keys().copied();
        let is_meant = |row: &usize| {
            self.rows
                .get(*row)
                .is_some_and(|row| is_meant(row.partition))
        };
        let rows: Vec<_> = rows.filter(is_meant).collect();
        for row in rows {
            self.release(row);
        }
    }

    /// What becomes of an event that is newer than what its row shows.
    fn fate(&self, untaken: &Untaken, partition: Partition) -> Fate {
        let Untaken {
            event, rank: own, ..
        } = *untaken;
        // The best word of all needs no comparing.
        if own > Rank::BEST {
            let others = self.nodes.iter().filter(|&(&id, _)| id != event.node);
            let mut better = others
                .map(|(_, node)| node)
                .filter(|node| rank_of(node, event.row, partition) < own)
                .peekable();
            if better.peek().is_some() {
                // Who knows better and is past it without having told it knows that it is none.
                let may_tell =
                    better.any(|node| may_tell(node, event.row, partition, untaken.at()));
                return if may_tell { Fate::Wait } else { Fate::Drop };
            }
        }
        if untaken.skipped.is_some() && self.will_be_told(event.row, untaken.at(), own) {
            return Fate::Wait;
        }
        Fate::Take
    }

    /// Shows an event.
    fn take(&mut self, untaken: &Untaken) {
        let Untaken {
            event,
            rank,
            skipped,
        } = untaken;
        self.counters.events += 1;
        let shown = self.rows.get(event.row).and_then(|row| row.at);
        self.tell(
            event,
            skipped.is_some_and(|skipped| is_newer(skipped, shown)),
        );
        // Nobody had a better word, so nothing is owed.
        self.owed.remove(&event.row);
        if let Some(shown) = self.rows.get_mut(event.row) {
            let scale = event.view.scale;
            let traded = event.trade.map(|trade| trade.price.scaled(scale));
            shown.at = Some((event.channel, event.position));
            shown.ts_event = event.ts_event;
            shown.view = Some(event.view);
            shown.last_trade = traded.or(shown.last_trade);
            shown.rank = *rank;
        }
    }
}

/// The position before another one of the same numbering.
fn before(position: Position) -> Position {
    Position {
        seq_num: SeqNum::from_raw(position.seq_num.raw().saturating_sub(1)),
        ..position
    }
}

/// Whether a node may still tell what happened to a symbol at a position, or say that its word on the
/// symbol is no longer as good as it was.
fn may_tell(node: &Node, row: usize, partition: Partition, at: (ChannelId, Position)) -> bool {
    let (channel, position) = at;
    let is_pending = (node.partitions.get(&partition)).is_none_or(|part| part.pending);
    let told = node.cell(row).seen.and_then(|seen| seen.at);
    let is_past = node.position(StreamId { channel, partition }) >= position
        || told.is_some_and(|told| !is_newer(at, Some(told)));
    (!is_past || is_pending) && !node.has_ended
}
