//! The board: what the page shows, made from what the Pis push.
//!
//! Pure state: messages and the present time go in, changed rows and totals come out. Twins push
//! equal events, numbered for each symbol; of every number the first to arrive counts, so the order
//! in which the Pis' messages interleave does not matter, nobody waits for anybody, and a Pi that
//! ends or dies holds nothing up.

use std::sync::Arc;

use oxberry_core::units::{Instant, UnixNanos};
use oxberry_proto::start::SymbolEntry;
use oxberry_proto::stock::{EndOfEvents, StockBatch, StockEvent};
use oxberry_proto::{Kind, NodeId, ProtoError, decode, decode_list, kind_of};
use serde::Serialize;

use crate::nodes::{NodeSet, Nodes};
use crate::row::{Row, RowState, Taken};
use crate::table::SymbolTable;

/// The newest state of all symbols, and how it came about.
#[derive(Clone, Debug)]
pub struct Board {
    table: Arc<SymbolTable>,
    nodes: Nodes,
    /// By slot.
    rows: Vec<Row>,
    /// Which nodes ever spoke for a partition, by partition.
    speakers: Vec<NodeSet>,
    changed: Changed,
    counters: Counters,
    /// The newest time of an event.
    market_time: Option<UnixNanos>,
    phase: Phase,
}

/// What the board counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Events that came in, copies included.
    pub received: u64,
    /// Events that counted: each number of a symbol once.
    pub events: u64,
    /// Copies by the twin, dropped.
    pub duplicates: u64,
    /// Events of books that start over, dropped.
    pub rewound: u64,
    /// Jumps in the numbers of a symbol.
    pub gaps: u64,
    /// Events that these jumps left out.
    pub missed: u64,
    /// Trades.
    pub trades: u64,
    /// Shares of these trades.
    pub volume: u64,
    /// Events overtaken by a newer one of their symbol before a frame showed them, on purpose.
    pub conflated: u64,
    /// Events of symbols that are not in the table.
    pub unknown_symbols: u64,
    /// Messages that did not decode.
    pub malformed: u64,
}

/// How far the feed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nothing came yet.
    Waiting,
    /// Events come.
    Running,
    /// Every Pi that still speaks said that no more events come.
    Ended,
}

/// How many symbols are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateCounts {
    /// [`RowState::Waiting`]
    pub waiting: u32,
    /// [`RowState::Live`]
    pub live: u32,
    /// [`RowState::Stale`]
    pub stale: u32,
    /// [`RowState::Recovering`]
    pub recovering: u32,
    /// [`RowState::Halted`]
    pub halted: u32,
    /// [`RowState::Closed`]
    pub closed: u32,
    /// [`RowState::Unheard`]
    pub unheard: u32,
}

/// Why a message was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It does not decode; records before the fault counted.
    #[error("a message from a Pi does not decode: {0}")]
    Malformed(#[from] ProtoError),
    /// No cluster has a node of this number.
    #[error("a message from node {0}, which no cluster has")]
    UnknownNode(NodeId),
}

impl Board {
    /// An empty board for these symbols.
    #[must_use]
    pub fn new(table: Arc<SymbolTable>) -> Self {
        let symbols = table.entries().len();
        let partitions = table
            .entries()
            .iter()
            .map(|entry| usize::from(entry.partition.raw()) + 1)
            .max();
        Self {
            nodes: Nodes::new(table.nodes()),
            rows: vec![Row::default(); symbols],
            speakers: vec![NodeSet::default(); partitions.unwrap_or(0)],
            changed: Changed::new(symbols),
            counters: Counters::default(),
            market_time: None,
            phase: Phase::Waiting,
            table,
        }
    }

    /// Takes a message from a Pi; `on_event` sees every event that counts.
    ///
    /// # Errors
    ///
    /// Why the message was left out; it is counted, and the next one may be good.
    pub fn handle_message(
        &mut self,
        now: Instant,
        message: &[u8],
        on_event: &mut dyn FnMut(&SymbolEntry, &StockEvent),
    ) -> Result<(), MessageError> {
        let outcome = self.take_message(now, message, on_event);
        self.phase = if self.nodes.ended(now) {
            Phase::Ended
        } else if self.counters.received > 0 {
            Phase::Running
        } else {
            Phase::Waiting
        };
        if outcome.is_err() {
            self.counters.malformed += 1;
        }
        outcome
    }

    /// Notes the passing of time: who fell silent, and whether that was the end.
    pub fn handle_timeout(&mut self, now: Instant) {
        let before = self.nodes.silent();
        self.nodes.handle_timeout(now);
        if self.nodes.silent() != before {
            self.mark_all_changed();
        }
        if self.nodes.ended(now) {
            self.phase = Phase::Ended;
        }
    }

    fn take_message(
        &mut self,
        now: Instant,
        message: &[u8],
        on_event: &mut dyn FnMut(&SymbolEntry, &StockEvent),
    ) -> Result<(), MessageError> {
        if kind_of(message)? == Kind::EndOfEvents {
            let EndOfEvents { node } = decode(message)?;
            self.handle_speaker(now, node, 0, true)?;
            return Ok(());
        }
        let (StockBatch { node, events, .. }, records) = decode_list(message)?;
        self.handle_speaker(now, node, events.into(), false)?;
        for event in records {
            self.handle_event(node, &event?, on_event);
        }
        Ok(())
    }

