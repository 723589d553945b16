//! The board: what browsers are shown, made from what the page's brain takes.
//!
//! Pure state: frames and the present time go in, changed rows and totals come out. The brain,
//! [`Page`], merges what replicas say and knows what of it is live; the board adds what a person likes
//! to see beside it: the direction of the last trade, counts, and what changed since a frame.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use oxberry_cluster::limits::Limits;
use oxberry_cluster::page::{self, Command, Page, Passed, Report, Shown, Told, Voice};
use oxberry_cluster::told::Cluster;
use oxberry_core::units::{Instant, SymbolIndex, UnixNanos};
use oxberry_proto::{NodeId, Partition, Run, SymbolName};
use serde::Serialize;

use crate::look::{Symbols, Tape};
use crate::row::{Row, RowState};
use crate::state::{StateCounts, StatusCounts};
use crate::table::{self, SymbolTable, TableError, check_answer};
use crate::trades::Trades;

/// The newest state of all symbols, and how it came about.
#[derive(Debug)]
pub struct Board {
    page: Page,
    limits: Limits,
    /// What the brain wants done.
    commands: VecDeque<Command>,
    /// How many Pis the run has.
    nodes_expected: u16,
    table: Arc<SymbolTable>,
    /// Whether the table is to be made anew for another run.
    is_afresh: bool,
    /// By slot.
    rows: Vec<Row>,
    /// What each row's symbol traded, by slot.
    trades: Vec<Trades>,
    /// What each row's symbol did last, by slot.
    tapes: Vec<Tape>,
    /// The slots that somebody looks at.
    looked_at: BTreeSet<usize>,
    /// What the controller told last of the cluster, and when.
    cluster: Option<(Instant, Arc<Cluster>)>,
    /// What was said last of each row, by slot.
    states: Vec<RowState>,
    changed: Changed,
    /// Partitions whose rows may stand otherwise.
    restated: BTreeSet<Partition>,
    next_sweep: Instant,
    counters: Counters,
    /// The counters when the run began.
    before_run: Counters,
    /// Events that each node was the first to bring.
    firsts: BTreeMap<NodeId, u64>,
    /// When the first of all frames of the run came.
    first_heard: Option<Instant>,
    /// The newest time of an event.
    market_time: Option<UnixNanos>,
    phase: Phase,
}

/// What was counted since the start, or since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Frames that Pis pushed.
    pub frames: u64,
    /// Events that the page took: each message of a symbol once.
    pub events: u64,
    /// Copies of events that a twin had brought already; dropped.
    pub copies: u64,
    /// Events of a book while another Pi had a better one of the symbol; dropped.
    pub untrusted: u64,
    /// How often messages from a Pi were lost.
    pub missed: u64,
    /// Frames of another run, dropped.
    pub foreign: u64,
    /// How often a row went on to a state, without the events that led to it.
    pub passed: u64,
    /// Frames that could not be read.
    pub malformed: u64,
    /// Frames that a Pi pushed again; dropped.
    pub repeated: u64,
    /// Frames of a Pi that had said that no more would follow.
    pub after_end: u64,
    /// Runs that the page began to show.
    pub runs: u64,
    /// Trades.
    pub trades: u64,
    /// Shares traded in them.
    pub volume: u64,
    /// Events that no frame showed, on purpose, because a newer one of their symbol came first.
    pub conflated: u64,
}

/// How far the feed has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No event has come yet.
    Waiting,
    /// Events are coming.
    Running,
    /// No Pi is heard any more, or no Pi hears the feed any more.
    Silent,
    /// Every Pi that still speaks has said that no more events will come.
    Ended,
}

