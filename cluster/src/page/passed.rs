//! Where rows have gone on to a state, without the events that led to it.

use std::collections::{BTreeSet, VecDeque};

use oxberry_core::book::Trust;
use oxberry_core::units::{ChannelId, Position, SeqNum, SymbolIndex};
use oxberry_proto::Partition;

use super::word::{Rank, is_newer};
use super::{Page, Shown};

/// Something that a page has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// An event.
    Event(Shown),
    /// A state that a row went on to.
    Passed(Passed),
}

/// A row has gone on to the state of a node. What happened to the symbol up to there, behind what the
/// row showed before, will not be told: if it was anything, it is in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The place of the row.
    pub row: usize,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The channel.
    pub channel: ChannelId,
    /// Up to where.
    pub through: Position,
}

/// What was passed over and nobody has taken yet.
#[derive(Clone, Debug, Default)]
pub(super) struct PassedOver {
    /// Each with how many events were shown before.
    waiting: VecDeque<(u64, Passed)>,
    /// Events that were taken from the page.
    taken: u64,
    /// How far each row was told to whoever takes this.
    told: Vec<Option<(ChannelId, Position)>>,
    /// Rows that nobody has called live for a while, in which something may not have been told.
    not_live: BTreeSet<usize>,
}

/// An event that nobody has taken yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Untold {
    pub(super) event: Shown,
    /// Whether something before it may not have been told, and nothing will tell it.
    pub(super) is_behind_hole: bool,
}

impl Page {
    /// The next thing that was taken, in their order.
    pub fn next_told(&mut self) -> Option<Told> {
        let PassedOver { waiting, taken, .. } = &mut self.passed;
        let is_due = waiting.front().is_some_and(|(before, _)| before <= taken);
        let passed = if is_due {
            waiting.pop_front().map(|(_, passed)| passed)
        } else {
            self.passed_before_next().or_else(|| self.passed_in_hole())
        };
        if let Some(passed) = passed {
            self.passed
                .note(passed.row, (passed.channel, passed.through));
            return Some(Told::Passed(passed));
        }
        let Untold { event, .. } = self.shown.pop_front()?;
        self.passed.taken += 1;
        self.passed.note(event.row, (event.channel, event.position));
        Some(Told::Event(event))
    }

    /// The next event that was taken, in their order.
    pub fn next_shown(&mut self) -> Option<Shown> {
        loop {
            match self.next_told()? {
                Told::Event(shown) => return Some(shown),
                Told::Passed(_) => {}
            }
        }
    }

    /// What the node of the next event had told as a state before it, if that is news: a row that shows
    /// the event right away never stood there.
    fn passed_before_next(&mut self) -> Option<Passed> {
        let &Untold { event, .. } = self.shown.front()?;
        let node = self.nodes.get_mut(&event.node)?;
        let jump = node.take_jump(event.row, (event.channel, event.position))?;
        let told = self.passed.told.get(event.row).copied().flatten();
        let (channel, through) = jump;
        is_newer(jump, told).then_some(Passed {
            row: event.row,
            symbol_index: event.symbol_index,
            channel,
            through,
        })
    }

    /// What came before the next event, if that is the first one behind something that is not told.
    fn passed_in_hole(&mut self) -> Option<Passed> {
        let next = self.shown.front_mut()?;
        let event = next.event;
        let told = self.passed.told.get(event.row).copied().flatten();
        // Of a symbol that only the feed defines nobody says that it is not live before it is.
        let is_unlisted = told.is_none() && event.row >= self.listed;
        let is_behind_hole = core::mem::take(&mut next.is_behind_hole) || is_unlisted;
        if event.trust != Trust::Live || !is_behind_hole {
            return None;
        }
        let Position { numbering, seq_num } = event.position;
        let through = Position {
            numbering,
            seq_num: SeqNum::from_raw(seq_num.raw().saturating_sub(1)),
        };
        is_newer((event.channel, through), told).then_some(Passed {
            row: event.row,
            symbol_index: event.symbol_index,
            channel: event.channel,
            through,
        })
    }

    /// Puts an event behind those that nobody has taken yet. `has_skipped` says that its own node told something
    /// before it that is not shown.
    pub(super) fn tell(&mut self, event: &Shown, has_skipped: bool) {
        let is_live = event.trust == Trust::Live;
        let was_not_live = is_live && self.passed.not_live.remove(&event.row);
        self.shown.push_back(Untold {
            event: *event,
            is_behind_hole: has_skipped || was_not_live,
        });
    }

    /// Notes a row that a node does not call live, unless another one does. As long as nothing was shown of it,
    /// the others may only have said nothing yet.
    pub(super) fn note_not_live(&mut self, row: usize, partition: Partition) {
        let is_shown = self.rows.get(row).is_some_and(|shown| shown.view.is_some());
        if !is_shown || self.best_rank(row, partition, None) != Rank::BEST {
            self.passed.not_live.insert(row);
        }
    }

    /// Notes the rows of a partition that were shown and that nobody calls live any more.
    pub(super) fn note_none_live(&mut self, partition: Partition) {
        let rows = self.by_partition.get(&partition).into_iter().flatten();
        let is_left = |&row: &usize| {
            let is_shown = self.rows.get(row).is_some_and(|shown| shown.view.is_some());
            is_shown && self.best_rank(row, partition, None) != Rank::BEST
        };
        let left: Vec<_> = rows.copied().filter(is_left).collect();
        self.passed.not_live.extend(left);
    }

    /// Notes that a row stands elsewhere than before, and no event told why.
    pub(super) fn pass_over(&mut self, row: usize) {
        let Some(shown) = self.rows.get(row) else {
            return;
        };
        if shown.rank == Rank::BEST {
            self.passed.not_live.remove(&row);
        }
        if let Some((channel, through)) = shown.at {
            let passed = Passed {
                row,
                symbol_index: shown.symbol_index,
                channel,
                through,
            };
            let before = self.passed.taken + self.shown.len() as u64;
            self.passed.waiting.push_back((before, passed));
        }
    }
}

impl PassedOver {
    /// A row was told as far as this.
    fn note(&mut self, row: usize, at: (ChannelId, Position)) {
        if self.told.len() <= row {
            self.told.resize(row + 1, None);
        }
        if let Some(told) = self.told.get_mut(row) {
            *told = Some(at);
        }
    }
}