    fn handle_speaker(
        &mut self,
        now: Instant,
        node: NodeId,
        events: u64,
        ended: bool,
    ) -> Result<(), MessageError> {
        let silent_before = self.nodes.silent();
        let speaker = self
            .nodes
            .handle_message(now, node)
            .ok_or(MessageError::UnknownNode(node))?;
        speaker.ended = ended;
        speaker.events = speaker.events.saturating_add(events);
        if self.nodes.silent() != silent_before {
            self.mark_all_changed();
        }
        Ok(())
    }

    fn handle_event(
        &mut self,
        node: NodeId,
        event: &StockEvent,
        on_event: &mut dyn FnMut(&SymbolEntry, &StockEvent),
    ) {
        self.counters.received += 1;
        let slot = self.table.slot(event.symbol_index);
        let Some((slot, entry, row)) = slot.and_then(|slot| {
            Some((
                slot,
                self.table.entries().get(slot)?,
                self.rows.get_mut(slot)?,
            ))
        }) else {
            self.counters.unknown_symbols += 1;
            return;
        };
        if let Some(speakers) = self.speakers.get_mut(usize::from(entry.partition.raw())) {
            speakers.insert(node);
        }
        match row.handle_event(node, event) {
            Taken::Newest { missed } => {
                let counters = &mut self.counters;
                counters.events += 1;
                counters.gaps += u64::from(missed > 0);
                counters.missed = counters.missed.saturating_add(missed);
                if let Some(trade) = event.trade {
                    counters.trades += 1;
                    counters.volume = counters.volume.saturating_add(trade.qty.raw().into());
                }
                if !self.changed.insert(slot) {
                    counters.conflated += 1;
                }
                self.market_time = self.market_time.max(event.ts_event);
                on_event(entry, event);
            }
            Taken::Duplicate => self.counters.duplicates += 1,
            Taken::Rewound => {
                self.counters.rewound += 1;
                self.changed.insert(slot);
            }
        }
    }

    /// After a node fell silent or spoke again, any row's state may be another.
    fn mark_all_changed(&mut self) {
        for slot in 0..self.rows.len() {
            self.changed.insert(slot);
        }
    }

    /// Hands out every row that changed since the last call, in no particular order.
    pub fn take_changed(&mut self, mut show: impl FnMut(usize, &Row, RowState)) {
        let changed = std::mem::take(&mut self.changed.slots);
        for &slot in &changed {
            if let (Some(row), Some(state)) = (self.rows.get(slot), self.row_state(slot)) {
                show(slot, row, state);
            }
            self.changed.is_in.get_mut(slot).map(std::mem::take);
        }
        self.changed.slots = changed;
        self.changed.slots.clear();
    }

    /// Whether a row changed since the last [`take_changed`](Self::take_changed).
    #[must_use]
    pub fn has_changed(&self) -> bool {
        !self.changed.slots.is_empty()
    }

    /// What may be said of the numbers of a row.
    #[must_use]
    pub fn row_state(&self, slot: usize) -> Option<RowState> {
        let entry = self.table.entries().get(slot)?;
        let speakers = self.speakers.get(usize::from(entry.partition.raw()))?;
        Some(
            self.rows
                .get(slot)?
                .state(!speakers.is_within(self.nodes.silent())),
        )
    }

    /// The symbols.
    #[must_use]
    pub const fn table(&self) -> &Arc<SymbolTable> {
        &self.table
    }

    /// The rows by slot.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Who speaks.
    #[must_use]
    pub const fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// What was counted.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How far the feed is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The newest time of an event: how late it is at the venue.
    #[must_use]
    pub const fn market_time(&self) -> Option<UnixNanos> {
        self.market_time
    }

    /// How many symbols are in each state.
    #[must_use]
    pub fn state_counts(&self) -> StateCounts {
        let mut counts = StateCounts::default();
        for state in (0..self.rows.len()).filter_map(|slot| self.row_state(slot)) {
            let count = match state {
                RowState::Waiting => &mut counts.waiting,
                RowState::Live => &mut counts.live,
                RowState::Stale => &mut counts.stale,
                RowState::Recovering => &mut counts.recovering,
                RowState::Halted => &mut counts.halted,
                RowState::Closed => &mut counts.closed,
                RowState::Unheard => &mut counts.unheard,
            };
            *count += 1;
        }
        counts
    }
}

/// The slots that changed, each once.
#[derive(Clone, Debug)]
struct Changed {
    slots: Vec<usize>,
    is_in: Vec<bool>,
}

impl Changed {
    fn new(symbols: usize) -> Self {
        Self {
            slots: Vec::with_capacity(symbols),
            is_in: vec![false; symbols],
        }
    }

    /// Puts a slot in; whether it was not in before.
    fn insert(&mut self, slot: usize) -> bool {
        let is_new = self
            .is_in
            .get_mut(slot)
            .is_some_and(|is_in| !std::mem::replace(is_in, true));
        if is_new {
            self.slots.push(slot);
        }
        is_new
    }
}

#[cfg(test)]
mod tests;