impl Board {
    /// A board that asks for the symbols first.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            page: Page::new(limits),
            limits,
            commands: VecDeque::new(),
            nodes_expected: 0,
            table: Arc::default(),
            is_afresh: false,
            rows: Vec::new(),
            trades: Vec::new(),
            tapes: Vec::new(),
            looked_at: BTreeSet::new(),
            cluster: None,
            states: Vec::new(),
            changed: Changed::default(),
            restated: BTreeSet::new(),
            next_sweep: Instant::default(),
            counters: Counters::default(),
            before_run: Counters::default(),
            firsts: BTreeMap::new(),
            first_heard: None,
            market_time: None,
            phase: Phase::Waiting,
        }
    }

    /// Takes the controller's answer to a request for the symbols.
    ///
    /// # Errors
    ///
    /// Why the answer has no symbols.
    pub fn handle_answer(&mut self, message: &[u8]) -> Result<(), TableError> {
        let nodes = check_answer(message)?;
        self.page.handle_symbols(message)?;
        self.nodes_expected = nodes;
        self.settle(&mut |_, _| {});
        Ok(())
    }

    /// Takes a frame from a Pi; `on_told` sees all that the page takes, with the name of its symbol.
    pub fn handle_frame(
        &mut self,
        now: Instant,
        frame: &[u8],
        on_told: &mut dyn FnMut(&SymbolName, &Told),
    ) {
        let foreign = self.page.counters().foreign;
        self.page.handle_stock(now, frame);
        self.settle(on_told);
        if self.page.counters().foreign == foreign {
            self.first_heard.get_or_insert(now);
        }
    }

    /// Takes what the controller tells of the cluster.
    pub fn handle_cluster(&mut self, now: Instant, cluster: Cluster) {
        self.cluster = Some((now, Arc::new(cluster)));
    }

    /// What the controller told last of the cluster, and when.
    #[must_use]
    pub const fn cluster(&self) -> Option<&(Instant, Arc<Cluster>)> {
        self.cluster.as_ref()
    }

    /// What a person calls a Pi: its name, or its number until the controller has told it.
    #[must_use]
    pub fn name_of(&self, node: NodeId) -> String {
        let told = self.cluster.as_ref().zip(self.run());
        let name = told.and_then(|((_, cluster), run)| cluster.name_in(run, node));
        name.unwrap_or_else(|| node.to_string())
    }

    /// Notes that time has passed: which Pis fell silent, and whether the feed has ended. `on_told` sees
    /// what the page takes by that.
    pub fn handle_timeout(&mut self, now: Instant, on_told: &mut dyn FnMut(&SymbolName, &Told)) {
        self.page.handle_timeout(now);
        self.settle(on_told);
        if self.next_sweep <= now {
            // How far a twin is changes what can be said of a row without a word of its own.
            self.next_sweep = now.after(self.limits.beat);
            self.look_at_rows(now, |_| true);
        }
        self.phase = self.phase_now(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let of_page = self.page.poll_timeout();
        of_page.map_or(self.next_sweep, |at| at.min(self.next_sweep))
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Brings in what the page has taken.
    fn settle(&mut self, on_told: &mut dyn FnMut(&SymbolName, &Told)) {
        while let Some(command) = self.page.next_command() {
            if matches!(command, Command::Report(Report::NewRun(_))) {
                self.begin();
            }
            self.commands.push_back(command);
        }
        let rows = self.page.rows().len();
        self.rows.resize(rows, Row::default());
        self.trades.resize(rows, Trades::default());
        self.tapes.resize(rows, Tape::default());
        self.states.resize(rows, RowState::WAITING);
        self.changed.resize(rows);
        while let Some(told) = self.page.next_told() {
            match told {
                Told::Event(shown) => self.handle_shown(&shown),
                Told::Passed(_) => self.counters.passed += 1,
            }
            let (Told::Event(Shown { row, .. }) | Told::Passed(Passed { row, .. })) = told;
            if let Some(of_page) = self.page.rows().get(row) {
                on_told(&of_page.name, &told);
            }
        }
        while let Some(partition) = self.page.next_restated() {
            self.restated.insert(partition);
        }
        let page::Counters {
            frames,
            events,
            copies,
            untrusted,
            missed,
            foreign,
            bad_frames,
            repeated,
            after_end,
        } = self.page.counters();
        self.counters = Counters {
            frames,
            events,
            copies,
            untrusted,
            missed,
            foreign,
            malformed: bad_frames,
            repeated,
            after_end,
            ..self.counters
        };
    }

    /// Another run is shown from here on: nothing of the one before is left.
    fn begin(&mut self) {
        self.is_afresh = true;
        self.rows.clear();
        self.trades.clear();
        self.tapes.clear();
        self.looked_at.clear();
        self.states.clear();
        self.changed = Changed::default();
        self.restated.clear();
        self.before_run = self.counters;
        self.counters.runs += 1;
        self.firsts.clear();
        self.first_heard = None;
        self.market_time = None;
    }

    fn handle_shown(&mut self, shown: &Shown) {
        let slot = shown.row;
        let Some(row) = self.rows.get_mut(slot) else {
            return;
        };
        let before = row.view;
        row.handle_shown(shown);
        if let Some(tape) = self.tapes.get_mut(slot) {
            tape.take(shown, before, row.last);
        }
        if let Some(trade) = shown.trade {
            if let Some(trades) = self.trades.get_mut(slot) {
                trades.count(trade.price.scaled(shown.view.scale), trade.qty);
            }
            self.counters.trades += 1;
            let shares = trade.qty.raw().into();
            self.counters.volume = self.counters.volume.saturating_add(shares);
        }
        if !self.changed.insert(slot) {
            self.counters.conflated += 1;
        }
        *self.firsts.entry(shown.node).or_default() += 1;
        self.market_time = self.market_time.max(shown.ts_event);
    }

    /// Looks at the rows of these partitions: which of them stand otherwise than was said last, or show
    /// another state.
    fn look_at_rows(&mut self, now: Instant, is_wanted: impl Fn(Partition) -> bool) {
        let places = self.page.rows().iter().enumerate();
        for (slot, of_page) in places.filter(|(_, row)| is_wanted(row.partition)) {
            let state = RowState::of(self.page.standing(slot, now), of_page.view.is_some());
            let (Some(row), Some(said)) = (self.rows.get_mut(slot), self.states.get_mut(slot))
            else {
                continue;
            };
            let has_changed = row.handle_state(of_page) | (*said != state);
            if let (Some(trades), Some(price)) = (self.trades.get_mut(slot), of_page.last_trade) {
                trades.note_price(price);
            }
            *said = state;
            if has_changed {
                self.changed.insert(slot);
            }
        }
    }

    /// Hands out every row that changed since the last call, in no particular order.
    pub fn take_changed(&mut self, now: Instant, mut show: impl FnMut(usize, &Row, RowState)) {
        let restated = std::mem::take(&mut self.restated);
        if !restated.is_empty() {
            self.look_at_rows(now, |partition| restated.contains(&partition));
        }
        let mut changed = std::mem::take(&mut self.changed.slots);
        for slot in changed.drain(..) {
            if let (Some(row), Some(said)) = (self.rows.get_mut(slot), self.states.get_mut(slot)) {
                row.figures = self.trades.get(slot).and_then(Trades::figures);
                *said = RowState::of(self.page.standing(slot, now), row.view.is_some());
                show(slot, row, *said);
            }
            self.changed.is_in.get_mut(slot).map(std::mem::take);
        }
        self.changed.slots = changed;
        self.phase = self.phase_now(now);
    }

    /// Somebody looks at these symbols, and at no others.
    pub(crate) fn look_at<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let slots = names.filter_map(|name| Some(self.find(name)?.0));
        let slots: BTreeSet<_> = slots.collect();
        for &slot in self.looked_at.symmetric_difference(&slots) {
            if let Some(tape) = self.tapes.get_mut(slot) {
                tape.set_looked_at(slots.contains(&slot));
            }
        }
        self.looked_at = slots;
    }

    /// What a symbol did last.
    pub(crate) fn tape(&self, name: &str) -> Option<&Tape> {
        self.tapes.get(self.find(name)?.0)
    }

    /// Whether rows may have changed since the last [`take_changed`](Self::take_changed).
    #[must_use]
    pub fn has_changed(&self) -> bool {
        !self.changed.slots.is_empty() || !self.restated.is_empty()
    }

    /// What was last said of a row.
    #[must_use]
    pub fn row_state(&self, slot: usize) -> Option<RowState> {
        self.states.get(slot).copied()
    }

    /// The run that is shown; `None` while the controller has not given out the symbols.
    #[must_use]
    pub const fn run(&self) -> Option<Run> {
        self.page.run()
    }

    /// The symbols.
    pub fn table(&mut self) -> &Arc<SymbolTable> {
        let rows = self.page.rows();
        let is_old = |entries: &[table::Entry]| {
            entries.len() != rows.len()
                || entries
                    .iter()
                    .zip(rows)
                    .any(|(entry, row)| !entry.is_of(row))
        };
        if self.is_afresh || is_old(self.table.entries()) {
            self.table = Arc::new(self.table.next(rows, self.is_afresh));
            self.is_afresh = false;
        }
        &self.table
    }

    /// The rows by slot.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many Pis the run has.
    #[must_use]
    pub const fn nodes_expected(&self) -> u16 {
        self.nodes_expected
    }

    /// How each Pi that was heard in this run is heard now, dead ones too.
    pub fn voices(&self) -> impl Iterator<Item = (NodeId, Voice)> {
        self.page.voices()
    }

    /// The Pis that were heard, how each is heard, and how many events it was the first to bring. When
    /// as many as the run has are there, others have the places of those that are dead, which are left
    /// out.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, Voice, u64)> {
        let is_there = |&(_, voice): &(NodeId, Voice)| voice != Voice::Dead;
        let there = self.page.voices().filter(is_there).count();
        let are_all_there = there >= usize::from(self.nodes_expected);
        let shown = self.page.voices();
        let shown = shown.filter(move |one| !are_all_there || is_there(one));
        shown.map(|(node, voice)| {
            let firsts = self.firsts.get(&node).copied();
            (node, voice, firsts.unwrap_or(0))
        })
    }

    /// What was counted since the start.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What was counted since the run began.
    #[must_use]
    pub const fn counters_of_run(&self) -> Counters {
        self.counters.since(&self.before_run)
    }

    /// How far the feed has come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The time of the newest event, by the clock of the venue.
    #[must_use]
    pub const fn market_time(&self) -> Option<UnixNanos> {
        self.market_time
    }

    /// How many symbols are in each state.
    #[must_use]
    pub fn state_counts(&self) -> StateCounts {
        let mut counts = StateCounts::default();
        for state in &self.states {
            counts.count(state.state());
        }
        counts
    }

    /// How many symbols have each trading status.
    #[must_use]
    pub fn status_counts(&self) -> StatusCounts {
        let mut counts = StatusCounts::default();
        for state in &self.states {
            counts.count(state.status);
        }
        counts
    }

    fn phase_now(&self, now: Instant) -> Phase {
        let is_any = |wanted: Voice| self.page.voices().any(|(_, voice)| voice == wanted);
        let heard = self.page.voices().count();
        let Some(first_heard) = self.first_heard.filter(|_| heard > 0) else {
            return Phase::Waiting;
        };
        if is_any(Voice::Ended) {
            let have_all_come = heard >= usize::from(self.nodes_expected);
            let are_others_overdue = now.since(first_heard) >= self.limits.node_timeout;
            let may_anybody_speak = is_any(Voice::Speaking) || is_any(Voice::Silent);
            return if (have_all_come || are_others_overdue) && !may_anybody_speak {
                Phase::Ended
            } else {
                Phase::Running
            };
        }
        // A Pi that speaks may hear nothing of the feed.
        let mut told = self.states.iter().filter(|state| state.trust.is_some());
        let is_any_told = told.clone().next().is_some();
        let is_feed_silent = is_any_told && told.all(|state| state.silent);
        if !is_any(Voice::Speaking) || is_feed_silent {
            Phase::Silent
        } else if is_any_told || self.counters_of_run().events > 0 {
            Phase::Running
        } else {
            Phase::Waiting
        }
    }
}

