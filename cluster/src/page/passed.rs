//! Where rows have gone on to a state, without the events that led to it.

use std::collections::VecDeque;

use oxberry_core::units::{ChannelId, Position, SymbolIndex};

use super::word::is_newer;
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
}

impl Page {
    /// The next thing that was taken, in their order.
    pub fn next_told(&mut self) -> Option<Told> {
        let PassedOver { waiting, taken, .. } = &mut self.passed;
        if waiting.front().is_some_and(|(before, _)| before <= taken) {
            let (_, passed) = waiting.pop_front()?;
            self.passed
                .note(passed.row, (passed.channel, passed.through));
            return Some(Told::Passed(passed));
        }
        if let Some(passed) = self.passed_before_next() {
            self.passed
                .note(passed.row, (passed.channel, passed.through));
            return Some(Told::Passed(passed));
        }
        let event = self.shown.pop_front()?;
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
        let &event = self.shown.front()?;
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

    /// Notes that a row stands elsewhere than before, and no event told why.
    pub(super) fn pass_over(&mut self, row: usize) {
        let Some(shown) = self.rows.get(row) else {
            return;
        };
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