impl Symbols for Board {
    fn run(&self) -> Option<Run> {
        self.page.run()
    }

    fn find(&self, name: &str) -> Option<(usize, SymbolIndex, Partition)> {
        let is_called = |row: &page::Row| {
            if row.name.is_empty() {
                table::name_of(&row.name, row.symbol_index) == name
            } else {
                &*row.name == name
            }
        };
        let slot = self.page.rows().iter().position(is_called)?;
        let row = self.page.rows().get(slot)?;
        Some((slot, row.symbol_index, row.partition))
    }

    fn replicas(&self, slot: usize, now: Instant) -> Vec<NodeId> {
        let replicas = self.page.replicas(slot, now).into_iter();
        replicas.map(|(node, _)| node).collect()
    }
}

impl Counters {
    /// What was counted since `before`.
    const fn since(&self, before: &Self) -> Self {
        Self {
            frames: self.frames - before.frames,
            events: self.events - before.events,
            copies: self.copies - before.copies,
            untrusted: self.untrusted - before.untrusted,
            missed: self.missed - before.missed,
            passed: self.passed - before.passed,
            foreign: self.foreign - before.foreign,
            malformed: self.malformed - before.malformed,
            repeated: self.repeated - before.repeated,
            after_end: self.after_end - before.after_end,
            runs: self.runs - before.runs,
            trades: self.trades - before.trades,
            volume: self.volume - before.volume,
            conflated: self.conflated - before.conflated,
        }
    }
}

/// The slots that changed, each once.
#[derive(Clone, Debug, Default)]
struct Changed {
    slots: Vec<usize>,
    is_in: Vec<bool>,
}

impl Changed {
    /// Makes room for so many slots.
    fn resize(&mut self, slots: usize) {
        self.is_in.resize(slots, false);
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
